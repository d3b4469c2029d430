package slipdoc_test

import (
	"slices"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/payroll/demo/demotest"
	"jijian/payroll/slipdoc"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// demoSlips are the current slips of the demo's first run (approved) and of its draft.
func demoSlips(t *testing.T) (approved, draft []payroll.Slip) {
	t.Helper()
	db := demotest.DB(t)
	slips := func(id int64) []payroll.Slip {
		list, err := payroll.SlipsOf(t.Context(), db, id, 0)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	return slips(1), slips(3)
}

func TestLinesAddUpToWhatIsPrintedBelow(t *testing.T) {
	approved, draft := demoSlips(t)
	for _, doc := range slipdoc.All(slices.Concat(approved, draft), "zh", "https://jijian.example/") {
		var sum piecework.Money
		for _, l := range doc.Lines {
			if l.Kind == "" {
				t.Errorf("%s: a line without a word for its kind", doc.Number)
			}
			if l.HasQuantity && l.Operation == "" {
				t.Errorf("%s: work without the name of its operation", doc.Number)
			}
			sum = sum.Add(l.Amount)
		}
		if sum.Cmp(doc.Net) != 0 {
			t.Errorf("%s: lines sum to %s, net is %s", doc.Number, sum, doc.Net)
		}
		if doc.Draft != (doc.CheckURL == "") || doc.Draft != (doc.Approved == "") {
			t.Errorf("%s: draft %t, check address %q, approved %q", doc.Number, doc.Draft, doc.CheckURL, doc.Approved)
		}
	}
}

func TestFootnotesAreTheRulesThatWereUsed(t *testing.T) {
	approved, draft := demoSlips(t)
	for i := range approved { // decided later: the slips say by what they were paid
		w := approved[i].Run.Workshop
		w.PayRework, w.PayScrapMaterial, w.DamageCapPercent = true, false, 5
	}
	for _, tt := range []struct {
		slips        []payroll.Slip
		worker, lang string
		want, not    []string
	}{
		{approved, "A02", "zh", []string{"计件数 = 良品 + 料废；工废、返工不计。", "四舍五入到分", "扫码"}, []string{"赔偿", "结转", "取代", "更正"}},
		{approved, "A05", "zh", []string{"扣不完的结转下期"}, []string{"赔偿"}},
		{approved, "A13", "zh", []string{"赔偿每期最多扣应发的 20%，扣后不低于按工时算的最低工资。", "结转"}, nil},
		{approved, "A10", "en", []string{"Pieces = good + scrap by material; not counted: scrap by workmanship, rework.", "replaces version 1. Reason: "}, nil},
		{draft, "A06", "zh", []string{"个人所得税按劳务报酬预扣，一个自然月的收入合为一次：当月收入 ¥1877.84，其中本期 ¥923.83；当月已扣税 ¥215.57，其中本期 ¥184.77。",
			"不低于最低工资。"}, []string{"赔偿", "至今减除费用", "还差"}},
		{draft, "A13", "zh", []string{"最低工资每小时 ¥22.00，按工时还差", "仅供对照。"}, nil},
		{draft, "A09", "en", []string{"has the rate of the settlement"}, []string{"Scan"}},
	} {
		at := slices.IndexFunc(tt.slips, func(s payroll.Slip) bool { return s.Worker.Code == tt.worker })
		notes := strings.Join(slipdoc.Of(&tt.slips[at], tt.lang, "https://jijian.example").Footnotes, "\n")
		for _, w := range tt.want {
			if !strings.Contains(notes, w) {
				t.Errorf("%s: %q is missing in:\n%s", tt.worker, w, notes)
			}
		}
		for _, w := range tt.not {
			if strings.Contains(notes, w) {
				t.Errorf("%s: %q does not belong in:\n%s", tt.worker, w, notes)
			}
		}
	}
}

func TestTimeAndTaxInWords(t *testing.T) {
	money := func(s string) piecework.Money { return pieceworktest.Money(t, s) }
	for _, tt := range []struct {
		lang, want string
		slip       payroll.Slip
	}{
		{"zh", "工时 2 小时 30 分，计件和奖金平均每小时 ¥20.00。", payroll.Slip{Minutes: 150}},
		{"zh", "工时 2 小时 30 分，计件和奖金平均每小时 ¥20.00；当地最低工资每小时 ¥20.00，不低于最低工资。", payroll.Slip{Minutes: 150, MinimumHourly: money("20")}},
		{"en", "Time 2 h 30 min; pieces and bonuses come to ¥20.00 an hour; the minimum wage here is ¥22.00 an hour, for which ¥5.00 is missing; this is shown for comparison.",
			payroll.Slip{Minutes: 150, MinimumHourly: money("22")}},
		{"zh", "，按工时差 ¥5.00，已补足。", payroll.Slip{Minutes: 150, MinimumHourly: money("22"), Lines: []payroll.Line{{Kind: payroll.MakeUp, Amount: money("5")}}}},
		{"en", "Income tax as on labour remuneration, all pay of a calendar month being one payment: income of the month ¥3000.00, of it ¥1500.00 in this period; withheld ¥440.00, of it ¥300.00 in this period.",
			payroll.Slip{IncomeType: payroll.Labour, IncomeBefore: money("1500"), Income: money("1500"), TaxBefore: money("140"), Tax: money("300")}},
		{"zh", "个人所得税按工资薪金累计预扣：当年收入 ¥60000.00，其中本期 ¥30000.00；当年已扣税 ¥1180.00，其中本期 ¥625.00。至今减除费用和扣除合计 ¥23000.00。",
			payroll.Slip{IncomeType: payroll.Salary, IncomeBefore: money("30000"), Income: money("30000"), TaxBefore: money("555"), Tax: money("625"), TaxFree: money("23000")}},
		{"en", "after a fifth of the income: income of the year ¥10000.00, of it ¥10000.00 in this period; withheld ¥90.00, of it ¥90.00 in this period. Allowances and deductions up to now: ¥5000.00.",
			payroll.Slip{IncomeType: payroll.Platform, Income: money("10000"), Tax: money("90"), TaxFree: money("5000")}},
	} {
		s := tt.slip
		s.Worker, s.Run = &piecework.Worker{}, &payroll.PayRun{Workshop: piecework.NewWorkshop("W1", "")}
		s.Lines = append(s.Lines, payroll.Line{Kind: payroll.Bonus, Amount: money("50")})
		if notes := strings.Join(slipdoc.Of(&s, tt.lang, "").Footnotes, "\n"); !strings.Contains(notes, tt.want) {
			t.Errorf("%q is missing in:\n%s", tt.want, notes)
		}
	}
	abroad := payroll.Slip{Worker: &piecework.Worker{}, Run: &payroll.PayRun{Workshop: piecework.NewWorkshop("W1", "")}, Minutes: 60}
	abroad.Run.Workshop.Currency = "USD"
	if notes := slipdoc.Of(&abroad, "en", "").Footnotes; notes[0] != "Time 1 h 0 min; pieces and bonuses come to USD 0.00 an hour." {
		t.Errorf("%q", notes)
	}
}

func TestCheckURL(t *testing.T) {
	for _, tt := range []struct{ base, code, want string }{
		{"https://jijian.example", "0123", "https://jijian.example/c/0123"},
		{"https://jijian.example/", "0123", "https://jijian.example/c/0123"},
		{"", "0123", ""},
		{"https://jijian.example", "", ""},
	} {
		if got := slipdoc.CheckURL(tt.base, tt.code); got != tt.want {
			t.Errorf("CheckURL(%q, %q) = %q, want %q", tt.base, tt.code, got, tt.want)
		}
	}
}

// TestWhatDidNotFit: an equals sign on paper is true, the amounts still add up, and what is carried is named by its kind.
func TestWhatDidNotFit(t *testing.T) {
	money := func(s string) piecework.Money { return pieceworktest.Money(t, s) }
	slip := payroll.Slip{
		Worker: &piecework.Worker{Code: "A07"}, Run: &payroll.PayRun{Workshop: piecework.NewWorkshop("W1", "")}, CarriedForward: money("80.08"),
		Lines: []payroll.Line{
			{Kind: payroll.Piece, Quantity: 2, Rate: pieceworktest.Rate(t, "0.025"), Amount: money("0.05"), Counts: piecework.Counts{Good: 2}},
			{Kind: payroll.Correction, OrderID: 1, OperationID: 2, Quantity: -1, Rate: pieceworktest.Rate(t, "0.125"), Amount: money("-0.05"), Counts: piecework.Counts{Good: -1},
				CorrectsRunID: 1, Order: &piecework.ProcessingOrder{Code: "ROSE"}, Operation: &piecework.Operation{Name: "组花"}},
		},
		Carries: []payroll.Carry{
			{Kind: payroll.Correction, Since: "2026-10-16", OrderID: 1, OperationID: 2, Amount: money("0.08")},
			{Kind: payroll.Advance, Since: "2026-10-13", Note: "家用", Amount: money("80")},
		},
	}
	for _, tt := range []struct{ lang, note, correction, advance string }{
		{"zh", "−1 × 0.125 = −0.13，本期扣 0.05，结转下期 0.08 更正第 1 次结算", "更正 2026-10-16 组花 ROSE 0.08", "借支 2026-10-13 家用 80.00"},
		{"en", "−1 × 0.125 = −0.13; taken now 0.05, carried forward 0.08 corrects run 1", "Correction 2026-10-16 组花 ROSE 0.08", "Advance 2026-10-13 家用 80.00"},
	} {
		doc := slipdoc.Of(&slip, tt.lang, "")
		for _, l := range doc.Lines {
			if l.HasQuantity && l.Rate.Times(l.Quantity).Cmp(l.Amount) != 0 {
				t.Errorf("%s: %d × %s = %s is printed", tt.lang, l.Quantity, l.Rate, l.Amount)
			}
		}
		if l := doc.Lines[1]; l.HasQuantity || l.Note != tt.note || l.Amount.String() != "-0.05" {
			t.Errorf("%s: the correction is printed as %+v", tt.lang, l)
		}
		var carried []string
		for _, c := range doc.Carries {
			carried = append(carried, strings.Join([]string{c.Kind, string(c.Since), c.Note, c.Amount.String()}, " "))
		}
		if !slices.Equal(carried, []string{tt.correction, tt.advance}) {
			t.Errorf("%s: carried forward are %q", tt.lang, carried)
		}
	}
}
