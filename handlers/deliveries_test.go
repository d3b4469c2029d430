package handlers_test

import (
	"fmt"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
)

func TestDeliveries(t *testing.T) {
	s := newSite(t)
	s.Count("S1", "A1", "cut", 900)
	s.Count("S1", "A1", "glue", 800)
	lead, contractor := s.as("lead"), s.as("contractor")
	order := fmt.Sprintf("/orders/%d", s.Order.ID)
	contractor.get("/deliveries").wants(t, 200, "还没有向您交货")
	lead.get("/deliveries").wants(t, 200, "还没有交货")
	lead.get(order+"/deliveries/new").wants(t, 200, `value="O1-D1"`, `value="800"`)
	lead.post(order+"/deliveries", "code", "O1-D1", "date", "gestern", "quantity", "0", "note", "早班").wants(t, 422, "gestern", "早班", "必须在 1 到")
	lead.post(order+"/deliveries", "code", "O1-D1", "date", "2026-10-06", "quantity", "700")
	list, err := piecework.Deliveries(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	if list.Total != 1 || list.Items[0].Quantity != 700 || list.Items[0].RecordedBy != "王组长" {
		t.Fatalf("deliveries: %+v", list.Items)
	}
	path := fmt.Sprintf("/deliveries/%d", list.Items[0].ID)
	lead.post(order+"/deliveries", "code", "O1-D1", "date", "2026-10-06", "quantity", "1").wants(t, 422, "已被使用")
	lead.get(order+"/deliveries/new").wants(t, 200, `value="O1-D2"`, `value="100"`)
	lead.get("/deliveries?status=waiting").wants(t, 200, "O1-D1", "等待中")
	lead.get(path).wants(t, 200, "O1-D1", "700 件等待验收", `value="700"`)

	contractor.get("/deliveries").wants(t, 200, "O1-D1")
	contractor.get(path).wants(t, 200, "700 件等待验收")
	for _, bad := range [][]string{{"accepted", "701"}, {"accepted", "-1", "rejected", "2"}, {"accepted", "x"}, {"accepted", "0"}} {
		contractor.post(path, append(bad, "note", "已看过")...).wants(t, 422, `value="`+bad[1]+`"`, "已看过")
	}
	contractor.post(path, "accepted", "5", "rejected", "-1", "returned", "x").wants(t, 422, "必须在 0 到", "不是整数")
	contractor.post(path, "accepted", "600", "rejected", "20", "returned", "30", "note", "表面有瑕疵").goes(t, path)
	contractor.get(path).wants(t, 200, "合格 600 件，不合格 20 件，退货 30 件", "表面有瑕疵", "肥城工艺", `value="50"`)
	lead.post(path, "accepted", "50").goes(t, path)
	shown := lead.get(path)
	shown.wants(t, 200, "已验收完")
	shown.lacks(t, "件等待验收")
	lead.post(path, "accepted", "1").wants(t, 409, "王组长 已对这次交货的每一件作了验收")
	lead.get("/deliveries?status=waiting").wants(t, 200, "没有等待验收的交货")
	lead.get("/deliveries?order="+fmt.Sprint(s.Order.ID)).wants(t, 200, "只显示加工单 O1 的交货")
	d, err := piecework.DeliveryByID(s.Ctx, s.DB, list.Items[0].ID)
	s.Must(err)
	if sum := d.Decided(); sum.Accepted != 650 || sum.Rejected != 20 || sum.Returned != 30 || len(d.Acceptances) != 2 {
		t.Errorf("decided %+v in %d sittings", sum, len(d.Acceptances))
	}

	other := s.as("lead2")
	other.get(path).wants(t, 404)
	other.post(path, "accepted", "1").wants(t, 404)
	other.get(order+"/deliveries/new").wants(t, 404)
	other.get("/deliveries?order="+fmt.Sprint(s.Order.ID)).wants(t, 404)
	contractor.get(order+"/deliveries/new").wants(t, 403)
	contractor.post(order+"/deliveries", "code", "X", "date", "2026-10-06", "quantity", "1").wants(t, 403)
	s.as("worker").get(path).wants(t, 403)
}

// TestReadyToDeliver holds that operations done side by side at the end each count, and that returned pieces come again.
func TestReadyToDeliver(t *testing.T) {
	s := newSite(t)
	box := piecework.Operation{ProductID: s.Order.ProductID, Code: "box", Name: "装盒", Seq: s.Glue.Seq}
	s.Must(piecework.SaveOperation(s.Ctx, s.DB, &box))
	s.Count("S1", "A1", "glue", 800)
	s.Count("S1", "A1", "box", 300)
	lead := s.as("lead")
	path := fmt.Sprintf("/orders/%d/deliveries", s.Order.ID)
	lead.get(path+"/new").wants(t, 200, `value="300"`)
	lead.post(path, "code", "D1", "date", "2026-10-06", "quantity", "300")
	lead.get(path+"/new").wants(t, 200, "可交货</span><span class=\"figure\">0<")
	list, err := piecework.Deliveries(s.Ctx, s.DB, piecework.Filter{})
	s.Must(err)
	s.Must(piecework.Accept(s.Ctx, s.DB, &piecework.Acceptance{DeliveryID: list.Items[0].ID, Accepted: 260, Returned: 40}))
	lead.get(path+"/new").wants(t, 200, `value="40"`)
}

// TestBundlesGoAndComeBack: a delivery names bundles, the contractor decides about each, and what he charges back leads to whoever made them.
func TestBundlesGoAndComeBack(t *testing.T) {
	s := newSite(t)
	made, err := piecework.CutTickets(s.Ctx, s.DB, piecework.Cut{OrderID: s.Order.ID, Size: 50, Quantity: 150, By: "test"})
	s.Must(err)
	for i, worker := range []string{"A1", "A2"} {
		for _, op := range []string{"cut", "glue"} {
			s.Record(piecework.NewTally{Session: "S1", Worker: worker, Order: "O1", Operation: op, Ticket: made[i].Code().String(), Counts: piecework.Counts{Good: 48, ScrapMaterial: 2}})
		}
	}
	lead, contractor := s.as("lead"), s.as("contractor")
	order := fmt.Sprintf("/orders/%d", s.Order.ID)
	first, second, third := made[0].Code(), made[1].Code(), made[2].Code()
	post := func(code, bundles string, more ...string) answer {
		return lead.post(order+"/deliveries", append([]string{"code", code, "date", "2026-10-06", "quantity", "999", "bundles", bundles}, more...)...)
	}
	lead.get(order+"/deliveries/new").wants(t, 200, "可交货的有 2 扎", first.String(), second.String())
	post("D1", "Q9 "+first.String()).wants(t, 422, "&#34;Q9&#34; 不是这张加工单的菲票", first.String())
	post("D1", third.String()).wants(t, 422, "第 3 扎在最后一道工序还没有良品")
	post("D1", first.Short()+"\r\n"+first.String()).wants(t, 422, "第 1 扎写了两次")
	post("D1", first.Short(), "bundle", second.String()).goes(t, "/deliveries/1")
	page := contractor.get("/deliveries/1")
	page.wants(t, 200, "96 件等待验收", `name="accepted_1"`, `value="48"`, "#2")
	page.lacks(t, "/tickets/")
	post("D2", second.String()).wants(t, 422, "第 2 扎已经交过")
	lead.get("/tickets/1/tieout").wants(t, 200, "D1", "在加工商处")

	contractor.post("/deliveries/1", "accepted_1", "40", "rejected_1", "9").wants(t, 422, "第 1 扎只有 48 件等待验收", `value="40"`)
	contractor.post("/deliveries/1", "accepted", "90", "returned", "6").wants(t, 422, "请逐扎填写")
	contractor.post("/deliveries/1", "accepted_1", "48", "accepted_2", "38", "returned_2", "10", "note", "粘合不牢").goes(t, "/deliveries/1")
	lead.get("/tickets/2/tieout").wants(t, 200, "平账", "返修中", ">38<", ">10<")
	lead.get("/tickets/1/tieout").lacks(t, "返修中</b>")
	lead.post("/acceptances/1/rework", "quantity", "10", "operation", "glue").goes(t, "/tickets/4")
	rework, err := piecework.TicketByID(s.Ctx, s.DB, 4)
	s.Must(err)
	s.Record(piecework.NewTally{Session: "S1", Worker: "A3", Order: "O1", Operation: "glue", Ticket: rework.Code().String(), Counts: piecework.Counts{Good: 9, ScrapWorkmanship: 1}})
	post("D2", rework.Code().String()).goes(t, "/deliveries/2")
	lead.get("/deliveries/2").wants(t, 200, "9 件等待验收")
	lead.get("/tickets/2/tieout").wants(t, 200, "D1", "D2", "已修好 9，返修中 0，报废 1")

	lead.get(order+"/chargebacks/new?delivery=1").wants(t, 200, `value="1" selected`)
	charge := []string{"amount", "9.00", "date", "2026-10-08", "reason", "粘合不牢", "fault", "workmanship", "bearer", "worker", "operation", "2"}
	lead.post(order+"/chargebacks", append(charge, "delivery", "1", "ticket", third.String())...).wants(t, 422, "第 3 扎不在这次交货里")
	lead.post(order+"/chargebacks", append(charge, "delivery", "1")...).goes(t, "/chargebacks/1")
	shown := lead.get("/chargebacks/1")
	shown.wants(t, 200, "D1", "#2", "S1", "A2") // of the bundles only the second came back
	shown.lacks(t, "A1<", "A3<")
	// Of a third bundle a part leaves, and the rest later; more than is good of it never does.
	for _, op := range []string{"cut", "glue"} {
		s.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: op, Ticket: third.String(), Counts: piecework.Counts{Good: 50}})
	}
	ticked := []string{"bundle", third.String(), "pieces-" + third.String()}
	post("P1", "", append(ticked, "51")...).wants(t, 422, "第 3 扎只有 50 件可以交货", `value="51"`)
	post("P1", "", append(ticked, "20")...).goes(t, "/deliveries/3")
	lead.get("/tickets/3/tieout").wants(t, 200, "P1", ">30<")
	lead.get(order+"/deliveries/new").wants(t, 200, "可交货的有 1 扎", `value="30"`)
	post("P2", third.String()+":31").wants(t, 422, "第 3 扎只有 30 件可以交货")
	post("P2", third.Short()+"：12").goes(t, "/deliveries/4")
	post("P3", third.String()).goes(t, "/deliveries/5")
	post("P4", third.String()).wants(t, 422, "第 3 扎已经交过")
	tie, err := payroll.TieOutTicket(s.Ctx, s.DB, 3)
	s.Must(err)
	if !tie.Ties() || tie.Handed.Delivered != 50 || tie.Of(payroll.GapUndecided) != 50 || len(tie.Deliveries) != 3 {
		t.Errorf("a bundle that left in three parts: %+v", tie)
	}
	post("D3", "", "quantity", "2").goes(t, "/deliveries/6")
	lead.get("/deliveries/6").wants(t, 200, "没有写明扎次")
	lead.post(order+"/chargebacks", append(charge, "delivery", "6")...).wants(t, 422, "这次交货没有写明扎次，无法追溯")
	lead.get("/tickets/1/tieout").wants(t, 200, "有 2 件是在没有写明扎次的交货里交出的")
}
