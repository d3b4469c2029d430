package handlers_test

import (
	"fmt"
	"testing"

	"jijian/piecework"
)

// TestMaterialsOfAnOrder takes material in, gives it out, counts it, and charges what one worker lost beyond the rate.
func TestMaterialsOfAnOrder(t *testing.T) {
	s := newSite(t)
	lead := s.as("lead")
	lead.get("/orders/1/materials").wants(t, 200, "还没有登记用料")
	lead.post("/orders/1", "quantity", "5000", "unit_fee", "0.9", "loss_allowed", "1", "loss_borne_by", "worker").goes(t, "/orders/1")
	needs := "/orders/1/materials/needs"
	lead.post(needs, "new_name", "绢布", "unit", "", "per_piece", "0.25").wants(t, 422, `value="绢布"`)
	lead.post(needs, "new_name", "绢布", "unit", "m", "per_piece", "0,25").wants(t, 422, `value="0,25"`)
	lead.post(needs, "new_name", "绢布", "unit", "m", "per_piece", "0.25", "operation", fmt.Sprint(s.Cut.ID), "unit_cost", "12.5").goes(t, "/orders/1/materials")
	th := &piecework.TakeHome{WorkerID: s.Workers[1].ID, OrderID: s.Order.ID, OperationID: s.Cut.ID, Quantity: 100, OutOn: "2026-10-05", GivenBy: "test"}
	s.Must(piecework.GiveOut(s.Ctx, s.DB, th))
	path := "/orders/1/materials"
	move := func(pairs ...string) answer {
		return lead.post(path, append([]string{"material", "1", "date", "2026-10-05"}, pairs...)...)
	}
	move("kind", "issue", "quantity", "30", "to", "h1").wants(t, 422, "账上屋里只有 0 m")
	move("kind", "receipt", "quantity", "1250.5", "document", "SH-0917").goes(t, path)
	lead.get(path).wants(t, 200, "SH-0917", "1250.5", "收料", "王秀英带回家：100 件 × 剪瓣")
	move("kind", "issue", "quantity", "30", "to", "x7").wants(t, 422, "请选择一个场次")
	move("kind", "issue", "quantity", "30", "to", "h1").goes(t, path)
	move("kind", "issue", "quantity", "5", "to", "s1", "worker", fmt.Sprint(s.Workers[0].ID)).goes(t, path)
	_, err := piecework.BringBack(s.Ctx, s.DB, piecework.Actor{Name: "test"}, piecework.HandIn{TakeHomeID: th.ID, UID: "h", Session: "S1", Counts: piecework.Counts{Good: 100}})
	s.Must(err)
	lead.get(path).wants(t, 200, "短少", "超出 4.75", "还没扣", "¥59.38") // 30 − 25 − 0.25 at 12.50
	lead.get("/orders/1").wants(t, 200, "超出 4.75", "1220.5")
	lead.post(path+"/charge").wants(t, 403)
	books := s.as("bookkeeper")
	books.post(path+"/charge").goes(t, path)
	books.get(path).wants(t, 200, "已向 1 位工人扣款", "已扣")
	books.post(path+"/charge").wants(t, 409, "没有可扣的")
	books.get("/adjustments").wants(t, 200, "O1 绢布", "59.38")
	move("kind", "count", "quantity", "1218").goes(t, path)
	lead.get(path).wants(t, 200, "盘点", "-2.5")
	lead.post(path+"/4/strike", "reason", "数错了").goes(t, path)
	lead.get(path).wants(t, 200, "数错了", "已冲销")
	s.as("contractor").get("/orders/1").wants(t, 200, "绢布", "1250.5")
	lead.get("/products/1/materials").wants(t, 200, "还没有登记用料")
	lead.post("/products/1/materials", "material", "1", "per_piece", "0.3", "supplied", "own").goes(t, "/products/1/materials")
	lead.get("/products/1/materials").wants(t, 200, "0.3", ">微工厂</td>")
}
