package payroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// IncomeSetting is the rule by which a worker's tax is withheld from a day on, chosen by a person and with the reason kept.
type IncomeSetting struct {
	bun.BaseModel `bun:"table:income_types,alias:it"`

	ID            int64 `bun:",pk,autoincrement"`
	WorkerID      int64
	EffectiveFrom piecework.Date
	Type          IncomeType
	// MonthlyDeductions is what the worker may take off each month while the rule holds, in the cumulative methods: her own social insurance,
	// additional special deductions and others (专项扣除、专项附加扣除、其他扣除), together.
	MonthlyDeductions piecework.Money
	Reason            string
	RecordedAt        piecework.Instant
	RecordedBy        string
}

// Validate reports every wrong field.
func (s *IncomeSetting) Validate() error {
	v := &piecework.Invalid{}
	if s.EffectiveFrom == "" {
		v.Add("effective_from", "is required")
	}
	if !slices.Contains(IncomeTypes, s.Type) {
		v.Add("type", "%q is not one of the kinds", string(s.Type))
	}
	if s.MonthlyDeductions.Sign() < 0 {
		v.Add("monthly_deductions", "must not be negative")
	} else if s.MonthlyDeductions.Sign() > 0 && !s.Type.Cumulative() {
		v.Add("monthly_deductions", "only the cumulative methods take something off; leave it empty")
	}
	if s.Reason == "" {
		v.Add("reason", "is required")
	}
	v.AddMsg("reason", piecework.CheckText(s.Reason, piecework.MaxNote))
	return v.Err()
}

// SetIncomeType records the rule that holds for a worker from a day on. It stays in the books; a later day takes over.
func SetIncomeType(ctx context.Context, db bun.IDB, s *IncomeSetting) error {
	if err := s.Validate(); err != nil {
		return err
	}
	w, err := piecework.WorkerByID(ctx, db, s.WorkerID)
	if err != nil {
		return err
	}
	if err := w.Person(); err != nil {
		return err
	}
	s.RecordedAt = piecework.Now()
	_, err = db.NewInsert().Model(s).Exec(ctx)
	if piecework.IsUnique(err) {
		return piecework.InvalidField("effective_from", "a rule from %s is already recorded; choose another day", s.EffectiveFrom)
	}
	if err != nil {
		return fmt.Errorf("record income type: %w", err)
	}
	return nil
}

// IncomeSettings lists a worker's rules, the latest first.
func IncomeSettings(ctx context.Context, db bun.IDB, workerID int64) ([]IncomeSetting, error) {
	var list []IncomeSetting
	err := db.NewSelect().Model(&list).Where("worker_id = ?", workerID).Order("effective_from DESC").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list income types: %w", err)
	}
	return list, nil
}

// RuleOn is the rule of a list as [IncomeSettings] gives it that holds on a day; the zero rule, of type none, before the first.
func RuleOn(list []IncomeSetting, day piecework.Date) IncomeSetting {
	at := slices.IndexFunc(list, func(s IncomeSetting) bool { return s.EffectiveFrom <= day })
	if at < 0 {
		return IncomeSetting{Type: Untaxed}
	}
	return list[at]
}

// Cumulative says whether the type taxes the whole year so far, with what may be taken off each month.
func (t IncomeType) Cumulative() bool { return t == Salary || t == Platform }

// WorkerTax is what the withholding of one worker in one run depends on. A nil Table withholds nothing.
type WorkerTax struct {
	Table  *TaxTable
	Before YearToDate
}

// taxation reads what withholding depends on, of one worker or (0) of everybody in the run's workshop who is taxed. The month and
// the year are those of the last day of the run's period.
func (r *PayRun) taxation(ctx context.Context, db bun.IDB, workerID int64) (map[int64]WorkerTax, error) {
	var settings []IncomeSetting
	q := db.NewSelect().Model(&settings).Where("effective_from <= ?", r.PeriodTo).Order("worker_id", "effective_from DESC").
		Where("worker_id IN (SELECT id FROM workers WHERE workshop_id = ?)", r.WorkshopID)
	if workerID != 0 {
		q = q.Where("worker_id = ?", workerID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read income types: %w", err)
	}
	rules := map[int64][]IncomeSetting{} // of each worker, the latest first
	for _, s := range settings {
		rules[s.WorkerID] = append(rules[s.WorkerID], s)
	}
	tables, err := TaxTables(ctx, db)
	if err != nil {
		return nil, err
	}
	taxed := map[int64]WorkerTax{}
	var ids []int64
	for id, list := range rules {
		if table := tableOn(tables, list[0].Type, r.PeriodTo); table != nil {
			taxed[id] = WorkerTax{Table: table}
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	paid, err := r.incomeBefore(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	for id, t := range taxed {
		t.Before = yearToDate(t.Table.Type, paid[id], began(rules[id]), r.PeriodTo)
		t.Before.Deductions = deductions(rules[id], t.Before.Months, r.PeriodTo)
		taxed[id] = t
	}
	return taxed, nil
}

// began is the day since when the type of the first of some rules, the latest first, has held without a break.
func began(rules []IncomeSetting) piecework.Date {
	first := rules[0]
	for _, s := range rules {
		if s.Type != first.Type {
			break
		}
		first = s
	}
	return first.EffectiveFrom
}

// deductions is what may be taken off for so many months up to that of a day: for each what held at its end, or on the day, by some rules, the
// latest first.
func deductions(rules []IncomeSetting, months int64, day piecework.Date) (sum piecework.Money) {
	for range months {
		if s := RuleOn(rules, day); s.Type == rules[0].Type {
			sum = sum.Add(s.MonthlyDeductions)
		}
		first, _ := day.Month()
		day = first.AddDays(-1)
	}
	return sum
}

// income is what one issued slip paid and withheld.
type income struct {
	WorkerID    int64
	PeriodTo    piecework.Date
	IncomeType  IncomeType
	Income, Tax piecework.Money
}

// incomeBefore is the income of workers in other locked runs of the year up to the month of the run.
func (r *PayRun) incomeBefore(ctx context.Context, db bun.IDB, workers []int64) (map[int64][]income, error) {
	_, last := r.PeriodTo.Month()
	var list []income
	err := db.NewSelect().TableExpr("slips AS s").Join("JOIN pay_runs AS p ON p.id = s.run_id").
		ColumnExpr("s.worker_id, p.period_to, s.income_type, s.income, s.tax").
		Where("s.worker_id IN (?) AND NOT s.superseded AND p.id <> ? AND p.status IN (?)", bun.List(workers), r.ID, bun.List([]RunStatus{Approved, PaidOut})).
		Where("p.period_to BETWEEN ? AND ?", r.PeriodTo.Year(), last).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("read the income of the year: %w", err)
	}
	by := map[int64][]income{}
	for _, i := range list {
		by[i.WorkerID] = append(by[i.WorkerID], i)
	}
	return by, nil
}

// yearToDate sums what counts together with a payment in the month of day: the month for labour remuneration, the year for the
// cumulative methods. Months count from the start of the rule, or of the year, for salary; for a platform only the months
// without a gap up to now in which there was income.
func yearToDate(kind IncomeType, paid []income, began, day piecework.Date) YearToDate {
	first, _ := day.Month()
	var y YearToDate
	months := map[int]bool{day.MonthNumber(): true}
	for _, p := range paid {
		if p.IncomeType != kind || kind == Labour && p.PeriodTo < first {
			continue
		}
		y.Income, y.Withheld = y.Income.Add(p.Income), y.Withheld.Add(p.Tax)
		months[p.PeriodTo.MonthNumber()] = true
	}
	switch kind {
	case Salary:
		y.Months = int64(day.MonthNumber())
		if began >= day.Year() {
			y.Months -= int64(began.MonthNumber()) - 1
		}
	case Platform:
		for m := day.MonthNumber(); months[m]; m-- {
			y.Months++
		}
	}
	return y
}

// taxChanged says whether tax would be withheld otherwise now than when the draft was computed: a rule or a schedule was recorded,
// or another run of the same month or year was approved.
func (r *PayRun) taxChanged(ctx context.Context, db bun.IDB) (bool, error) {
	var list []Slip
	err := db.NewSelect().Model(&list).Column("worker_id", "income_type", "income", "income_before", "tax_before", "tax_free", "tax").
		Where("run_id = ? AND NOT superseded", r.ID).Scan(ctx)
	if err != nil {
		return false, fmt.Errorf("read withheld tax: %w", err)
	}
	taxed, err := r.taxation(ctx, db, 0)
	if err != nil {
		return false, err
	}
	for _, s := range list {
		now := Slip{Gross: s.Income}
		now.tax(nil, taxed[s.WorkerID])
		if now.IncomeType != s.IncomeType || now.IncomeBefore.Cmp(s.IncomeBefore) != 0 || now.TaxBefore.Cmp(s.TaxBefore) != 0 ||
			now.TaxFree.Cmp(s.TaxFree) != 0 || now.Tax.Cmp(s.Tax) != 0 {
			return true, nil
		}
	}
	return false, nil
}
