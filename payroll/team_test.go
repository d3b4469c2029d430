package payroll_test

import (
	"math/rand/v2"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func members(weights ...int64) []piecework.TeamMember {
	list := make([]piecework.TeamMember, len(weights))
	for i, w := range weights {
		list[i] = piecework.TeamMember{WorkerID: int64(i + 1), ShareWeight: w}
	}
	return list
}

type at = struct{ SessionID, WorkerID int64 }

// Published examples of group pay, by the names under which the sources are filed.
func TestPublishedGroupPay(t *testing.T) {
	for _, c := range []struct {
		source string
		team   []piecework.TeamMember
		hours  payroll.Presence
		pieces int64
		rate   string
		want   []string
	}{
		{"cn-group-6000, daily wage × days", members(71_700_000, 62_140_000, 47_800_000, 38_240_000),
			payroll.Presence{at{1, 1}: 22, at{1, 2}: 22, at{1, 3}: 21, at{1, 4}: 20}, 2000, "3", []string{"2008.11", "1740.37", "1277.89", "973.63"}},
		{"group-bonus-150, 5 : 3 : 4", members(5_000_000, 3_000_000, 4_000_000), nil, 30, "1", []string{"12.50", "7.50", "10.00"}},
		{"three equal shares of a yuan", members(1, 1, 1), nil, 1, "1", []string{"0.34", "0.33", "0.33"}},
		{"nobody wrote down hours", members(1, 3), payroll.Presence{}, 4, "1", []string{"1.00", "3.00"}},
		{"one was not there", members(1, 1), payroll.Presence{at{1, 2}: 60}, 4, "1", []string{"0.00", "4.00"}},
	} {
		in := payroll.Input{Teams: map[int64][]piecework.TeamMember{9: c.team}, Present: c.hours,
			Work: []payroll.Work{{WorkerID: 9, OrderID: 1, OperationID: 1, SessionID: 1, Day: "2026-10-05", Counts: piecework.Counts{Good: c.pieces},
				Fixed: &piecework.PieceRate{Rate: pieceworktest.Rate(t, c.rate)}}}}
		res := payroll.Compute(in)
		if len(res.Slips) != len(c.want) {
			t.Fatalf("%s: %d slips", c.source, len(res.Slips))
		}
		for i, s := range res.Slips {
			l := s.Lines[0]
			if s.Gross.String() != c.want[i] || l.Kind != payroll.Team || l.Quantity != c.pieces || l.TeamID != 9 || l.TeamAmount.Cmp(l.Rate.Times(c.pieces)) != 0 {
				t.Errorf("%s: member %d gets %s, want %s: %+v", c.source, i+1, s.Gross, c.want[i], l)
			}
		}
	}
}

// Whatever the weights and hours, the shares of every line sum to pieces × rate, rounded once.
func TestSharesSumToTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 1000 {
		team := members()
		for i := range 2 + r.IntN(5) {
			team = append(team, piecework.TeamMember{WorkerID: int64(i + 1), ShareWeight: 1 + r.Int64N(3_000_000)})
		}
		in := payroll.Input{Teams: map[int64][]piecework.TeamMember{99: team}}
		if r.IntN(2) == 0 {
			in.Present = payroll.Presence{}
			for range r.IntN(20) {
				in.Present[at{1 + r.Int64N(5), 1 + r.Int64N(int64(len(team)))}] = r.Int64N(300)
			}
		}
		rate, pieces := anyRate(r), int64(0)
		for s := range 1 + r.Int64N(5) {
			good := 1 + r.Int64N(500)
			pieces += good
			w := payroll.Work{WorkerID: 99, OrderID: 1, OperationID: 1, SessionID: s + 1, Day: "2026-10-05", Counts: piecework.Counts{Good: good}, Fixed: &piecework.PieceRate{Rate: rate}}
			in.Work = append(in.Work, w)
			if r.IntN(4) == 0 { // a tally of it is struck
				w.Counts = piecework.Counts{Good: -good}
				in.Work, pieces = append(in.Work, w), pieces-good
			}
		}
		sum := piecework.Money{}
		for _, s := range payroll.Compute(in).Slips {
			for _, l := range s.Lines {
				if l.Amount.Sign() < 0 {
					t.Fatalf("a share of %s", l.Amount)
				}
				sum = sum.Add(l.Amount)
			}
		}
		if want := rate.Times(pieces); sum.Cmp(want) != 0 {
			t.Fatalf("the shares of %d × %s sum to %s, want %s", pieces, rate, sum, want)
		}
	}
}

// A team hands in, is settled, struck after approval and taken back from all its members; every step verifies.
func TestATeamIsPaidAndCorrected(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, []piecework.TeamMember{
		{WorkerID: w.Workers[0].ID, ShareWeight: 1_000_000}, {WorkerID: w.Workers[1].ID, ShareWeight: 2_000_000}})
	w.Must(err)
	uid := w.Count("S1", team.Code, "glue", 100)
	w.Count("S1", team.Code, "glue", 20)
	w.Count("S1", "A1", "glue", 10)
	open, _, err := payroll.OpenPay(w.Ctx, w.DB, &w.Workers[1], "", "")
	w.Must(err)
	if open.Gross.String() != "28.00" || len(open.Lines) != 1 {
		t.Errorf("open pay of the second member: %s %+v", open.Gross, open.Lines)
	}
	gross := func(run *payroll.PayRun, want ...string) {
		t.Helper()
		slips, err := payroll.SlipsOf(w.Ctx, w.DB, run.ID, 0)
		w.Must(err)
		for i, s := range slips {
			if i >= len(want) || s.Net.String() != want[i] {
				t.Errorf("run %d: %s gets %s: %+v, want %v", run.ID, s.Worker.Code, s.Net, s.Lines, want)
			}
			for _, l := range s.Lines {
				behind, err := payroll.TalliesBehind(w.Ctx, w.DB, &s, &l)
				w.Must(err)
				n := int64(0)
				for _, tally := range behind {
					if tally.ReversesID != 0 {
						tally.Good = -tally.Good
					}
					n += tally.Good
				}
				if l.IsWork() && n != l.Good {
					t.Errorf("run %d: %d pieces stand behind %+v", run.ID, n, l)
				}
			}
		}
		if len(slips) != len(want) {
			t.Errorf("%d slips, want %d", len(slips), len(want))
		}
		if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
			t.Error(err)
		}
	}
	october := settle(w, "2026-10-01", "2026-10-31")
	gross(october, "17.50", "28.00")
	w.Must(payroll.Approve(w.Ctx, w.DB, october.ID, "other"))
	gross(october, "17.50", "28.00")
	if _, err := payroll.Reissue(w.Ctx, w.DB, october.ID, w.Workers[1].ID, "printed badly", "other"); err != nil {
		t.Error(err)
	}
	gross(october, "17.50", "28.00")
	w.Session("S2", "2026-11-03")
	w.Record(piecework.NewTally{Session: "S2", Worker: team.Code, Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 100}, Reverses: uid})
	for i := range 2 {
		adjust(w, i, "2026-11-03", payroll.Bonus, "100")
	}
	november := settle(w, "2026-11-01", "2026-11-30")
	gross(november, "88.33", "76.67")
	w.Must(payroll.Approve(w.Ctx, w.DB, november.ID, "other"))
	gross(november, "88.33", "76.67")
}

// Where hours count, each session is shared by weight × the hours of that session.
func TestHoursOfEachSessionCount(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Workshop.TeamShare = piecework.ShareByWeightHours
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	w.Agree(w.Glue, nil, "2026-10-01", "0.10")
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, []piecework.TeamMember{{WorkerID: w.Workers[0].ID}, {WorkerID: w.Workers[1].ID}})
	w.Must(err)
	attend(w, 0, 60)
	attend(w, 1, 180)
	w.Session("S2", "2026-10-06") // nobody wrote down who was there
	w.Count("S1", team.Code, "glue", 400)
	w.Count("S2", team.Code, "glue", 100)
	run := settle(w, "2026-10-01", "2026-10-31")
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, run.ID, 0)
	w.Must(err)
	for i, want := range []string{"15.00", "35.00"} {
		if s := slips[i]; s.Gross.String() != want || s.Lines[0].TeamAmount.String() != "50.00" || s.Lines[0].Share != []string{"3/10", "7/10"}[i] {
			t.Errorf("%s gets %s of %s, share %s", s.Worker.Code, s.Gross, s.Lines[0].TeamAmount, s.Lines[0].Share)
		}
	}
}
