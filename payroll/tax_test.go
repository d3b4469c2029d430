package payroll_test

import (
	"context"
	"errors"
	"testing"

	"github.com/shopspring/decimal"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// tables are the schedules a new database has.
func tables(t *testing.T) map[payroll.IncomeType]*payroll.TaxTable {
	t.Helper()
	list, err := payroll.TaxTables(context.Background(), pieceworktest.DB(t))
	if err != nil || len(list) != 3 {
		t.Fatalf("%d tax tables, %v", len(list), err)
	}
	byType := map[payroll.IncomeType]*payroll.TaxTable{}
	for i := range list {
		byType[list[i].Type] = &list[i]
	}
	return byType
}

// The expected amounts are published or follow from the published table; the name of each case is its source.
func TestLabourRemunerationIsWithheldOnTheMonth(t *testing.T) {
	table := tables(t)
	for _, c := range []struct{ source, income, want string }{
		{"gerensuodeshui.cn 1386", "60000", "12400.00"},
		{"gerensuodeshui.cn 1386", "2000", "240.00"},
		{"fudaoke.com 3242073", "30000", "5200.00"},
		{"electedteal.com 3393393", "10000", "1600.00"},
		{"table edge", "800", "0.00"},
		{"table edge", "800.01", "0.00"},
		{"table edge", "800.03", "0.01"},
		{"table edge", "4000", "640.00"},
		{"table edge", "4000.01", "640.00"},
		{"table edge", "25000", "4000.00"},
		{"table edge", "25000.01", "4000.00"},
		{"table edge", "62500", "13000.00"},
		{"table edge", "100000", "25000.00"},
	} {
		income := pieceworktest.Money(t, c.income)
		if got := payroll.Withhold(table[payroll.Labour], income, payroll.YearToDate{}); got.String() != c.want {
			t.Errorf("%s: tax on %s is %s, want %s", c.source, c.income, got, c.want)
		}
		// The same month in three payments comes to the same.
		var paid payroll.YearToDate
		for _, part := range income.Split([]int64{1, 2, 3}) {
			tax := payroll.Withhold(table[payroll.Labour], part, paid)
			paid.Income, paid.Withheld = paid.Income.Add(part), paid.Withheld.Add(tax)
		}
		if paid.Withheld.String() != c.want {
			t.Errorf("%s: tax on %s in three payments is %s, want %s", c.source, c.income, paid.Withheld, c.want)
		}
	}
}

func TestCumulativeMethods(t *testing.T) {
	table := tables(t)
	for _, c := range []struct {
		source            string
		kind              payroll.IncomeType
		incomes           []string
		monthlyDeductions string
		want              []string
	}{
		{"gdupt.edu.cn 1466 (STA example)", payroll.Salary, []string{"30000", "30000", "30000"}, "6500", []string{"555.00", "625.00", "1850.00"}},
		{"teqyla.com 8815", payroll.Salary, []string{"10000", "10000", "10000"}, "4500", []string{"15.00", "15.00", "15.00"}},
		{"360doc 40236416", payroll.Salary, []string{"20000", "20000", "20000", "20000", "20000"}, "6480", []string{"255.60", "255.60", "255.60", "255.60", "717.60"}},
		{"wlllr.com", payroll.Salary, []string{"8000", "8000", "8000"}, "2000", []string{"30.00", "30.00", "30.00"}},
		{"irregular", payroll.Salary, []string{"8000", "15000"}, "0", []string{"90.00", "300.00"}},
		{"a poor month is not refunded", payroll.Salary, []string{"8000", "1000", "8000"}, "0", []string{"90.00", "0.00", "0.00"}},
		{"Announcement 2025 No. 16", payroll.Platform, []string{"10000", "10000", "10000"}, "0", []string{"90.00", "90.00", "90.00"}},
		{"Announcement 2025 No. 16: 6250 a month is free", payroll.Platform, []string{"6250", "6250", "6251"}, "0", []string{"0.00", "0.00", "0.02"}},
	} {
		var before payroll.YearToDate
		for m, s := range c.incomes {
			before.Months++
			before.Deductions = before.Deductions.Add(pieceworktest.Money(t, c.monthlyDeductions))
			income := pieceworktest.Money(t, s)
			tax := payroll.Withhold(table[c.kind], income, before)
			if tax.String() != c.want[m] {
				t.Errorf("%s, month %d: tax %s, want %s", c.source, m+1, tax, c.want[m])
			}
			before.Income, before.Withheld = before.Income.Add(income), before.Withheld.Add(tax)
		}
	}
}

func TestAYearOfSalaryIsTheAnnualTax(t *testing.T) {
	table := tables(t)
	var before payroll.YearToDate
	income, off := pieceworktest.Money(t, "20000"), pieceworktest.Money(t, "6480")
	for range 12 {
		before.Months++
		before.Deductions = before.Deductions.Add(off)
		tax := payroll.Withhold(table[payroll.Salary], income, before)
		before.Income, before.Withheld = before.Income.Add(income), before.Withheld.Add(tax)
	}
	if before.Withheld.String() != "7704.00" {
		t.Errorf("360doc 40236416: the year's tax is %s, want 7704.00", before.Withheld)
	}
}

// The nine-month table of gerensuodeshui.cn 1246 prints one decimal.
func TestSalaryBrackets(t *testing.T) {
	table := tables(t)
	for taxable, want := range map[string]string{"8006.79": "240.2", "15753.58": "472.6", "23760.37": "712.8", "36160.95": "1096.1",
		"44176.74": "1897.7", "61190.32": "3599", "69697.11": "4449.7", "78203.9": "5300.4"} {
		got := table[payroll.Salary].TaxOn(decimal.RequireFromString(taxable)).Round(1)
		if !got.Equal(decimal.RequireFromString(want)) {
			t.Errorf("tax on %s is %s, want %s", taxable, got, want)
		}
	}
	// Both sides of each limit agree, because the quick deduction makes the table continuous.
	for _, tt := range table {
		for _, b := range tt.Brackets {
			if b.UpTo.IsZero() {
				continue
			}
			at := tt.TaxOn(b.UpTo.Decimal())
			above := tt.TaxOn(b.UpTo.Add(piecework.Fen(1)).Decimal())
			if jump := above.Sub(at); jump.Sign() <= 0 || jump.GreaterThan(decimal.New(1, -2)) {
				t.Errorf("%s: the tax jumps by %s above %s", tt.Type, jump, b.UpTo)
			}
		}
	}
}

func TestEveryRunOfAMonthWithholdsOnTheSum(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "10")
	rule := &payroll.IncomeSetting{WorkerID: w.Workers[0].ID, EffectiveFrom: "2026-10-01", Type: payroll.Labour, RecordedBy: "test"}
	if err := payroll.SetIncomeType(w.Ctx, w.DB, rule); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("a rule without a reason: %v", err)
	}
	rule.Reason = "home worker, no employment"
	w.Must(payroll.SetIncomeType(w.Ctx, w.DB, rule))
	w.Session("S2", "2026-10-20")
	w.Session("S3", "2026-11-20")
	wrong := w.Count("S1", "A1", "glue", 150)
	w.Count("S2", "A1", "glue", 150)
	w.Count("S2", "A2", "glue", 500)
	adjust(w, 0, "2026-10-05", payroll.Advance, "2000")
	first := settle(w, "2026-10-01", "2026-10-15")
	// 1500: (1500 − 800) × 20 % = 140, taken before the advance.
	wantSlips(w, first.ID, `A1 v1 gross 1500.00 deductions 1360.00 net 0.00 carried 640.00
	  piece glue 150 × 10.00 = 1500.00
	  tax -140.00
	  advance -1360.00
	`)
	w.Must(payroll.Approve(w.Ctx, w.DB, first.ID, "other"))
	second := settle(w, "2026-10-16", "2026-10-31")
	// 3000 in the month: (3000 − 800) × 20 % = 440, of which 140 are withheld already. A2 has no rule: no tax.
	wantSlips(w, second.ID, `A1 v1 gross 1500.00 deductions 640.00 net 560.00 carried 0.00
	  piece glue 150 × 10.00 = 1500.00
	  tax -300.00
	  advance -640.00
	A2 v1 gross 5000.00 deductions 0.00 net 5000.00 carried 0.00
	  piece glue 500 × 10.00 = 5000.00
	`)
	w.Must(payroll.Approve(w.Ctx, w.DB, second.ID, "other"))
	// November is a payment of its own, and a correction lowers its income: 2000 − 1500 = 500, free of tax.
	w.Count("S3", "A1", "glue", 200)
	w.Record(piecework.NewTally{Session: "S3", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 150}, Reverses: wrong})
	wantSlips(w, settle(w, "2026-11-01", "2026-11-30").ID, `A1 v1 gross 2000.00 deductions 1500.00 net 500.00 carried 0.00
	  piece glue 200 × 10.00 = 2000.00
	  correction glue -150 × 10.00 = -1500.00
	`)
	_, err := payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}

func TestTheYearToDateSurvivesANewVersion(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-01-01", "100")
	w.Must(payroll.SetIncomeType(w.Ctx, w.DB, &payroll.IncomeSetting{WorkerID: w.Workers[0].ID, EffectiveFrom: "2026-09-10", Type: payroll.Salary,
		MonthlyDeductions: pieceworktest.Money(t, "6500"), Reason: "employed", RecordedBy: "test"}))
	tax := func(run *payroll.PayRun) string {
		slips, err := payroll.SlipsOf(w.Ctx, w.DB, run.ID, w.Workers[0].ID)
		w.Must(err)
		return slips[0].Tax.String()
	}
	var runs []*payroll.PayRun
	// The STA's example of 30,000 a month, in September to November; October is first issued 1,000 short.
	for i, month := range []piecework.Date{"2026-09", "2026-10", "2026-11"} {
		code := "S-" + string(month)
		w.Session(code, month+"-20")
		n := int64(300)
		if i == 1 {
			n = 290
		}
		w.Count(code, "A1", "glue", n)
		run := settle(w, month+"-01", month+"-30")
		w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
		runs = append(runs, run)
		if i == 1 {
			w.Count(code, "A1", "glue", 10)
			_, err := payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[0].ID, "ten were missing", "lead")
			w.Must(err)
		}
	}
	// From December on more is taken off, and not for the months before: 120,000 − 20,000 − 3 × 6,500 − 7,500 = 73,000.
	w.Must(payroll.SetIncomeType(w.Ctx, w.DB, &payroll.IncomeSetting{WorkerID: w.Workers[0].ID, EffectiveFrom: "2026-12-10", Type: payroll.Salary,
		MonthlyDeductions: pieceworktest.Money(t, "7500"), Reason: "a child was born", RecordedBy: "test"}))
	w.Session("S-2026-12", "2026-12-20")
	w.Count("S-2026-12", "A1", "glue", 300)
	runs = append(runs, settle(w, "2026-12-01", "2026-12-31"))
	for i, want := range []string{"555.00", "625.00", "1850.00", "1750.00"} {
		if got := tax(runs[i]); got != want {
			t.Errorf("month %d: tax %s, want %s", i+1, got, want)
		}
	}
}
