package piecework_test

import (
	"fmt"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestHandedOver(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for i, quantity := range []int64{300, 200} {
		d := &piecework.Delivery{Code: fmt.Sprintf("D%d", i), OrderID: w.Order.ID, DeliveredOn: "2026-10-06", Quantity: quantity, RecordedBy: "test"}
		w.Must(piecework.Deliver(w.Ctx, w.DB, d))
		for range 2 {
			w.Must(piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: d.ID, Accepted: 80, Rejected: 7, Returned: 3, RecordedBy: "test"}))
		}
	}
	sums, err := piecework.HandedOver(w.Ctx, w.DB, w.Order.ID, 999)
	w.Must(err)
	got, want := sums[w.Order.ID], piecework.Handed{OrderID: w.Order.ID, Delivered: 500, Accepted: 320, Rejected: 28, Returned: 12}
	if len(sums) != 1 || got != want || got.Waiting() != 140 {
		t.Errorf("handed over %+v, %d waiting; want only %+v, 140 waiting", sums, got.Waiting(), want)
	}
	if sums, err := piecework.HandedOver(w.Ctx, w.DB); err != nil || len(sums) != 0 {
		t.Errorf("no orders: %v, %v", sums, err)
	}
}

func TestOrderedElsewhere(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for workshop, want := range map[int64]bool{w.Workshop.ID: false, w.Workshop.ID + 1: true} {
		if got, err := piecework.OrderedElsewhere(w.Ctx, w.DB, w.Order.ProductID, workshop); err != nil || got != want {
			t.Errorf("elsewhere than workshop %d: %v, %v; want %v", workshop, got, err, want)
		}
	}
}

func TestRatesInForce(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Agree(w.Glue, nil, "2026-10-16", "0.36")
	w.Agree(w.Glue, nil, "2026-11-01", "0.37")
	w.Agree(w.Glue, w.Order, "2026-10-05", "0.5")
	w.Agree(w.Cut, nil, "2026-10-20", "0.1")
	list, err := piecework.Rates(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	for day, want := range map[piecework.Date]string{"2026-09-30": "", "2026-10-16": "0.36 0.50 ", "2026-12-01": "0.10 0.37 0.50 "} {
		in, err := piecework.RatesInForce(w.Ctx, w.DB, list.Items, day)
		w.Must(err)
		got := ""
		for _, r := range list.Items {
			if in[r.ID] {
				got += r.Rate.String() + " "
			}
		}
		if got != want {
			t.Errorf("in force on %s: %q, want %q", day, got, want)
		}
	}
	mine, err := piecework.Rates(w.Ctx, w.DB, piecework.Filter{WorkshopID: w.Workshop.ID})
	w.Must(err)
	theirs, err := piecework.Rates(w.Ctx, w.DB, piecework.Filter{WorkshopID: w.Workshop.ID + 1})
	w.Must(err)
	if mine.Total != 5 || theirs.Total != 4 {
		t.Errorf("%d rates for the workshop of the order, %d for another; want 5 and 4", mine.Total, theirs.Total)
	}
}
