package payroll_test

import (
	"fmt"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestChangesShowWhatStandsOut(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-10-01", "1")
	w.Session("S2", "2026-10-20")
	for worker, pieces := range map[string][2]int64{"A1": {100, 210}, "A2": {100, 190}, "A3": {50, 60}} {
		w.Count("S1", worker, "cut", pieces[0])
		w.Count("S2", worker, "cut", pieces[1])
	}
	adjust(w, 2, "2026-10-20", payroll.Advance, "500")
	first := settle(w, "2026-10-01", "2026-10-15")
	w.Must(payroll.Approve(w.Ctx, w.DB, first.ID, "test"))
	second := settle(w, "2026-10-16", "2026-10-30") // as many days
	changes, err := payroll.Changes(w.Ctx, w.DB, second, first)
	w.Must(err)
	if len(changes) != 2 || changes[0].Worker.Code != "A1" || changes[0].Before.String() != "100.00" || changes[0].After.String() != "210.00" ||
		changes[1].Worker.Code != "A3" || !changes[1].ZeroNet {
		t.Fatalf("%+v", changes)
	}
	alone, err := payroll.Changes(w.Ctx, w.DB, second, nil)
	w.Must(err)
	if len(alone) != 1 || alone[0].Worker.Code != "A3" {
		t.Fatalf("without a run before: %+v", alone)
	}
	totals, err := payroll.TotalsOfRuns(w.Ctx, w.DB, []payroll.PayRun{*first, *second})
	w.Must(err)
	for _, run := range []*payroll.PayRun{first, second} {
		if want, err := payroll.TotalsOf(w.Ctx, w.DB, run.ID); err != nil || fmt.Sprint(totals[run.ID]) != fmt.Sprint(want) {
			t.Errorf("run %d: %v, alone %v, %v", run.ID, totals[run.ID], want, err)
		}
	}
}

func TestChangesCompareByTheDay(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-10-01", "1")
	w.Session("S2", "2026-10-20")
	w.Count("S1", "A1", "cut", 100)
	w.Count("S2", "A1", "cut", 250)
	first := settle(w, "2026-10-01", "2026-10-05")
	w.Must(payroll.Approve(w.Ctx, w.DB, first.ID, "test"))
	second := settle(w, "2026-10-06", "2026-10-20") // three times as many days
	changes, err := payroll.Changes(w.Ctx, w.DB, second, first)
	w.Must(err)
	if len(changes) != 0 {
		t.Errorf("%+v", changes)
	}
}

func TestASupplementIsComparedWithNothing(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-10-01", "1")
	w.Session("S2", "2026-10-20")
	w.Session("S3", "2026-11-05")
	previous := func(run *payroll.PayRun) *payroll.PayRun {
		review, err := payroll.ReviewOf(w.Ctx, w.DB, run)
		w.Must(err)
		return review.Previous
	}
	approve := func(run *payroll.PayRun) { w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "test")) }
	w.Count("S1", "A1", "cut", 100)
	first := settle(w, "2026-10-01", "2026-10-15")
	approve(first)
	w.Count("S2", "A1", "cut", 100)
	second := settle(w, "2026-10-16", "2026-10-31")
	if p := previous(second); p == nil || p.ID != first.ID {
		t.Errorf("the second half is compared with %+v", p)
	}
	approve(second)
	w.Count("S2", "A1", "cut", 1)
	supplement := settle(w, "2026-10-16", "2026-10-31")
	if p := previous(supplement); p != nil {
		t.Errorf("the supplement is compared with run %d", p.ID)
	}
	approve(supplement)
	w.Count("S3", "A1", "cut", 100)
	if p := previous(settle(w, "2026-11-01", "2026-11-15")); p == nil || p.ID != second.ID {
		t.Errorf("the half-month after is compared with %+v", p)
	}
}

func TestRunOfTally(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-10-01", "1")
	w.Count("S1", "A1", "cut", 100)
	if run, err := payroll.RunOfTally(w.Ctx, w.DB, 1); err != nil || run != nil {
		t.Fatalf("before: %v, %v", run, err)
	}
	settled := settle(w, "2026-10-01", "2026-10-05")
	if run, err := payroll.RunOfTally(w.Ctx, w.DB, 1); err != nil || run == nil || run.ID != settled.ID {
		t.Fatalf("after: %v, %v", run, err)
	}
}

func TestOutliersStandFarAboveTheMiddle(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "1")
	for i := range 4 {
		worker := piecework.Worker{Code: fmt.Sprintf("B%d", i), Name: "李秀兰", WorkshopID: w.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
		w.Must(piecework.SaveWorker(w.Ctx, w.DB, &worker))
	}
	for worker, good := range map[string]int64{"A1": 10, "A2": 20, "A3": 60, "B0": 61} {
		w.Count("S1", worker, "glue", good)
	}
	outliers := func() string {
		t.Helper()
		run := settle(w, "2026-10-01", "2026-10-31")
		list, middle, err := payroll.Outliers(w.Ctx, w.DB, run.ID)
		w.Must(err)
		var b strings.Builder
		for _, s := range list {
			fmt.Fprintf(&b, "%s %s ", s.Worker.Code, s.Gross)
		}
		return b.String() + "beside " + middle.String()
	}
	if got := outliers(); got != "beside 0.00" {
		t.Errorf("of four slips: %s", got)
	}
	w.Count("S1", "B1", "glue", 5)
	if got := outliers(); got != "B0 61.00 beside 20.00" {
		t.Errorf("of five slips: %s", got)
	}
	review, err := payroll.ReviewOf(w.Ctx, w.DB, settle(w, "2026-10-01", "2026-10-31"))
	w.Must(err)
	if len(review.Outliers) != 1 || review.Nothing() {
		t.Errorf("the review has %d outliers", len(review.Outliers))
	}
}
