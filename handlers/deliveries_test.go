package handlers_test

import (
	"fmt"
	"testing"

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
