package handlers_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"jijian/handlers"
	"jijian/payroll"
	"jijian/piecework"
)

// TestWageLedger: A1 has an identity number, signs and is paid by bank; A2 has none and says nothing.
func TestWageLedger(t *testing.T) {
	var keys *piecework.Keys
	s := newSite(t, withKeys(t), func(c *handlers.Config) { keys = c.Keys })
	approved(s)
	first := s.Workers[0].ID
	s.Must(piecework.SavePersonal(s.Ctx, s.DB, keys, first, map[piecework.PersonalColumn]string{piecework.IDNumber: "11010519491231002X"}, "test"))
	s.Must(payroll.Sign(s.Ctx, s.DB, 1, first, "100,100 900,300", "王秀英"))
	s.Must(payroll.Pay(s.Ctx, s.DB, payroll.Payment{RunID: 1, WorkerID: first, Method: payroll.Bank, PaidOn: "2026-11-05", RecordedBy: "test"}))
	k, lead := s.as("bookkeeper"), s.as("lead")
	k.get("/runs/1").wants(t, 200, `href="/runs/1/ledger"`)
	k.get("/runs/1/ledger").wants(t, 200, "2029年11月5日", "1 / 2", "缺 1 人的身份证号", "1 行留有空白签名线", `action="/runs/1/ledger"`)
	page := lead.get("/runs/1/ledger")
	page.wants(t, 200, "不含身份证号", "1 / 2")
	if strings.Contains(page.body, `action="/runs/1/ledger"`) {
		t.Error("the lead is offered identity numbers")
	}
	lead.post("/runs/1/ledger", "format", "csv").wants(t, 403)
	s.as("lead2").get("/runs/1/ledger/download").wants(t, 404)
	log := func() int {
		page, err := piecework.AccessesOf(s.Ctx, s.DB, first, piecework.Filter{})
		s.Must(err)
		return page.Total
	}
	row := func(a answer) string {
		a.wants(t, 200, "id_number")
		return strings.Split(a.body, "\n")[1]
	}
	for got, want := range map[string]string{row(lead.get("/runs/1/ledger/download?format=csv")): ",A1,王秀英,,", row(k.get("/runs/1/ledger/download?format=csv")): ",A1,王秀英,1101**********002X,",
		row(k.get("/runs/1/export?table=ledger")): ",A1,王秀英,,"} {
		if !strings.Contains(got, want) || !strings.Contains(got, ",2026-11-05 bank ") || !strings.Contains(got, ",signed 20") || !strings.HasSuffix(got, ",2029-11-05") {
			t.Errorf("row %s, want %s in it", got, want)
		}
	}
	if log() != 1 {
		t.Errorf("%d entries in the log before anything whole was handed out", log())
	}
	if got := row(k.post("/runs/1/ledger", "format", "csv")); !strings.Contains(got, ",11010519491231002X,") || log() != 2 {
		t.Errorf("whole: %s, %d entries", got, log())
	}
	k.post("/runs/1/ledger", "format", "doc").wants(t, 422)
	document := k.post("/runs/1/ledger", "format", "pdf").body
	if again := k.post("/runs/1/ledger", "format", "pdf").body; again != document {
		t.Error("the same ledger is another document")
	}
	name := filepath.Join(t.TempDir(), "ledger.pdf")
	s.Must(os.WriteFile(name, []byte(document), 0o600))
	text, err := exec.Command("pdftotext", "-layout", name, "-").Output()
	s.Must(err)
	for _, want := range []string{"11010519491231002X", "2026-11-05 银行", "桃木坊", "至少保存 3 年"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not on the paper: %s", want, text)
		}
	}
	if a := k.get("/runs/1/ledger/download?format=xlsx"); a.status != 200 || !strings.HasPrefix(a.body, "PK") {
		t.Errorf("workbook: %d", a.status)
	}
	log2, err := piecework.AccessesOf(s.Ctx, s.DB, first, piecework.Filter{})
	s.Must(err)
	if a := log2.Items[0]; a.Action != piecework.PersonalLedger || a.Fields != "id_number" || a.RunID != 1 {
		t.Errorf("the log says %+v", a)
	}
	s.as("worker").get("/me/personal").wants(t, 200, "写入工资支付台账", fmt.Sprint("结算 ", 1))
}
