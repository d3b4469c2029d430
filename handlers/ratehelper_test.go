package handlers_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"jijian/payroll"
	"jijian/payroll/demo"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
	"jijian/templates/browsertest"
)

// goal is an address of the rate helper.
func goal(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/rates/helper?" + q.Encode()
}

// TestRateHelper times two operations, reads the proposals and agrees one of them.
func TestRateHelper(t *testing.T) {
	s := newSite(t)
	s.Workshop.WageRegion = "山东二类"
	s.Must(piecework.SaveWorkshop(s.Ctx, s.DB, s.Workshop))
	b := s.as("lead")
	b.get("/rates").wants(t, 200, "/rates/helper")
	b.get("/rates/helper").wants(t, 200, "定价助手", `name="product"`)
	b.get(goal("product", "1")).wants(t, 200, "填上加工费和时薪", "还没有样本", `value="22.00"`) // the minimum wage is suggested

	at := fmt.Sprint(s.Order.ID)
	sample := func(operation, worker int64, pieces string) {
		t.Helper()
		a := b.post("/rates/samples", "order", at, "wage", "24", "margin", "20", "operation", fmt.Sprint(operation), "worker", fmt.Sprint(worker),
			"pieces", pieces, "minutes", "60", "date", "2026-10-05")
		if a.status != 303 || a.location != goal("margin", "20", "order", at, "wage", "24") {
			t.Fatalf("a sample was not taken: %d %s %.500s", a.status, a.location, a.body)
		}
	}
	for i, pieces := range []string{"60", "80", "100"} {
		sample(s.Cut.ID, s.Workers[i].ID, pieces)
	}
	sample(s.Glue.ID, s.Workers[0].ID, "70")
	// The fee is 0.90. Cutting: 24 / 80 = 0.30, gluing: 24 / 70 → 0.3429. 0.2571 remain, 28.56 %, and of 5,000 pieces 1,285.50.
	a := b.get(goal("order", at, "wage", "24", "margin", "20"))
	a.wants(t, 200, "两者都做到", "¥0.6429", "¥0.2571", "28.56%", "¥1285.50", "¥0.3429", "有 1 人在一道或几道工序上每小时不到 ¥24.00", "¥18.00", "低于最低工资", "¥30.00",
		"/rates/new?operation=1&amp;order="+at+"&amp;rate=0.30")
	// At 30 % only 0.63 are left: 23.52 an hour takes 0.2940 + 0.3360, or the fee must be 0.6429 / 0.7 = 0.9185.
	b.get(goal("order", at, "wage", "24", "margin", "30")).wants(t, 200, "两者不可兼得", "¥0.63", "¥0.0129", "¥23.52", "¥0.9185", "wage=23.52", "fee=0.9185")
	b.get(goal("order", at, "wage", "23.52", "margin", "30")).wants(t, 200, "两者都做到")
	b.get(goal("order", at, "wage", "24", "margin", "30", "fee", "0.9185")).wants(t, 200, "两者都做到", "¥0.9185")
	b.get(goal("order", at, "wage", "24", "factor", "1.2", "decimals", "2")).wants(t, 200, "¥0.36", "¥0.42") // 28.80 / 70 = 0.4114…

	b.get(goal("order", at, "wage", "19")).wants(t, 200, "所要的时薪 ¥19.00 低于最低工资 ¥22.00", "不到 ¥22.00")

	b.get("/rates/new?operation=1&order="+at+"&rate=0.30").wants(t, 200, `value="0.30"`)

	b.get(goal("order", at, "wage", "24"))
	if a = b.post("/rates/samples/1/withdraw", "order", at); a.status != 303 || a.location != goal("order", at) {
		t.Errorf("withdraw: %d %s", a.status, a.location)
	}
	b.get(goal("order", at, "wage", "24")).wants(t, 200, "由 王组长 撤回", "¥0.2667") // 24 / 90
	if a = b.post("/rates/samples/1/withdraw"); a.status != 409 {
		t.Errorf("withdrawn twice: %d", a.status)
	}
}

// TestRateHelperWrong asks the impossible, and for what is not hers.
func TestRateHelperWrong(t *testing.T) {
	s := newSite(t)
	s.Agree(s.Glue, nil, "2026-10-01", "0.35")
	at := fmt.Sprint(s.Order.ID)
	sample := &payroll.RateSample{OperationID: s.Cut.ID, WorkerID: s.Workers[0].ID, SampledOn: "2026-10-05", Pieces: 80, Minutes: 60, RecordedBy: "test"}
	s.Must(payroll.AddRateSample(s.Ctx, s.DB, sample))
	b := s.as("lead")
	b.get(goal("order", at, "wage", "-3", "margin", "100", "factor", "x", "decimals", "9", "fee", "1,5")).wants(t, 422, "wage", "margin", "factor", "decimals", "fee", "1,5")
	b.get(goal("order", at, "wage", "24", "margin", "90")).wants(t, 200, "单是现行工价就已超出") // 0.35 > 0.09
	b.get(goal("order", at, "books", "99", "from", "gestern", "to", "")).wants(t, 422, "gestern")
	b.get(goal("product", "77")).wants(t, 422, "e-product")
	b.post("/rates/samples", "order", at, "wage", "24", "pieces", "0", "minutes", "1441", "date", "gestern", "worker", "", "operation", "77").
		wants(t, 422, "gestern", "1,440", "e-operation", "e-worker", "e-pieces", "¥0.30") // what was worked out is still there

	for _, user := range []string{"worker", "contractor"} {
		who := s.as(user)
		who.get("/rates/helper").wants(t, 403)
		for _, path := range []string{"/rates/samples", "/rates/samples/books", "/rates/samples/1/withdraw"} {
			who.post(path).wants(t, 403)
		}
	}
	other := s.as("lead2")
	other.get(goal("order", at, "wage", "24")).wants(t, 422)
	other.get(goal("product", "1", "fee", "0.9", "wage", "24")).wants(t, 200, "还没有样本")
	other.post("/rates/samples/1/withdraw").wants(t, 404)
	other.post("/rates/samples", "operation", fmt.Sprint(s.Cut.ID), "worker", fmt.Sprint(s.Workers[0].ID), "pieces", "9", "minutes", "9", "date", "2026-10-05").wants(t, 422)
	other.post("/rates/samples/books", "order", at, "books", fmt.Sprint(s.Cut.ID), "from", "2026-10-01", "to", "2026-10-31").wants(t, 422)
}

// TestRateHelperBooks takes a sample from a session that went into one operation.
func TestRateHelperBooks(t *testing.T) {
	s := newSite(t)
	at, cut := fmt.Sprint(s.Order.ID), fmt.Sprint(s.Cut.ID)
	s.Count("S1", "A2", "cut", 90)
	day := time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)
	_, err := s.DB.NewInsert().Model(&piecework.Attendance{SessionID: 1, WorkerID: s.Workers[1].ID, CheckIn: piecework.At(day), CheckOut: piecework.At(day.Add(2 * time.Hour))}).Exec(s.Ctx)
	s.Must(err)
	look := []string{"order", at, "wage", "24", "books", cut, "from", "2026-10-01", "to", "2026-10-31"}
	for _, user := range []string{"lead", "bookkeeper"} {
		s.as(user).get(goal(look...)).wants(t, 200, "45.0", "把这 1 个取为样本")
	}
	b := s.as("bookkeeper")
	b.get(goal(look...))
	b.post("/rates/samples/books", "product", "1", "books", cut).wants(t, 422, "请选加工单") // of which workshop?
	b.post("/rates/samples/books", "order", at).wants(t, 422, "请选择工序")
	if a := b.post("/rates/samples/books", look...); a.status != 303 || a.location != goal("order", at, "product", "1", "wage", "24") {
		t.Fatalf("take: %d %s %.400s", a.status, a.location, a.body)
	}
	b.get(goal("order", at, "wage", "24")).wants(t, 200, "已从账上取为样本：1 个", "取自账上", "¥0.5334", "孙会计") // 24 / 45
	b.get(goal(look...)).wants(t, 200, "没有尚未取过的样本")
}

// TestLookRateHelper looks at the rate helper with the data of a month.
func TestLookRateHelper(t *testing.T) {
	t.Parallel()
	db, origin := demoSite(t)
	w := &pieceworktest.World{TB: t, Ctx: t.Context(), DB: db}
	orders, err := piecework.Orders(w.Ctx, db, piecework.Filter{WorkshopID: 1, Status: "open", Query: "ROSE"})
	w.Must(err)
	order, err := piecework.OrderByID(w.Ctx, db, orders.Items[0].ID)
	w.Must(err)
	at, operation := fmt.Sprint(order.ID), fmt.Sprint(order.Product.Operations[0].ID)
	today := piecework.DateOf(time.Now())
	forms := map[string]sent{"rate-helper-wrong": {"/rates/samples", []string{"order", at, "wage", "20", "pieces", "viele", "minutes", "0"}}}
	web := mirror(t, db, origin, "lead", forms)
	window := browsertest.Open(t)
	browserAs(t, window, web, "lead", demo.Password)
	lookAt(t, window, web, map[string]string{
		"rate-helper-first": "/rates/helper",
		"rate-helper-short": goal("order", at, "wage", "24", "margin", "45"),
		"rate-helper-books": goal("order", at, "books", operation, "from", string(today.AddDays(-60)), "to", string(today)),
		"rate-helper-empty": goal("product", "2"), "rate-helper-wrong": "/sent/rate-helper-wrong",
	})
}
