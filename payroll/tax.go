package payroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"jijian/piecework"
)

// IncomeType says by which rule individual income tax is withheld. It is chosen by a person for each worker, dated and with the
// reason kept; the product never guesses it.
type IncomeType string

const (
	// Untaxed withholds nothing; it is the default.
	Untaxed IncomeType = "none"
	// Labour is remuneration for work outside an employment (劳务报酬): all of a calendar month is one payment
	// (Announcement 2018 No. 61).
	Labour IncomeType = "labour"
	// Salary withholds by the cumulative method for employees (工资薪金 累计预扣法, Announcement 2018 No. 61, art. 6).
	Salary IncomeType = "salary"
	// Platform withholds by the cumulative method for people who earn through an internet platform (Announcement 2025 No. 16).
	Platform IncomeType = "platform"
)

// IncomeTypes are the types a person can choose.
var IncomeTypes = []IncomeType{Untaxed, Labour, Salary, Platform}

// TaxTable is a schedule in force from a day on.
type TaxTable struct {
	bun.BaseModel `bun:"table:tax_tables,alias:tt"`

	ID            int64 `bun:",pk,autoincrement"`
	Type          IncomeType
	EffectiveFrom piecework.Date
	Allowance     piecework.Money   // free of tax each month, in the cumulative methods
	Source        string            // the announcement that set it
	RecordedAt    piecework.Instant // 0: it came with the program
	RecordedBy    string

	Brackets []Bracket `bun:"rel:has-many,join:id=table_id"`
}

// Bracket is one step of a schedule: taxable income up to UpTo is taxed at Percent, less the quick deduction. The last one has no
// end (UpTo zero).
type Bracket struct {
	bun.BaseModel `bun:"table:tax_brackets,alias:tb"`

	ID      int64 `bun:",pk,autoincrement"`
	TableID int64
	Pos     int
	UpTo    piecework.Money
	Percent int64
	Quick   piecework.Money
}

// TaxTables lists every schedule with its brackets in order, by type, the latest first.
func TaxTables(ctx context.Context, db bun.IDB) ([]TaxTable, error) {
	var list []TaxTable
	err := db.NewSelect().Model(&list).OrderExpr("tt.type, tt.effective_from DESC").
		Relation("Brackets", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("pos") }).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read tax tables: %w", err)
	}
	return list, nil
}

// tableOn is the schedule for a type on a day, or nil before the first.
func tableOn(tables []TaxTable, kind IncomeType, day piecework.Date) *TaxTable {
	at := slices.IndexFunc(tables, func(t TaxTable) bool { return t.Type == kind && t.EffectiveFrom <= day })
	if at < 0 {
		return nil
	}
	return &tables[at]
}

// TaxOn is the exact tax on a taxable amount by the table, not rounded; zero and less is not taxed.
func (t *TaxTable) TaxOn(taxable decimal.Decimal) decimal.Decimal {
	if taxable.Sign() <= 0 {
		return decimal.Zero
	}
	at := slices.IndexFunc(t.Brackets, func(b Bracket) bool { return b.UpTo.IsZero() || taxable.LessThanOrEqual(b.UpTo.Decimal()) })
	b := t.Brackets[at]
	return taxable.Mul(decimal.New(b.Percent, -2)).Sub(b.Quick.Decimal())
}

var (
	labourFlat  = piecework.Fen(800_00)
	labourLimit = piecework.Fen(4000_00)
)

// LabourTaxable is what of a month's labour remuneration is taxed: less 800 up to 4,000, less a fifth above.
func LabourTaxable(income piecework.Money) decimal.Decimal {
	if income.Cmp(labourLimit) <= 0 {
		return income.Sub(labourFlat).Decimal()
	}
	return income.Decimal().Mul(decimal.New(8, -1))
}

// YearToDate is what a worker's locked runs of the tax period hold before the run that is computed: of the calendar month for
// labour remuneration, of the calendar year for the cumulative methods.
type YearToDate struct {
	Income   piecework.Money
	Withheld piecework.Money
	// Months is for how many months, the present one included, the monthly allowance is due.
	Months int64
	// Deductions is what may be taken off besides, summed over those months: special (insurance), additional special, other.
	Deductions piecework.Money
}

// Withhold is the tax to withhold on income paid now. It is rounded once, on the cumulative tax, so that errors never add up;
// what was withheld too much is not paid back within the year (it is settled by the annual return), so it is never negative.
func Withhold(t *TaxTable, income piecework.Money, before YearToDate) piecework.Money {
	due := piecework.RoundMoney(t.TaxOn(Taxable(t, income, before))).Sub(before.Withheld)
	if due.Sign() < 0 {
		return piecework.Money{}
	}
	return due
}

// Taxable is what the schedule is applied to once income is paid: of the month for labour remuneration, else of the year; 0 for a type that
// is not taxed.
func Taxable(t *TaxTable, income piecework.Money, before YearToDate) decimal.Decimal {
	all := before.Income.Add(income)
	switch t.Type {
	case Labour:
		return LabourTaxable(all)
	case Salary:
		return all.Sub(free(t, before)).Decimal()
	case Platform:
		return all.Decimal().Mul(decimal.New(8, -1)).Sub(free(t, before).Decimal())
	}
	return decimal.Zero
}

// free is what the cumulative methods take off before the table applies; labour remuneration has its own rule.
func free(t *TaxTable, before YearToDate) piecework.Money {
	return piecework.Fen(t.Allowance.Fen() * before.Months).Add(before.Deductions)
}
