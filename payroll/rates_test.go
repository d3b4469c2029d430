package payroll_test

import (
	"errors"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestARateIsPreviewedBeforeItIsAgreed(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Count("S1", "A1", "glue", 100)
	paid := settle(w, "2026-10-01", "2026-10-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, paid.ID, "other"))
	w.Session("S2", "2026-11-03")
	w.Count("S2", "A1", "glue", 100)
	w.Count("S2", "A1", "cut", 50)
	w.Count("S2", "A2", "glue", 10)
	draft := settle(w, "2026-11-01", "2026-11-30")
	change := piecework.PieceRate{OperationID: w.Glue.ID, EffectiveFrom: "2026-10-02", Rate: pieceworktest.Rate(t, "0.5")}
	p, err := payroll.PreviewRate(w.Ctx, w.DB, change)
	w.Must(err)
	if p.Locked != 1 || len(p.Effects) != 2 {
		t.Fatalf("preview %+v, want one locked tally and two workers", p)
	}
	if e := p.Effects[0]; e.Worker.Code != "A1" || e.Pieces != 100 || e.Before.String() != "35.00" || e.After.String() != "50.00" || e.Waiting {
		t.Errorf("effect on A1: %+v", e)
	}
	change.OperationID = w.Cut.ID
	if p, err = payroll.PreviewRate(w.Ctx, w.DB, change); err != nil || len(p.Effects) != 1 || !p.Effects[0].Waiting || p.Effects[0].After.String() != "25.00" {
		t.Errorf("preview of the first rate: %+v, %v", p, err)
	}

	w.Agree(w.Glue, nil, "2026-11-01", "0.5")
	review, err := payroll.ReviewOf(w.Ctx, w.DB, draft)
	w.Must(err)
	if !review.RatesChanged || len(review.WithoutRate) != 1 || review.WithoutRate[0].Operation.Code != "cut" || len(review.OpenSessions) != 1 || review.Previous.ID != paid.ID {
		t.Errorf("review %+v", review)
	}
	if err := payroll.Approve(w.Ctx, w.DB, draft.ID, "other"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("approved a draft with stale rates: %v", err)
	}
	rates, err := piecework.Rates(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	w.Must(payroll.WithdrawRate(w.Ctx, w.DB, rates.Items[0].ID))
	if err := payroll.WithdrawRate(w.Ctx, w.DB, rates.Items[1].ID); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("withdrew a rate that was paid with: %v", err)
	}
	w.Must(payroll.Approve(w.Ctx, w.DB, draft.ID, "other"))
}

// What a team made waits for all of its members.
func TestATeamsWorkWaitsForARate(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	members, err := piecework.MembersByCode(w.Ctx, w.DB, w.Workshop.ID, []string{"A1", "A2"})
	w.Must(err)
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
	w.Must(err)
	w.Count("S1", team.Code, "cut", 40)
	p, err := payroll.PreviewRate(w.Ctx, w.DB, piecework.PieceRate{OperationID: w.Cut.ID, EffectiveFrom: "2026-10-01", Rate: pieceworktest.Rate(t, "0.5")})
	w.Must(err)
	if len(p.Effects) != 2 || !p.Effects[0].Waiting || !p.Effects[1].Waiting || p.Effects[0].After.String() != "10.00" {
		t.Errorf("%+v", p.Effects)
	}
}

func TestOpenPayIsWhatNoLockedRunHas(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Count("S1", "A1", "glue", 100)
	w.Must(payroll.Approve(w.Ctx, w.DB, settle(w, "2026-10-01", "2026-10-31").ID, "other"))
	w.Session("S2", "2026-10-20")
	uid := w.Count("S2", "A1", "glue", 20)
	w.Count("S2", "A1", "glue", 10)
	w.Count("S2", "A1", "cut", 4)
	w.Count("S2", "A2", "glue", 1000)
	settle(w, "2026-10-16", "2026-10-31")
	w.Record(piecework.NewTally{Session: "S2", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 20}, Reverses: uid})
	slip, waiting, err := payroll.OpenPay(w.Ctx, w.DB, &w.Workers[0], "2026-10-01", "2026-10-31")
	w.Must(err)
	if slip.Gross.String() != "3.50" || len(slip.Lines) != 1 || slip.Lines[0].Operation.Name != "粘花" || waiting.Good != 4 {
		t.Errorf("open pay %s in %d lines, %d pieces waiting", slip.Gross, len(slip.Lines), waiting.Good)
	}
}

func TestOpenPayKnowsNoDay(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-01-01", "1")
	w.Session("OLD", "2026-02-03")
	w.Count("S1", "A1", "cut", 100)
	adjust(w, 0, "2026-10-05", payroll.Advance, "130") // 30 of it is carried
	w.Must(payroll.Approve(w.Ctx, w.DB, settle(w, "2026-10-01", "2026-10-31").ID, "other"))
	w.Count("OLD", "A1", "cut", 40) // long settled days
	adjust(w, 0, "2026-02-03", payroll.Bonus, "5")
	adjust(w, 1, "2026-02-03", payroll.Bonus, "7")
	check := func(when, gross, carried string, extras int) {
		t.Helper()
		slip, _, err := payroll.OpenPay(w.Ctx, w.DB, &w.Workers[0], "", "")
		w.Must(err)
		list, owed, err := payroll.OpenExtras(w.Ctx, w.DB, w.Workers[0].ID)
		w.Must(err)
		if slip.Gross.String() != gross || owed.String() != carried || len(list) != extras {
			t.Errorf("%s: %s earned, %s carried, %d extras; want %s, %s, %d", when, slip.Gross, owed, len(list), gross, carried, extras)
		}
	}
	check("after the settlement", "40.00", "30.00", 1)
	supplement := settle(w, "2026-02-01", "2026-02-28")
	check("while there is a draft", "40.00", "30.00", 1)
	w.Must(payroll.Approve(w.Ctx, w.DB, supplement.ID, "other"))
	check("when all is settled", "0.00", "0.00", 0)
}

// TestAPictureOfTheDaysAddsUp: what the days come to, the tallies behind each open line, and what is left of advances agree with what
// the page sums up, whatever was counted, struck, settled and lent.
func TestAPictureOfTheDaysAddsUp(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-01-01", "0.35")
	w.Agree(w.Glue, nil, "2026-01-01", "0.0925")
	w.Agree(w.Glue, nil, "2026-10-12", "0.1")
	me := &w.Workers[0]
	for i, day := range []piecework.Date{"2026-10-09", "2026-10-11", "2026-10-12"} {
		w.Session(string(day), day)
		uid := w.Count(string(day), "A1", "glue", int64(100+i))
		w.Count(string(day), "A1", "cut", int64(7*i+1))
		if i == 1 {
			w.Record(piecework.NewTally{Session: string(day), Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 101}, Reverses: uid})
		}
	}
	w.Must(payroll.Adjust(w.Ctx, w.DB, &payroll.Adjustment{WorkerID: me.ID, WorkDate: "2026-10-09", Kind: payroll.Advance, Amount: piecework.Fen(9000), Instalment: piecework.Fen(400), RecordedBy: "test"}))
	check := func(gross string, left ...string) {
		t.Helper()
		open, _, err := payroll.OpenPay(w.Ctx, w.DB, me, "", "")
		w.Must(err)
		if open.Gross.String() != gross {
			t.Errorf("%s open, want %s", open.Gross, gross)
		}
		for _, l := range open.Lines {
			tallies, err := payroll.TalliesOpen(w.Ctx, w.DB, &open, &l)
			w.Must(err)
			var n int64
			for _, tally := range tallies {
				if tally.ReversesID != 0 {
					n -= tally.Good
				} else {
					n += tally.Good
				}
			}
			if n != l.Good {
				t.Errorf("%d pieces behind the line of %s at %s, want %d", n, l.Operation.Code, l.Rate, l.Good)
			}
		}
		advances, err := payroll.AdvancesLeft(w.Ctx, w.DB, me.ID)
		w.Must(err)
		if len(advances) != 1 || advances[0].Left.String() != left[0] || advances[0].Next("2026-10-31").String() != left[1] {
			t.Errorf("advances %v, want %v left and next", advances, left)
		}
		days, err := payroll.EarnedByDay(w.Ctx, w.DB, me, "2026-10-08", "2026-10-12")
		w.Must(err)
		want := []string{"0.00", "9.60", "0.00", "2.80", "15.45"} // 100 × 0.0925 + 0.35; 8 × 0.35; 102 × 0.1 + 15 × 0.35
		for i, d := range days {
			if d.Amount.String() != want[i] {
				t.Errorf("%s came to %s, want %s", d.Day, d.Amount, want[i])
			}
		}
	}
	check("27.85", "90.00", "4.00")
	w.Must(payroll.Approve(w.Ctx, w.DB, settle(w, "2026-10-08", "2026-10-09").ID, "other"))
	check("18.25", "86.00", "4.00")
	w.Must(payroll.Approve(w.Ctx, w.DB, settle(w, "2026-10-10", "2026-10-12").ID, "other"))
	check("0.00", "82.00", "4.00")
}
