package handlers_test

import (
	"bytes"
	"fmt"
	"image/png"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"jijian/piecework"
)

// sends a form with a file.
func (b *browser) sends(path, field, file string, pairs ...string) answer {
	b.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		b.Must(w.WriteField(pairs[i], pairs[i+1]))
	}
	b.Must(w.WriteField("csrf", b.csrf))
	part, err := w.CreateFormFile(field, "../../etc/passwd")
	b.Must(err)
	_, err = part.Write([]byte(file))
	b.Must(err)
	b.Must(w.Close())
	return b.do("POST", path, w.FormDataContentType(), body.String())
}

func TestAnOrderInFull(t *testing.T) {
	s := newSite(t)
	lead := s.as("lead")
	fields := []string{"code", "Q7", "contractor", fmt.Sprint(s.Order.ContractorID), "product", fmt.Sprint(s.Order.ProductID), "quantity", "300", "unit_fee", "0.085",
		"ordered_on", "2026-10-02", "quote", "1", "loss_allowed", "2.5", "loss_borne_by", "worker", "note", "先做样", "size_1", "S", "colour_1", "朱红", "pieces_1", "100",
		"size_2", "M", "colour_2", "朱红", "pieces_2", "150"}
	lead.get("/orders/new").wants(t, 200, "pieces_8", "只是报价")
	lead.post("/orders", fields...).wants(t, 422, "合计 250 件，但订单是 300 件", `value="朱红"`)
	lead.post("/orders", append(fields, "pieces_2", "200")...).goes(t, "/orders/2")
	lead.get("/orders/2").wants(t, 200, "已录入报价单", "接单之前不能计件", `action="/orders/2/accept"`, "2.5 %", "不超过扣款上限", "先做样", "朱红")
	lead.get("/orders?status=quoted").wants(t, 200, "Q7")
	lead.post("/orders/2/accept").goes(t, "/orders/2")
	lead.get("/orders/2").wants(t, 200, "未开工", "已接单，还没有计件", "王组长")
	lead.post("/orders/2/accept").wants(t, 409, "已不是报价")

	lead.get("/orders/2/fees").wants(t, 200, "¥0.085", "还没有验收合格")
	lead.post("/orders/2/fees", "effective_from", "2026-10-20", "unit_fee", "0.09", "above_1", "100", "fee_1", "x").wants(t, 422, `value="x"`)
	lead.post("/orders/2/fees", "effective_from", "2026-10-20", "unit_fee", "0.09", "above_1", "100", "fee_1", "0.08").goes(t, "/orders/2/fees")
	lead.get("/orders/2").wants(t, 200, "¥0.09", "超过 100 件的部分")
	d := &piecework.Delivery{Code: "D1", OrderID: 2, DeliveredOn: "2026-10-21", Quantity: 150, RecordedBy: "test"}
	s.Must(piecework.Deliver(s.Ctx, s.DB, d))
	s.Must(piecework.Accept(s.Ctx, s.DB, &piecework.Acceptance{DeliveryID: d.ID, Accepted: 150, RecordedBy: "test"}))
	lead.get("/orders/2/fees").wants(t, 200, "¥13.00") // 100 × 0.09 + 50 × 0.08

	var file bytes.Buffer
	s.Must(png.Encode(&file, picture(t, 64, "")))
	lead.get("/orders/2/photos").wants(t, 200, "还没有照片")
	lead.sends("/orders/2/photos", "photo", "GIF89a", "caption", "封样").wants(t, 422, "不是 JPEG 或 PNG 图片", `value="封样"`)
	lead.sends("/orders/2/photos", "photo", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00").wants(t, 422, "兼容性最佳")
	lead.sends("/orders/2/photos", "photo", "").wants(t, 422, "请选择照片")
	lead.sends("/orders/2/photos", "photo", file.String(), "caption", "封样", "sample", "1").goes(t, "/orders/2/photos")
	lead.get("/orders/2/photos").wants(t, 200, "封样", "/photos/1")
	theirs := s.as("contractor")
	theirs.get("/orders/2").wants(t, 200, "/photos/1")
	a := theirs.get("/photos/1")
	if a.status != 200 || a.header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(a.body, "\xFF\xD8") || !strings.HasPrefix(a.header.Get("Cache-Control"), "private") {
		t.Errorf("the photo: %d %v", a.status, a.header)
	}
	theirs.header.Set("If-None-Match", a.header.Get("ETag"))
	theirs.get("/photos/1").wants(t, 304)
	s.as("lead2").get("/photos/1").wants(t, 404)
	s.as("worker").get("/photos/1").wants(t, 404)
	lead.post("/orders/2/photos/1/remove").goes(t, "/orders/2/photos")
	lead.get("/orders/2").lacks(t, "/photos/1")

	lead.get("/orders/new?again=2").wants(t, 200, "照 Q7 再来一单", `value="朱红"`, `value="200"`, `value="2.5"`, `name="again" value="2"`)
	lead.get("/orders/new?again=99").wants(t, 404)
	lead.post("/orders", append(fields, "code", "Q8", "pieces_2", "200", "again", "2", "quote", "")...).goes(t, "/orders/3")
	lead.get("/orders/3").wants(t, 200, "返单自", "/orders/2")
	lead.post("/orders/3/fees", "above_1", "100", "fee_1", "0.08", "tier_mode", "half").wants(t, 422, "请选择")
	lead.post("/orders/3/fees", "above_1", "100", "fee_1", "0.08", "tier_mode", "whole").goes(t, "/orders/3/fees")
	for i, n := range []int64{90, 60} {
		d := &piecework.Delivery{Code: fmt.Sprintf("E%d", i), OrderID: 3, DeliveredOn: "2026-10-21", Quantity: n, RecordedBy: "test"}
		s.Must(piecework.Deliver(s.Ctx, s.DB, d))
		s.Must(piecework.Accept(s.Ctx, s.DB, &piecework.Acceptance{DeliveryID: d.ID, Accepted: n, RecordedBy: "test"}))
	}
	// 90 × 0.085 + 60 × 0.08 − 90 × 0.005
	lead.get("/orders/3/fees").wants(t, 200, "全部都按这个价", "前面件数补差", "−90", "¥12.00")
	lead.post("/orders/2/close").wants(t, 409, "还没有结清")
	lead.post("/orders/2/end", "reason", "客户停产").goes(t, "/orders/2")
	lead.get("/orders/2").wants(t, 200, "比订单少 150 件", "客户停产", "双方确认的对账单上")
}

// TestWhatOrdersEarn: the office sees margins, by contractor; the contractor sees his orders and when they will be finished.
func TestWhatOrdersEarn(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Cut, nil, "2026-10-01", "0.1")
	today := piecework.DateOf(time.Now().In(time.FixedZone("", 8*3600)))
	s.Session("NOW", today)
	s.Record(piecework.NewTally{Session: "NOW", Worker: "A1", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 3000}})
	s.Record(piecework.NewTally{Session: "NOW", Worker: "A2", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 2000}})
	lead := s.as("lead")
	// 2,000 × 0.90 − 3,000 × 0.10; half of the 10,000 operations are done, and the rest takes a day.
	lead.get("/orders/1").wants(t, 200, "这张单的盈亏", "¥1800.00", "−¥300.00", "¥1500.00", "2,000 件还没有工价", "1 道工序没有工价")
	lead.get("/margins").wants(t, 200, "肥城工艺", "O1", "¥1500.00")
	lead.get("/margins?q=zzz").wants(t, 200, "没有符合的加工单")
	s.as("bookkeeper").get("/margins?contractor=1").wants(t, 200, "肥城工艺各单盈亏", "¥1500.00")
	s.as("lead2").get("/margins").wants(t, 200, "没有符合的加工单")
	theirs := s.as("contractor")
	theirs.get("/margins").wants(t, 403)
	for _, path := range []string{"/orders", "/orders/1", fmt.Sprintf("/contractors/%d/account", s.Order.ContractorID)} {
		page := theirs.get(path)
		page.wants(t, 200, "绢花", "做完")
		page.lacks(t, "盈亏", "300.00", "1500.00")
	}
}
