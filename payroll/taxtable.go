package payroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"jijian/piecework"
)

// MaxBrackets is how many steps a schedule may have.
const MaxBrackets = 15

// QuickDeductions are the quick deductions that make a schedule continuous: no income is left with less for having earned a
// fen more. The first is zero. Limits must rise, and only the last may be open.
func QuickDeductions(brackets []Bracket) []piecework.Money {
	quick := make([]piecework.Money, len(brackets))
	for i := 1; i < len(brackets); i++ {
		last := brackets[i-1]
		step := last.UpTo.Decimal().Mul(decimal.New(brackets[i].Percent-last.Percent, -2))
		quick[i] = quick[i-1].Add(piecework.RoundMoney(step))
	}
	return quick
}

// Validate reports every wrong field. What is wrong with the brackets is reported under "brackets", with the row.
func (t *TaxTable) Validate() error {
	v := &piecework.Invalid{}
	if !slices.Contains(IncomeTypes, t.Type) || t.Type == Untaxed {
		v.Add("type", "%q is not one of the kinds", string(t.Type))
	}
	if t.EffectiveFrom == "" {
		v.Add("effective_from", "is required")
	}
	if t.Allowance.Sign() < 0 {
		v.Add("monthly_allowance", "must not be negative")
	}
	checkSource(v, t.Source)
	t.checkBrackets(v)
	return v.Err()
}

// checkSource wants the document that set a figure, so that it can be looked up.
func checkSource(v *piecework.Invalid, source string) {
	if source == "" {
		v.Add("source", "is required")
	}
	v.AddMsg("source", piecework.CheckText(source, piecework.MaxNote))
}

func (t *TaxTable) checkBrackets(v *piecework.Invalid) {
	n := len(v.Fields)
	if len(t.Brackets) == 0 || len(t.Brackets) > MaxBrackets {
		v.Add("brackets", "a schedule has %d to %d rows", 1, MaxBrackets)
	}
	for i, b := range t.Brackets {
		row, last := i+1, i == len(t.Brackets)-1
		if b.Percent < 0 || b.Percent > 100 {
			v.Add("brackets", "row %d: the percentage must be between 0 and 100", row)
		}
		switch {
		case last && !b.UpTo.IsZero():
			v.Add("brackets", "row %d: the last row has no limit; leave it empty", row)
		case !last && b.UpTo.Sign() <= 0:
			v.Add("brackets", "row %d: only the last row may be without a limit", row)
		}
		if i == 0 {
			continue
		}
		if before := t.Brackets[i-1]; !last && b.UpTo.Cmp(before.UpTo) <= 0 {
			v.Add("brackets", "row %d: the limit must be above %s, that of the row before", row, before.UpTo.String())
		}
		if before := t.Brackets[i-1]; b.Percent <= before.Percent {
			v.Add("brackets", "row %d: the percentage must be above %d, that of the row before", row, before.Percent)
		}
	}
	if len(v.Fields) > n {
		return // quick deductions follow from the rest
	}
	for i, want := range QuickDeductions(t.Brackets) {
		if got := t.Brackets[i].Quick; got.Cmp(want) != 0 {
			v.Add("brackets", "row %d: a quick deduction of %s makes the tax jump; %s would not", i+1, got.String(), want.String())
		}
	}
}

// AddTaxTable records a schedule. It holds from its day on; slips that were issued stay as they are.
func AddTaxTable(ctx context.Context, db bun.IDB, t *TaxTable) error {
	if err := t.Validate(); err != nil {
		return err
	}
	t.RecordedAt = piecework.Now()
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		_, err := db.NewInsert().Model(t).Exec(ctx)
		if piecework.IsUnique(err) {
			return piecework.InvalidField("effective_from", "a schedule from %s is already there; choose another day", t.EffectiveFrom)
		}
		if err != nil {
			return fmt.Errorf("record tax table: %w", err)
		}
		for i := range t.Brackets {
			t.Brackets[i].TableID, t.Brackets[i].Pos = t.ID, i+1
		}
		if _, err := db.NewInsert().Model(&t.Brackets).Exec(ctx); err != nil {
			return fmt.Errorf("record tax brackets: %w", err)
		}
		return nil
	})
}

// RemoveTaxTable takes back a schedule that was entered wrongly. One that a locked run has used stays for ever, and so does what
// came with the program.
func RemoveTaxTable(ctx context.Context, db bun.IDB, id int64) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		t := new(TaxTable)
		if err := orNotFound(db.NewSelect().Model(t).Where("tt.id = ?", id).Scan(ctx), "There is no such schedule."); err != nil {
			return err
		}
		if t.RecordedAt == 0 {
			return piecework.Conflict("This came with the program and stays. Record a new one from a later day.")
		}
		used, err := usedFrom(ctx, db, t.EffectiveFrom, "tax_tables", "type", string(t.Type)).Where("s.income_type = ?", t.Type).Exists(ctx)
		if err != nil {
			return fmt.Errorf("find uses of the tax table: %w", err)
		}
		if used {
			return piecework.Conflict("An approved run has used this schedule. Record a new one from a later day.")
		}
		if _, err := db.NewDelete().Model((*Bracket)(nil)).Where("table_id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("remove tax brackets: %w", err)
		}
		if _, err := db.NewDelete().Model(t).WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("remove tax table: %w", err)
		}
		return nil
	})
}

// usedFrom is the slips s of locked runs for which figures dated from held: those of runs that end on that day or later, and
// before the next figures of the same kind.
func usedFrom(ctx context.Context, db bun.Tx, from piecework.Date, table, column, kind string) *bun.SelectQuery {
	return db.NewSelect().TableExpr("slips AS s").Join("JOIN pay_runs AS p ON p.id = s.run_id").ColumnExpr("1").
		Where("p.status IN (?) AND p.period_to >= ?", bun.List([]RunStatus{Approved, PaidOut}), from).
		Where("NOT EXISTS (SELECT 1 FROM ? AS f WHERE f.? = ? AND f.effective_from > ? AND f.effective_from <= p.period_to)",
			bun.Ident(table), bun.Ident(column), kind, from)
}
