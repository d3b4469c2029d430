package payroll_test

import (
	"math/big"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// The rows of testdata/oracles.json about taxes, overtime, minimum wages and working time.

func (p *published) cumulative(table *payroll.TaxTable) {
	var before payroll.YearToDate
	var monthly []piecework.Money
	months, income := 0, func(int) piecework.Money { return p.money("monthly_gross") }
	off := piecework.Money{}
	if list, ok := p.Inputs["income_by_month"].([]any); ok {
		months, income = len(list), func(m int) piecework.Money { return pieceworktest.Money(p, list[m].(string)) }
	} else {
		months, off = int(p.number("months")), p.money("special_deduction_per_month").Add(p.money("additional_deduction_per_month"))
		if p.in("basic_deduction_per_month") != "5000" {
			p.Errorf("%s: another allowance", p.ID)
		}
	}
	var taxable []piecework.Money
	for m := range months {
		before.Months++
		before.Deductions = before.Deductions.Add(off)
		taxable = append(taxable, piecework.RoundMoney(payroll.Taxable(table, income(m), before)))
		tax := payroll.Withhold(table, income(m), before)
		monthly = append(monthly, tax)
		before.Income, before.Withheld = before.Income.Add(income(m)), before.Withheld.Add(tax)
	}
	for name := range p.Expected {
		switch name {
		case "tax_by_month":
			p.wantList(name, monthly)
		case "tax_by_month_1_to_5":
			p.wantList(name, monthly[:5])
		case "cumulative_taxable_by_month":
			p.wantList(name, taxable)
		case "annual_taxable":
			p.want(name, taxable[11].String())
		case "annual_tax":
			p.want(name, before.Withheld.String())
		}
	}
}

// earned is the slip of somebody who got two amounts within some minutes.
func earned(t *testing.T, first, second piecework.Money, minutes int64) payroll.Slip {
	in := oneWorker(t, 1, first.String(), payroll.Hours{Minutes: map[int64]int64{1: minutes}})
	if !second.IsZero() {
		in.Adjustments = []payroll.Adjustment{{ID: 1, WorkerID: 1, Kind: payroll.Bonus, Amount: second}}
	}
	return payroll.Compute(in).Slips[0]
}

// week is 40 ordinary hours and some of overtime at half as much again, each a "piece" at the rate of an hour.
func (p *published) week(rate piecework.Money, hours int64) payroll.Slip {
	r := &piecework.PieceRate{Rate: pieceworktest.Rate(p, rate.String())}
	in := payroll.Input{Marked: map[int64]piecework.WorkSession{2: {DayKind: piecework.Overtime, RatePercent: 150}}}
	for session, n := range []int64{40, hours - 40} {
		in.Work = append(in.Work, payroll.Work{WorkerID: 1, OrderID: 1, OperationID: 1, SessionID: int64(session + 1), Day: "2026-10-05", Counts: piecework.Counts{Good: n}, Fixed: r})
	}
	return payroll.Compute(in).Slips[0]
}

func (p *published) overtime() {
	s := earned(p.T, p.money("piece_earnings"), p.rate("waiting_rate").Times(p.number("waiting_hours")), p.minutes("total_hours"))
	p.want("total_compensation", s.Gross.String())
	p.want("regular_rate", s.Hourly().String())
	if p.number("productive_hours")+p.number("waiting_hours") != p.number("total_hours") || p.in("ot_threshold") != "40" {
		p.Errorf("%s: the hours do not add up", p.ID)
	}
	if p.Expected["week_total"] != nil {
		w := p.week(s.Hourly(), p.number("total_hours"))
		p.want("week_total", w.Gross.String())
		p.want("ot_rate", w.Lines[1].Rate.String())
		p.want("ot_premium", w.Gross.Sub(s.Gross).String())
		p.want("half_time", w.Lines[1].Rate.Sub(w.Lines[0].Rate).String())
	}
}

func (p *published) hourlyBonus() {
	straight := p.rate("rate").Times(p.number("hours"))
	p.want("straight", straight.String())
	s := earned(p.T, straight, p.money("bonus"), p.minutes("hours"))
	p.want("with_bonus", s.Gross.String())
	p.want("regular_rate", s.Hourly().String())
	p.want("week_total", p.week(s.Hourly(), p.number("hours")).Gross.String())
}

// minimumWage is pay under the minimum: the ordinary hours are topped up. The source rounds the rate of overtime to the cent before it
// multiplies; a rate that is agreed as 10.88 does the same.
func (p *published) minimumWage() {
	in := oneWorker(p.T, p.number("pieces"), p.in("rate"), payroll.Hours{Minutes: map[int64]int64{1: p.minutes("hours")}, Hourly: p.money("min_wage")})
	s := payroll.Compute(in).Slips[0]
	p.want("production_earnings", s.Gross.String())
	p.want("straight_rate", s.Hourly().String())
	w := p.week(p.money("min_wage"), p.number("hours"))
	p.want("regular_pay", w.Lines[0].Amount.String())
	rounded := piecework.RoundMoney(w.Lines[1].Rate.Decimal())
	p.want("ot_rate", rounded.String())
	p.want("ot_pay", pieceworktest.Rate(p, rounded.String()).Times(p.number("hours")-p.number("ot_threshold")).String())
	if w.Lines[1].Amount.String() != "54.38" {
		p.Errorf("%s: rounded once, overtime comes to %s", p.ID, w.Lines[1].Amount)
	}
}

// rest is what an hour comes to without pauses, in hundredths of an hour as the source has them.
func (p *published) rest() {
	hundredths := func(minutes string) int64 { return dec(minutes).Div(dec("60")).Round(2).Shift(2).IntPart() }
	hourly := pieceworktest.Rate(p, dec(p.in("hourly_rate")).Shift(-2).String())
	worked := 100*p.number("hourly_hours") - hundredths(p.in("rest_minutes_on_hourly_days"))
	minutes := p.minutes("hourly_hours") + p.minutes("piece_hours") - p.number("rest_minutes_total")
	s := earned(p.T, p.money("piece_earnings"), hourly.Times(worked), minutes)
	p.want("numerator", s.Gross.String())
	p.want("denominator_hours", dec(big.NewInt(minutes).String()).DivRound(dec("60"), 2).String())
	p.want("rest_rate", s.Hourly().String())
	p.want("extra_on_hourly_days", s.Hourly().Sub(p.money("hourly_rate")).String())
}

func (p *published) topUp() {
	h := payroll.Hours{Minutes: map[int64]int64{1: p.minutes("hours")}, Hourly: p.money("min_wage"), TopUp: true}
	s := payroll.Compute(oneWorker(p.T, p.number("pieces"), p.in("rate"), h)).Slips[0]
	made := s.Lines[len(s.Lines)-1].Amount
	for name := range p.Expected {
		switch name {
		case "earned":
			p.want(name, s.Lines[0].Amount.String())
		case "earned_per_hour":
			p.want(name, s.Lines[0].Amount.Decimal().DivRound(dec(p.in("hours")), 2).String())
		case "minimum":
			p.want(name, s.MinimumPay().String())
		case "topup", "topup_total":
			p.want(name, made.String())
		case "topup_per_hour":
			p.want(name, made.Decimal().DivRound(dec(p.in("hours")), 2).String())
		}
	}
}

func (p *published) fairRate() {
	p.want("fair_rate", payroll.RateFor(p.money("nmw"), new(big.Rat).SetInt64(p.number("mean_hourly_output")), dec(p.in("factor")), 3).String())
}

// assessed is the output that a wage of 10 pays at a rate of exactly 1.
func (p *published) assessed() {
	mean := new(big.Rat).SetInt64(p.number("mean_hourly_output"))
	rate := payroll.RateFor(pieceworktest.Money(p, "10"), mean, dec(p.in("factor")), 6)
	p.want("assessed_output", dec("10").Div(rate.Decimal()).String())
}

func (p *published) workTime() {
	y := payroll.WorkYear{Days: p.number("year_days"), RestDays: p.number("rest_days"), Holidays: p.number("holidays")}
	p.want("annual_workdays", dec(big.NewInt(y.WorkDays()).String()).String())
	p.want("monthly_workdays", y.MonthlyWorkDays().String())
	p.want("monthly_paid_days", y.MonthlyPaidDays().String())
}

// minimumOf looks a minimum wage up. The program comes with the figures from 2018 on; older ones are recorded by hand.
func (p *published) minimumOf() {
	w := pieceworktest.NewWorld(p)
	region, day := "山东二类", piecework.Date(p.in("date"))
	if strings.Contains(p.in("place"), "岱岳") {
		region = "山东三类"
	}
	if day < "2018-06-01" {
		w.Must(payroll.AddMinimumWage(w.Ctx, w.DB, &payroll.MinimumWage{Region: region, EffectiveFrom: day, Monthly: pieceworktest.Money(p, p.Expected["monthly"].(string)),
			Hourly: pieceworktest.Money(p, p.Expected["hourly"].(string)), Source: p.Source, RecordedBy: "test"}))
	}
	hourly, err := payroll.MinimumHourly(w.Ctx, w.DB, region, day)
	w.Must(err)
	p.want("hourly", hourly.String())
	list, err := payroll.MinimumWages(w.Ctx, w.DB)
	w.Must(err)
	for _, m := range list {
		if m.Region == region && m.EffectiveFrom == day {
			p.want("monthly", m.Monthly.String())
		}
	}
}
