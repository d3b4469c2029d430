package slipdoc_test

import (
	"slices"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/payroll/demo/demotest"
	"jijian/payroll/slipdoc"
	"jijian/piecework"
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
	for _, tt := range []struct {
		slips        []payroll.Slip
		worker, lang string
		want, not    []string
	}{
		{approved, "A02", "zh", []string{"计件数 = 良品 + 料废；工废、返工不计。", "四舍五入到分", "扫码"}, []string{"赔偿", "结转", "取代", "更正"}},
		{approved, "A05", "zh", []string{"扣不完的结转下期"}, []string{"赔偿"}},
		{approved, "A13", "zh", []string{"赔偿每期最多扣应发的 20%。", "结转"}, nil},
		{approved, "A09", "en", []string{"Pieces = good + scrap by material; not counted: scrap by workmanship, rework.", "replaces version 1. Reason: 工人核对"}, nil},
		{draft, "A10", "en", []string{"has the rate of the settlement"}, []string{"Scan"}},
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
