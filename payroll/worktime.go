package payroll

import (
	"github.com/shopspring/decimal"

	"jijian/piecework"
)

// WorkYear counts the days by which monthly wages are turned into daily ones.
type WorkYear struct{ Days, RestDays, Holidays int64 }

// WorkYear2025 holds from 2025-01-01 (人社部发〔2025〕2号).
var WorkYear2025 = WorkYear{365, 104, 13}

// WorkDays is how many days of the year are worked.
func (y WorkYear) WorkDays() int64 { return y.Days - y.RestDays - y.Holidays }

// MonthlyWorkDays is how many days of a month are worked (制度工作日), with two decimals.
func (y WorkYear) MonthlyWorkDays() decimal.Decimal { return ofMonth(y.WorkDays()) }

// MonthlyPaidDays is how many days a month's wage is for (计薪天数), holidays among them, with two decimals.
func (y WorkYear) MonthlyPaidDays() decimal.Decimal { return ofMonth(y.Days - y.RestDays) }

func ofMonth(days int64) decimal.Decimal {
	return decimal.NewFromInt(days).DivRound(decimal.NewFromInt(12), 2)
}

// Daily is what the minimum for a month comes to for one paid day.
func (m *MinimumWage) Daily() piecework.Money {
	return piecework.RoundMoney(m.Monthly.Decimal().DivRound(WorkYear2025.MonthlyPaidDays(), 16))
}
