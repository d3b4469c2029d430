package payroll_test

import (
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// TestToday lays out one thing of each kind beside one that must not show.
func TestToday(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	const day = piecework.Date("2026-11-10")
	today := func() *payroll.Today {
		found, err := payroll.TodayOf(w.Ctx, w.DB, w.Workshop.ID, day)
		w.Must(err)
		return found
	}
	session, err := piecework.Sessions(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	w.Must(piecework.CloseSession(w.Ctx, w.DB, session.Items[0].ID, "test"))
	if found := today(); !found.Nothing() {
		t.Errorf("in an idle workshop waits %+v", found)
	}

	w.Agree(w.Cut, nil, "2026-10-01", "0.35")
	w.Session("S2", "2026-10-20")
	w.Count("S2", "A1", "cut", 10)
	october := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "test"))
	w.Count("S2", "A2", "cut", 20) // after the settlement
	struck := w.Count("S2", "A2", "cut", 30)
	w.Record(piecework.NewTally{Session: "S2", Worker: "A2", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 30}, Reverses: struck})
	adjust(w, 0, "2026-10-31", payroll.Bonus, "5")
	adjust(w, 1, "2026-11-05", payroll.Bonus, "5") // its days are not settled yet
	w.Session("S3", "2026-11-04")
	w.Count("S3", "A1", "cut", 40) // waits for its settlement, as it should
	w.Count("S3", "A1", "glue", 50)
	w.Count("S3", "A2", "glue", 60)
	for code, due := range map[string]piecework.Date{"LATE": "2026-11-01", "SOON": "2026-11-17", "FAR": "2026-11-18"} {
		o := *w.Order
		o.ID, o.Code, o.DueOn = 0, code, due
		w.Must(piecework.SaveOrder(w.Ctx, w.DB, &o))
	}
	done := *w.Order
	done.ID, done.Code, done.Quantity, done.DueOn = 0, "DONE", 10, "2026-11-02" // late, but the contractor has it all
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, &done))
	whole := &piecework.Delivery{Code: "D0", OrderID: done.ID, DeliveredOn: "2026-11-01", Quantity: 10}
	w.Must(piecework.Deliver(w.Ctx, w.DB, whole))
	w.Must(piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: whole.ID, Accepted: 10}))
	delivery := &piecework.Delivery{Code: "D1", OrderID: w.Order.ID, DeliveredOn: "2026-11-09", Quantity: 100}
	w.Must(piecework.Deliver(w.Ctx, w.DB, delivery))

	found := today()
	if found.Sessions.Total != 2 || found.Past != 2 || found.Deliveries.Total != 1 || found.Drafts.Total != 0 {
		t.Errorf("%d sessions, %d deliveries, %d drafts", found.Sessions.Total, found.Deliveries.Total, found.Drafts.Total)
	}
	if len(found.Due) != 2 || found.Due[0].Code != "LATE" || !found.Due[0].Overdue(day) || found.Due[1].Overdue(day) || found.Due[1].Product.Name != "绢花" {
		t.Errorf("due: %+v", found.Due)
	}
	if len(found.WithoutRate) != 1 || found.WithoutRate[0].Tallies != 2 || found.WithoutRate[0].Operation.Code != "glue" || found.WithoutRate[0].Order.Code != "O1" || found.WithoutRate[0].Day != "2026-11-04" {
		t.Errorf("without a rate: %+v", found.WithoutRate)
	}
	if len(found.Left) != 1 || found.Left[0].Tallies != 1 || found.Left[0].Adjustments != 1 || found.Left[0].From != "2026-10-20" || found.Left[0].To != "2026-10-31" {
		t.Errorf("left: %+v", found.Left)
	}

	settle(w, "2026-10-01", "2026-10-31")
	w.Agree(w.Glue, nil, "2026-11-01", "0.20")
	w.Must(piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: delivery.ID, Accepted: 100}))
	if found = today(); found.Drafts.Total != 1 || len(found.Left) != 0 || len(found.WithoutRate) != 0 || found.Deliveries.Total != 0 {
		t.Errorf("after doing it: %+v", found)
	}
	if other, err := payroll.TodayOf(w.Ctx, w.DB, w.Workshop.ID+1, day); err != nil || !other.Nothing() {
		t.Errorf("another workshop is told %+v, %v", other, err)
	}
	if all, err := payroll.TodayOf(w.Ctx, w.DB, 0, day); err != nil || all.Drafts.Total != 1 || all.Sessions.Total != 2 {
		t.Errorf("all workshops: %+v, %v", all, err)
	}
}
