package handlers_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"jijian/handlers"
	"jijian/payroll"
	"jijian/piecework"
)

// TestBankFile: A1 has an account and a name that is a formula, A2 has none, A3 has nothing to get.
func TestBankFile(t *testing.T) {
	var keys *piecework.Keys
	s := newSite(t, withKeys(t), func(c *handlers.Config) { keys = c.Keys })
	s.Agree(s.Cut, nil, "2026-10-01", "1234.5")
	s.Count("S1", "A1", "cut", 1)
	s.Count("S1", "A2", "cut", 2)
	first := s.Workers[0]
	first.Name = "=cmd|' /C calc'!A0"
	s.Must(piecework.SaveWorker(s.Ctx, s.DB, &first))
	s.Must(piecework.SavePersonal(s.Ctx, s.DB, keys, first.ID, map[piecework.PersonalColumn]string{piecework.BankAccount: "6200001234567890128", piecework.BankName: "示例银行𠮷支行", piecework.IDNumber: "11010519491231002X"}, "test"))
	run := s.settle("2026-10-01", "2026-10-31")
	path := fmt.Sprintf("/runs/%d/bank", run.ID)
	b := s.as("bookkeeper")
	b.get(path).wants(t, 200, "只有已审核的结算才能发放")
	s.Must(payroll.Approve(s.Ctx, s.DB, run.ID, "test"))
	b.get(fmt.Sprintf("/runs/%d", run.ID)).wants(t, 200, path)
	page := b.get(path)
	page.wants(t, 200, "¥1234.50", "共 1 笔", "1 位工人没有登记账号", "¥2469.00", "6200***********0128", "工资 2026-10-01 至 2026-10-31")
	if strings.Contains(page.body, "6200001234567890128") {
		t.Error("the page shows a whole account number")
	}
	for _, who := range []string{"lead", "worker"} {
		s.as(who).get(path).wants(t, 403)
	}
	b.post(path, "format", "csv").wants(t, 422, "格式")
	b.post(path, "format", "csv", "layout", "1", "purpose", strings.Repeat("x", 61)).wants(t, 422, "用途")

	gb := b.post(path, "format", "csv", "layout", "1", "purpose", "=十月工资")
	text, err := simplifiedchinese.GB18030.NewDecoder().String(gb.body)
	s.Must(err)
	if want := "账号,户名,金额,附言\r\n6200001234567890128,'=cmd|' /C calc'!A0,1234.50,'=十月工资\r\n"; text != want || gb.header.Get("Content-Type") != "text/csv; charset=gb18030" {
		t.Errorf("GB18030 file %q, want %q", text, want)
	}
	b.post("/bank-layouts", "name", "全部列", "encoding", "utf-8-bom", "delimiter", "semicolon", "amounts", "grouped", "header", "on",
		"field_1", "account", "title_1", "=1+1", "field_2", "name", "title_2", "户名", "field_3", "amount", "title_3", "金额", "field_4", "bank", "title_4", "开户行",
		"field_5", "id_number", "title_5", "证件", "field_7", "reference", "title_7", "编号", "field_8", "blank").goes(t, "/bank-layouts")
	layouts, err := payroll.BankLayouts(s.Ctx, s.DB)
	s.Must(err)
	own := layouts[0]
	if own.Name != "全部列" {
		own = layouts[len(layouts)-1]
	}
	layout := fmt.Sprint(own.ID)
	if got, want := b.post(path, "format", "csv", "layout", layout).body, "\uFEFF'=1+1;户名;金额;开户行;证件;编号;\r\n6200001234567890128;'=cmd|' /C calc'!A0;1,234.50;示例银行𠮷支行;11010519491231002X;"+fmt.Sprintf("RUN%d-A1;\r\n", run.ID); got != want {
		t.Errorf("own layout %q, want %q", got, want)
	}
	for id, want := range map[string]string{"3": "1 6200001234567890128 =cmd|' /C calc'!A0 123450", layout: "=1+1 户名"} {
		book, err := excelize.OpenReader(bytes.NewReader([]byte(b.post(path, "format", "xlsx", "layout", id).body)))
		s.Must(err)
		rows, err := book.GetRows("payments")
		s.Must(err)
		if got := strings.Join(rows[0], " "); !strings.HasPrefix(got, want) {
			t.Errorf("workbook %s begins %q, want %q", id, got, want)
		}
		if formula, err := book.GetCellFormula("payments", "C1"); formula != "" || err != nil {
			t.Errorf("workbook %s holds a formula %q, %v", id, formula, err)
		}
	}
	log, err := piecework.AccessesOf(s.Ctx, s.DB, first.ID, piecework.Filter{})
	s.Must(err)
	if a := log.Items[0]; log.Total != 5 || a.Action != piecework.PersonalBankFile || a.RunID != run.ID || a.DoneBy != "孙会计" {
		t.Errorf("the log has %d entries, the last %+v", log.Total, a)
	}
	if a := log.Items[3]; a.Fields != "bank_account" {
		t.Errorf("the layout without a bank gave out %q", a.Fields)
	}

	b.post(path+"/paid", "paid_on", "2026-11-05").goes(t, fmt.Sprintf("/runs/%d", run.ID))
	paid, err := payroll.PaymentsOf(s.Ctx, s.DB, run.ID, first.ID)
	s.Must(err)
	if len(paid) != 1 || paid[0].Method != payroll.Bank || paid[0].Amount.String() != "1234.50" || paid[0].PaidOn != "2026-11-05" {
		t.Errorf("paid %+v", paid)
	}
	if now, err := payroll.RunByID(s.Ctx, s.DB, run.ID); err != nil || now.Status != payroll.Approved {
		t.Errorf("A2 is still owed, but the run is %v, %v", now.Status, err)
	}
	b.get(path).wants(t, 200, "没有需要通过银行支付的工人")
	b.post(path, "format", "csv", "layout", "1").wants(t, 409, "没有需要通过银行支付的工人")
	b.post(path+"/paid").wants(t, 409, "没有需要通过银行支付的工人")
}

func TestBankLayouts(t *testing.T) {
	s := newSite(t)
	b := s.as("admin")
	b.get("/bank-layouts").wants(t, 200, "通用 · 含序号和开户行", "竖线", "以分计", "收款账号、收款户名")
	b.get("/bank-layouts/2").wants(t, 200, `value="收款账号"`, "UTF-8 带标记")
	b.get("/bank-layouts/new").wants(t, 200, `value="户名"`)
	b.post("/bank-layouts", "name", "", "encoding", "latin", "delimiter", "comma", "amounts", "yuan", "header", "on", "field_1", "account", "title_2", "户名").
		wants(t, 422, "必须填写", "第 1 列：请写标题", "第 2 列：请选择内容", "账号、户名、金额三列必须有", `value="户名"`)
	b.post("/bank-layouts", "name", "通用 · 含序号和开户行", "encoding", "utf-8", "delimiter", "comma", "amounts", "yuan",
		"field_1", "account", "field_2", "name", "field_3", "amount").wants(t, 422, "已被使用")
	b.post("/bank-layouts/3", "name", "城关支行", "encoding", "utf-8", "delimiter", "tab", "amounts", "fen", "field_1", "amount", "field_2", "name", "field_3", "account").goes(t, "/bank-layouts")
	l, err := payroll.BankLayoutByID(s.Ctx, s.DB, 3)
	s.Must(err)
	if l.Header || len(l.Columns) != 3 || l.Columns[0].Field != payroll.BankAmount || l.SavedBy != "管理员" {
		t.Errorf("saved %+v", l)
	}
	b.post("/bank-layouts/3/remove").goes(t, "/bank-layouts")
	b.get("/bank-layouts/3").wants(t, 404)
	s.as("lead").get("/bank-layouts").wants(t, 403)
}
