package payroll_test

import (
	"errors"
	"testing"
	"time"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// timed records a sample of the world's worker number i at cutting.
func timed(w *pieceworktest.World, i int, pieces, minutes int64) *payroll.RateSample {
	w.Helper()
	s := &payroll.RateSample{OperationID: w.Cut.ID, WorkerID: w.Workers[i].ID, SampledOn: "2026-10-05", Pieces: pieces, Minutes: minutes, RecordedBy: "test"}
	w.Must(payroll.AddRateSample(w.Ctx, w.DB, s))
	return s
}

func TestTimedRouting(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.20")
	w.Agree(w.Glue, w.Order, "2026-10-01", "0.25")
	timed(w, 0, 30, 30)
	timed(w, 0, 25, 30)
	timed(w, 1, 7, 10)
	wrong := timed(w, 2, 900, 10)
	w.Must(payroll.WithdrawRateSample(w.Ctx, w.DB, wrong.ID, "王组长"))
	if err := payroll.WithdrawRateSample(w.Ctx, w.DB, wrong.ID, "王组长"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("withdrawn twice: %v", err)
	}
	product, err := piecework.ProductByID(w.Ctx, w.DB, w.Order.ProductID)
	w.Must(err)
	routing, err := payroll.TimedRouting(w.Ctx, w.DB, product, w.Workshop.ID, w.Order.ID, "2026-10-05")
	w.Must(err)
	if len(routing) != 2 || routing[0].Operation.ID != w.Cut.ID || routing[0].HasAgreed || len(routing[0].Paces) != 2 {
		t.Fatalf("routing %+v", routing)
	}
	if first := routing[0].Paces[0]; first.Pieces != 55 || first.Minutes != 60 || first.Samples != 2 || first.Worker.Code != "A1" || first.Speed() != "55.0" {
		t.Errorf("A1's pace is of both samples: %+v", first)
	}
	if glue := routing[1]; len(glue.Paces) != 0 || glue.Agreed.String() != "0.25" {
		t.Errorf("glue pays the order's rate: %+v", glue)
	}
	elsewhere, err := payroll.TimedRouting(w.Ctx, w.DB, product, w.Workshop.ID+1, 0, "2026-10-05")
	w.Must(err)
	if len(elsewhere[0].Paces) != 0 || elsewhere[1].Agreed.String() != "0.20" {
		t.Errorf("another workshop has no samples: %+v", elsewhere)
	}
	list, err := payroll.RateSamples(w.Ctx, w.DB, product.ID, piecework.Filter{WorkshopID: w.Workshop.ID})
	w.Must(err)
	if list.Total != 4 || !list.Items[0].Withdrawn() || list.Items[0].Withdrawal.WithdrawnBy != "王组长" || list.Items[1].Withdrawn() {
		t.Errorf("samples %+v", list)
	}
}

func TestRateSampleIsEvidence(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	s := timed(w, 0, 30, 30)
	w.Must(payroll.WithdrawRateSample(w.Ctx, w.DB, s.ID, "test"))
	for _, change := range []string{"UPDATE rate_samples SET pieces = 60", "DELETE FROM rate_samples",
		"UPDATE rate_sample_withdrawals SET withdrawn_by = ''", "DELETE FROM rate_sample_withdrawals"} {
		if _, err := w.DB.Exec(change); err == nil {
			t.Errorf("%s was not refused", change)
		}
	}
	var invalid *piecework.Invalid
	err := payroll.AddRateSample(w.Ctx, w.DB, &payroll.RateSample{Minutes: payroll.MaxSampleMinutes + 1})
	if !errors.As(err, &invalid) || len(invalid.Fields) != 5 {
		t.Errorf("everything is wrong with it: %v", err)
	}
}

// TestBookSamples finds only sessions where the whole time went into one operation.
func TestBookSamples(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	from := time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)
	attended := func(session int64, worker int, d time.Duration) {
		a := &piecework.Attendance{SessionID: session, WorkerID: w.Workers[worker].ID, CheckIn: piecework.At(from)}
		if d > 0 {
			a.CheckOut = piecework.At(from.Add(d))
		}
		_, err := w.DB.NewInsert().Model(a).Exec(w.Ctx)
		w.Must(err)
	}
	w.Session("S2", "2026-10-06")
	w.Session("S3", "2026-10-07")
	// S1: A1 cuts only, one tally of her struck; A2 also glues; A3 forgot to check out.
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 100, ScrapMaterial: 5, Rework: 9}})
	slip := w.Count("S1", "A1", "glue", 900)
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 900}, Reverses: slip})
	w.Count("S1", "A2", "cut", 100)
	w.Count("S1", "A2", "glue", 100)
	w.Count("S1", "A3", "cut", 100)
	attended(1, 0, 90*time.Minute)
	attended(1, 1, 90*time.Minute)
	attended(1, 2, 0)
	// S2: A1 cuts without being checked in, A2 is checked out two days later, A3 glues only.
	w.Count("S2", "A1", "cut", 100)
	w.Count("S2", "A2", "cut", 100)
	w.Count("S2", "A3", "glue", 100)
	attended(2, 1, 48*time.Hour)
	attended(2, 2, time.Hour)
	// S3 lies outside the period that is asked for at first.
	w.Count("S3", "A2", "cut", 80)
	attended(3, 1, time.Hour)

	found, err := payroll.BookSamples(w.Ctx, w.DB, w.Workshop, w.Cut.ID, "2026-10-05", "2026-10-06")
	w.Must(err)
	if len(found) != 1 || found[0].Worker.Code != "A1" || found[0].Pieces != 105 || found[0].Minutes != 90 || found[0].SampledOn != "2026-10-05" || found[0].Speed() != "70.0" {
		t.Fatalf("found %+v", found)
	}
	take := func(to piecework.Date) int {
		n, err := payroll.TakeBookSamples(w.Ctx, w.DB, w.Workshop, w.Cut.ID, "2026-10-05", to, "test")
		w.Must(err)
		return n
	}
	if a, b, c := take("2026-10-06"), take("2026-10-06"), take("2026-10-07"); a != 1 || b != 0 || c != 1 {
		t.Errorf("each is taken once: %d, %d, %d", a, b, c)
	}
	w.Must(payroll.WithdrawRateSample(w.Ctx, w.DB, 1, "test"))
	if n := take("2026-10-07"); n != 0 {
		t.Errorf("one that was withdrawn came back: %d", n)
	}
}

func TestMinimumHourly(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for _, row := range []struct {
		region string
		day    piecework.Date
		want   string
	}{{"山东二类", "2026-11-23", "22.00"}, {"山东二类", "2025-09-30", "20.00"}, {"山东二类", "2018-05-31", "0.00"}, {"", "2026-11-23", "0.00"}} {
		got, err := payroll.MinimumHourly(w.Ctx, w.DB, row.region, row.day)
		w.Must(err)
		if got.String() != row.want {
			t.Errorf("%q on %s: %s, want %s", row.region, row.day, got, row.want)
		}
	}
}
