package handlers_test

import (
	"fmt"
	"strings"
	"testing"

	"jijian/piecework"
)

// lacks fails if the answer holds one of the texts. The secret of a form may hold anything.
func (a answer) lacks(t testing.TB, texts ...string) {
	t.Helper()
	body := hidden.ReplaceAllString(a.body, "")
	for _, text := range texts {
		if strings.Contains(body, text) {
			t.Errorf("%q is in: %.2000s", text, body)
		}
	}
}

// goes fails unless the answer leads on to the path.
func (a answer) goes(t testing.TB, to string) {
	t.Helper()
	if a.status != 303 || a.location != to {
		t.Fatalf("%d to %q, want 303 to %q: %.600s", a.status, a.location, to, a.body)
	}
}

func TestOrders(t *testing.T) {
	s := newSite(t)
	lead := s.as("lead")
	lead.get("/orders").wants(t, 200, "绢花", "肥城工艺", "5,000", "进行中")
	lead.get("/orders?q=zzz").wants(t, 200, "没有符合的加工单")
	lead.get("/orders?status=closed").wants(t, 200, "没有符合的加工单")
	lead.get("/orders/new").wants(t, 200, `value="O2"`)
	fields := []string{"code", "O2", "contractor", fmt.Sprint(s.Order.ContractorID), "product", fmt.Sprint(s.Order.ProductID), "quantity", "300",
		"unit_fee", "0.085", "ordered_on", "2026-10-02", "due_on", "2026-10-09"}
	bad := append(append([]string{}, fields...), "code", "O 2", "quantity", "-3", "unit_fee", "1,5", "due_on", "2026-10-01", "contractor", "999")
	lead.post("/orders", bad...).wants(t, 422, `value="O 2"`, `value="-3"`, `value="1,5"`, "早于下单日期", "请选择")
	lead.post("/orders", append(append([]string{}, fields...), "code", "O1")...).wants(t, 422, "已被使用")
	if list, err := piecework.Orders(s.Ctx, s.DB, piecework.Filter{}); err != nil || list.Total != 1 {
		t.Fatalf("%d orders after refusals, %v", list.Total, err)
	}
	a := lead.post("/orders", fields...)
	list, err := piecework.Orders(s.Ctx, s.DB, piecework.Filter{Query: "O2"})
	s.Must(err)
	o := list.Items[0]
	path := fmt.Sprintf("/orders/%d", o.ID)
	a.goes(t, path)
	if o.WorkshopID != s.Workshop.ID || o.UnitFee.String() != "0.085" || o.DueOn != "2026-10-09" {
		t.Errorf("entered %+v", o)
	}
	lead.get(path).wants(t, 200, "已录入加工单 O2", "已逾期", "¥0.085", "2 道工序今天没有工价")
	lead.get(path+"/edit").wants(t, 200, `value="300"`, `value="0.085"`)
	lead.post(path, "quantity", "0", "unit_fee", "0.09", "due_on", "").wants(t, 422, `value="0"`, `value="0.09"`)
	lead.post(path, "quantity", "400", "unit_fee", "0.09", "due_on", "").goes(t, path)
	lead.get(path).wants(t, 200, "400", "¥0.09")
	lead.post(path+"/close").wants(t, 409, "还没有结清", "提前终止")
	lead.post(path+"/end", "reason", "").wants(t, 422, "必须填写", "提前终止")
	long := strings.Repeat("很", 600)
	lead.post(path+"/end", "reason", long).wants(t, 422, `value="`+long+`"`)
	lead.post(path+"/end", "reason", "客户取消").goes(t, path)
	lead.get(path).wants(t, 200, "提前终止", "比订单少 400 件", "客户取消", `action="`+path+`/reopen"`)
	lead.get(path+"/tieout").wants(t, 200, "从未开工", ">400<", ">已交货 <tspan")
	lead.post(path+"/end", "reason", "客户取消").wants(t, 409, "已经是这个状态")
	lead.post(path, "quantity", "500", "unit_fee", "0.09").wants(t, 409, "请先重新打开")
	lead.post(path+"/reopen").goes(t, path)

	other := s.as("lead2")
	other.get("/orders").wants(t, 200, "还没有加工单")
	other.get(path).wants(t, 404)
	other.post(path+"/close").wants(t, 404)
	worker := s.as("worker")
	worker.get("/orders").wants(t, 403)
	worker.post("/orders", fields...).wants(t, 403)
}

func TestTheFlowOfAnOrder(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Glue, nil, "2026-10-01", "0.123457")
	s.Count("S1", "A1", "cut", 4321)
	s.Record(piecework.NewTally{Session: "S1", Worker: "A2", Order: "O1", Operation: "glue",
		Counts: piecework.Counts{Good: 3210, Rework: 21, ScrapWorkmanship: 11, ScrapMaterial: 7}})
	path := fmt.Sprintf("/orders/%d", s.Order.ID)
	s.as("lead").get(path).wants(t, 200, "4,321", "3,210", "返工 21", "0.123457", "/rates/new?operation="+fmt.Sprint(s.Cut.ID), "1 道工序今天没有工价")
	theirs := s.as("contractor").get(path)
	theirs.wants(t, 200, "4,321", "3,210", "肥城工艺")
	theirs.lacks(t, "0.123457", "/rates", "/edit", "/close", "/tallies")

	s.Must(piecework.Deliver(s.Ctx, s.DB, &piecework.Delivery{Code: "D1", OrderID: s.Order.ID, DeliveredOn: "2026-10-06", Quantity: 5000, RecordedBy: "test"}))
	list, err := piecework.Deliveries(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	s.Must(piecework.Accept(s.Ctx, s.DB, &piecework.Acceptance{DeliveryID: list.Items[0].ID, Accepted: 4900, Rejected: 100, RecordedBy: "test"}))
	s.as("lead").get(path).wants(t, 200, "已交清", "¥4410.00")
	s.as("contractor").get("/orders").wants(t, 200, "已交清", "4,900")
}
