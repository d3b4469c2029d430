package piecework_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestWhichRateApplies(t *testing.T) {
	rate := func(order int64, from piecework.Date, millionths int64) piecework.PieceRate {
		return piecework.PieceRate{OperationID: 1, OrderID: order, EffectiveFrom: from, Rate: piecework.Millionths(millionths)}
	}
	rates := []piecework.PieceRate{
		rate(0, "2026-10-01", 10), rate(0, "2026-10-16", 11), rate(0, "2026-11-01", 12),
		rate(7, "2026-10-05", 70), rate(7, "2026-10-20", 71),
		rate(8, "2026-12-01", 80), rate(9, "2026-10-01", 0),
		{OperationID: 2, EffectiveFrom: "2026-09-01", Rate: piecework.Millionths(20)},
	}
	for range len(rates) {
		rates = append(rates[1:], rates[0]) // the order in which they were read must not matter
		book := piecework.NewRateBook(rates)
		for _, c := range []struct {
			name             string
			order, operation int64
			day              piecework.Date
			want             int64 // −1: none
		}{
			{"before the first", 1, 1, "2026-09-30", -1},
			{"on the first day", 1, 1, "2026-10-01", 10},
			{"the day before a change", 1, 1, "2026-10-15", 10},
			{"the day of a change", 1, 1, "2026-10-16", 11},
			{"long after the last", 1, 1, "2027-10-16", 12},
			{"the order's rate is not yet in force", 7, 1, "2026-10-04", 10},
			{"the order beats the product", 7, 1, "2026-10-05", 70},
			{"even when the product's rate is newer", 7, 1, "2026-10-19", 70},
			{"the order's own change", 7, 1, "2026-10-20", 71},
			{"and still when the product has changed again", 7, 1, "2026-11-02", 71},
			{"an order's rate in the future", 8, 1, "2026-11-30", 12},
			{"a rate of zero is a rate", 9, 1, "2026-11-30", 0},
			{"another operation", 7, 2, "2026-10-20", 20},
			{"no such operation", 7, 3, "2026-10-20", -1},
			{"another order's rate never applies", 6, 1, "2026-09-30", -1},
		} {
			got, ok := book.On(c.order, c.operation, c.day)
			if ok != (c.want >= 0) || ok && got.Millionths() != c.want {
				t.Errorf("%s: %s, %t, want %d millionths", c.name, got, ok, c.want)
			}
		}
	}
	if _, ok := piecework.NewRateBook(nil).On(1, 1, "2026-10-01"); ok {
		t.Error("an empty book has a rate")
	}
}

func TestARateIsAgreedOnceForADay(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	other := &piecework.Product{Code: "P2", Name: "耳环", Craft: "earring"}
	w.Must(piecework.SaveProduct(w.Ctx, w.DB, other))
	foreign := *w.Order
	foreign.ID, foreign.Code, foreign.ProductID = 0, "O2", other.ID
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, &foreign))
	w.Agree(w.Glue, nil, "2026-10-01", "0.123456")
	w.Agree(w.Glue, w.Order, "2026-10-01", "0.35") // one for the order beside the one for all
	w.Agree(w.Cut, nil, "2026-10-01", "0")
	for name, r := range map[string]piecework.PieceRate{
		"the same day":           {OperationID: w.Glue.ID, EffectiveFrom: "2026-10-01", Rate: pieceworktest.Rate(t, "0.36")},
		"the same day and order": {OperationID: w.Glue.ID, OrderID: w.Order.ID, EffectiveFrom: "2026-10-01"},
		"no day":                 {OperationID: w.Glue.ID},
		"no operation":           {EffectiveFrom: "2026-10-02"},
		"another product":        {OperationID: w.Glue.ID, OrderID: foreign.ID, EffectiveFrom: "2026-10-02"},
	} {
		if err := piecework.AddRate(w.Ctx, w.DB, &r); !errors.Is(err, piecework.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	gone, cancel := context.WithCancel(w.Ctx)
	cancel()
	if err := piecework.CheckRate(gone, w.DB, &piecework.PieceRate{OperationID: w.Glue.ID, EffectiveFrom: "2026-10-02"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a database that does not answer is told as %v", err)
	}
	book, err := piecework.LoadRates(w.Ctx, w.DB, w.Workshop.ID)
	w.Must(err)
	var got []string
	for _, order := range []int64{w.Order.ID, foreign.ID} {
		r, ok := book.On(order, w.Glue.ID, "2026-10-01")
		if got = append(got, r.String()); !ok {
			t.Errorf("order %d has no rate", order)
		}
	}
	if !slices.Equal(got, []string{"0.35", "0.123456"}) {
		t.Errorf("rates from the database: %v", got)
	}
}
