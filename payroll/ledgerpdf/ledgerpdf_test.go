package ledgerpdf_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/payroll/ledgerpdf"
	"jijian/piecework"
	"jijian/piecework/press"
	"jijian/piecework/press/presstest"
)

func fonts(t testing.TB) *press.Fonts {
	t.Helper()
	f, err := press.NewFonts(presstest.Weights(t))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// ledger has n workers, each a little different: long and rare names, many items, several payments, drawn signatures, taps and neither.
func ledger(n int) *payroll.Ledger {
	shop := piecework.NewWorkshop("W1", strings.Repeat("桃花社区第一微工厂", 12))
	run := &payroll.PayRun{ID: 7, PeriodFrom: "2026-10-01", PeriodTo: "2026-10-31", Status: payroll.Approved, CreatedBy: "孙丽华", ApprovedBy: "周文静", ApprovedAt: 1793809800000, Workshop: shop}
	l := &payroll.Ledger{Run: run, KeepUntil: "2029-11-05"}
	for i := range n {
		w := &piecework.Worker{Code: fmt.Sprintf("A%03d", i+1), Name: []string{"王秀英", "𬭎田🙂花子", strings.Repeat("很长的名字", 20), "Zhang\x00Wei"}[i%4], Phone: "100-0000-0101"}
		s := payroll.Slip{Worker: w, Run: run, Gross: piecework.Fen(1_234_567_89), Tax: piecework.Fen(54_63), Deductions: piecework.Fen(100_00), Net: piecework.Fen(1_234_413_26)}
		r := payroll.LedgerRow{Slip: s, IDNumber: "11010519491231002X", Hours: "166.50", Pieces: 15032, Items: map[string]piecework.Money{"piece": piecework.Fen(1_234_567_89), "tax": piecework.Fen(54_63), "advance": piecework.Fen(100_00)}}
		if i%4 == 1 {
			for _, item := range payroll.LedgerPayable {
				r.Items[item] = piecework.Fen(9_999_99)
			}
		}
		if i%3 != 2 {
			r.Slip.Acknowledgement = &payroll.Acknowledgement{AcknowledgedAt: 1793809800000}
			r.Payments = []payroll.Payment{{PaidOn: "2026-11-05", Method: payroll.Bank, Amount: s.Net}}
		}
		if i%3 == 1 {
			r.Slip.Signature = &payroll.Signature{Strokes: "100,100 900,300;200,50 210,380"}
			r.Payments = []payroll.Payment{{PaidOn: "2026-11-05", Method: payroll.Cash, Amount: piecework.Fen(1)}, {PaidOn: "2026-11-06", Method: payroll.WeChat, Amount: piecework.Fen(1_234_413_25)}}
		}
		l.Rows = append(l.Rows, r)
	}
	return l
}

func printed(t testing.TB, f *press.Fonts, lang string, l *payroll.Ledger) ([]byte, []piecework.Message) {
	t.Helper()
	var out bytes.Buffer
	warnings, err := ledgerpdf.Write(&out, f, lang, l)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), warnings
}

func text(t testing.TB, document []byte, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ledger.pdf")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", append(args, file, "-")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Everything article 15 asks for is on the paper, whole, and nothing leaves it.
func TestWrite(t *testing.T) {
	f := fonts(t)
	l := ledger(40)
	document, warnings := printed(t, f, "zh", l)
	if again, _ := printed(t, f, "zh", l); !bytes.Equal(again, document) {
		t.Error("the same ledger is another document")
	}
	if len(warnings) == 0 || len(warnings) > 6 {
		t.Errorf("warnings: %v", warnings)
	}
	plain := strings.Join(strings.Fields(text(t, document)), "")
	for _, want := range []string{"工资支付台账", "桃花社区第一微工厂", "支付周期2026-10-01至2026-10-31", "第7号结算", "王秀英", "𬭎田〓花子", "A001", "A040", "11010519491231002X", "100-0000-0101", "166.50小时", "15032件",
		"计件1234567.89", "1234567.89", "个人所得税54.63", "借支100.00", "154.63", "1234413.26", "2026-11-05银行", "2026-11-06微信1234413.25", "本人已在线确认", "2026-11-0500:30",
		"合计", "40人", "49382715.60", "至少保存3年：保存至2029-11-05", "制表孙丽华", "批准周文静", "未支付"} {
		if !strings.Contains(plain, want) {
			t.Errorf("%q is not on the paper: %.900s", want, plain)
		}
	}
	if strings.Contains(plain, "草稿") {
		t.Error("an approved run is called a draft")
	}
	const a4 = 841.89
	for _, m := range regexp.MustCompile(`xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">([^<]*)`).FindAllStringSubmatch(text(t, document, "-bbox"), -1) {
		var box [4]float64
		for i := range box {
			box[i], _ = strconv.ParseFloat(m[i+1], 64)
		}
		if box[0] < 25 || box[2] > a4-25 || box[1] < 15 || box[3] > 580 {
			t.Errorf("%q at %v leaves the paper", m[5], box)
		}
	}
	l.Run.Status, l.Run.ApprovedAt = payroll.Draft, 0
	draft, _ := printed(t, f, "en", l)
	for _, want := range []string{"Wage payment ledger", "DRAFT", "Pay cycle 2026-10-01 to 2026-10-31", "to be kept 3 years"} {
		if !strings.Contains(text(t, draft, "-layout"), want) {
			t.Errorf("%q is not on the English paper", want)
		}
	}
	var out bytes.Buffer
	if _, err := ledgerpdf.Write(&out, f, "zh", &payroll.Ledger{Run: l.Run}); err == nil || out.Len() > 0 {
		t.Errorf("a ledger without rows: %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	f, l := fonts(b), ledger(2000)
	for b.Loop() {
		printed(b, f, "zh", l)
	}
}
