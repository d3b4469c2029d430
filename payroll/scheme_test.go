package payroll_test

import (
	"fmt"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// Published examples beyond the rows that are kept, by the names of their sources, and what lies at their edges.
func TestPlansByTime(t *testing.T) {
	emerson := func(rows string) *piecework.PieceRate {
		r := byTime(t, piecework.Emerson, "10", 800, 480, "")
		var wrong *piecework.Message
		if r.Bonuses, wrong = piecework.ParseBonusTable(rows); wrong != nil {
			t.Fatal(wrong)
		}
		return r
	}
	textbook := "66.67% 0%\n100% 20%\n300% 220%"
	for _, c := range []struct {
		source          string
		rate            *piecework.PieceRate
		pieces, minutes int64
		want            string
	}{
		{"Halsey, 10 hours in 6 at 100", byTime(t, piecework.Halsey, "100", 1, 600, "50"), 1, 360, "800.00"},
		{"Halsey, 125 hours in 100", byTime(t, piecework.Halsey, "25", 1, 7500, "50"), 1, 6000, "2812.50"},
		{"Halsey, 125 hours in 110", byTime(t, piecework.Halsey, "25", 1, 7500, "50"), 1, 6600, "2937.50"},
		{"Halsey, late: the time taken", byTime(t, piecework.Halsey, "10", 1, 60, "50"), 1, 90, "15.00"},
		{"Towne and Halsey, a third: 4 hours in 1 at 20", byTime(t, piecework.Halsey, "20", 1, 240, "1/3"), 1, 60, "40.00"},
		{"Rowan, 12 hours in 9 at 50", byTime(t, piecework.Rowan, "50", 1, 720, ""), 1, 540, "562.50"},
		{"Rowan, 54 hours in 40 at 25", byTime(t, piecework.Rowan, "25", 1, 3240, ""), 1, 2400, "1259.26"},
		{"Rowan, never twice the time", byTime(t, piecework.Rowan, "60", 1, 100_000, ""), 1, 60, "119.96"},
		{"Rowan, late", byTime(t, piecework.Rowan, "10", 1, 60, ""), 1, 90, "15.00"},
		{"Gantt, a minute late", byTime(t, piecework.Gantt, "6", 8, 480, "20"), 8, 481, "48.10"},
		{"Gantt, a minute early", byTime(t, piecework.Gantt, "6", 8, 480, "20"), 8, 479, "57.60"},
		{"Emerson, Kaes 125 %", emerson(textbook), 1000, 480, "116.00"},
		{"Emerson, Kaes 80 %: 7.99 % in a table", emerson("66.67 0\n80 7.99\n100 20"), 640, 480, "86.39"},
		{"Emerson, tutorsglobe 80 %: 4 %", emerson("80 4\n100 20"), 640, 480, "83.20"},
		{"Emerson, just below the first row", emerson(textbook), 533, 480, "80.00"},
		{"Emerson, after the last row", emerson("80 4\n100 20"), 1600, 480, "96.00"},
		{"Emerson, Business Jargons 50 %", emerson(textbook), 400, 480, "80.00"},
		{"time not known: the standard time", byTime(t, piecework.Gantt, "6", 8, 480, "20"), 8, 0, "48.00"},
	} {
		s := pay(t, c.rate, c.pieces, c.minutes)
		if l := s.Lines[0]; s.Gross.String() != c.want || l.Kind != payroll.Premium || l.Quantity != c.pieces || len(l.Parts) != 1 || l.Parts[0].Amount.Cmp(l.Amount) != 0 {
			t.Errorf("%s: %s, want %s: %+v", c.source, s.Gross, c.want, l)
		}
	}
}

// The time of a session is divided by standard time; what has none leaves the time unknown, and each session is reckoned by itself.
func TestTheTimeOfASessionIsDivided(t *testing.T) {
	cut, glue := byTime(t, piecework.Halsey, "12", 60, 60, "50"), byTime(t, piecework.Gantt, "18", 30, 60, "20")
	cut.OperationID, cut.EffectiveFrom, glue.OperationID, glue.EffectiveFrom, glue.ID = 1, "2026-10-01", 2, "2026-10-01", 2
	pack := piecework.PieceRate{OperationID: 3, EffectiveFrom: "2026-10-01", Rate: pieceworktest.Rate(t, "0.10")}
	work := func(session, operation, good int64) payroll.Work {
		return payroll.Work{WorkerID: 1, OrderID: 1, OperationID: operation, SessionID: session, Day: "2026-10-05", Counts: piecework.Counts{Good: good}}
	}
	in := payroll.Input{Rates: piecework.NewRateBook([]piecework.PieceRate{*cut, *glue, pack}), Times: payroll.Presence{at{1, 1}: 180, at{2, 1}: 60, at{3, 1}: 60},
		Work: []payroll.Work{work(1, 1, 120), work(1, 2, 60), // 2 h and 2 h in 3: each in 1:30
			work(2, 1, 60), work(2, 3, 10), // packing has no standard time
			work(3, 1, 30), work(3, 2, 15)}} // half an hour each, in an hour
	in.Grades = map[int64][]piecework.WorkerGrade{1: {{Name: "学徒", Percent: 50, EffectiveFrom: "2026-10-06"}}}
	want := `piece 3: 10 × 0.10 = 1.00
premium 1: 210 = 39.00
 session 1: standard 2:00, taken 1:30, 133% = 21.00
 session 2: standard 1:00, taken 0:00, 0% = 12.00
 session 3: standard 0:30, taken 0:30, 100% = 6.00
premium 2: 75 = 54.00
 session 1: standard 2:00, taken 1:30, 133% = 43.20
 session 3: standard 0:30, taken 0:30, 100% = 10.80
`
	if got := linesOf(payroll.Compute(in).Slips[0]); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	// A learner's hour is worth half, and a rest day's twice.
	in.Grades[1][0].EffectiveFrom = "2026-10-05"
	in.Marked = map[int64]piecework.WorkSession{3: {DayKind: piecework.RestDay, RatePercent: 200}}
	if got := payroll.Compute(in).Slips[0].Gross.String(); got != "55.40" { // (1 + 33 + 43.20) ÷ 2 + 16.80
		t.Errorf("with factors: %s", got)
	}
}

// linesOf is the work lines of a slip with their parts.
func linesOf(s payroll.Slip) string {
	var b strings.Builder
	for _, l := range s.Lines {
		if l.Kind == payroll.Piece {
			fmt.Fprintf(&b, "%s %d: %d × %s = %s\n", l.Kind, l.OperationID, l.Quantity, l.Rate, l.Amount)
			continue
		}
		fmt.Fprintf(&b, "%s %d: %d = %s\n", l.Kind, l.OperationID, l.Quantity, l.Amount)
		for _, p := range l.Parts {
			fmt.Fprintf(&b, " session %d: standard %s, taken %s, %d%% = %s\n", p.SessionID, p.StandardTime(), p.TakenTime(), p.Efficiency(), p.Amount)
		}
	}
	return b.String()
}

// A session is paid in several runs as it would have been in one: what comes late goes on, what is struck goes back, and work that shares
// the time is reckoned again, whatever the plan.
func TestSeveralRunsPayASessionByTimeLikeOne(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	agree := func(op piecework.Operation, r *piecework.PieceRate) {
		t.Helper()
		r.ID, r.OperationID, r.EffectiveFrom, r.CreatedBy = 0, op.ID, "2026-10-01", "test"
		w.Must(piecework.AddRate(w.Ctx, w.DB, r))
	}
	agree(w.Glue, byTime(t, piecework.Halsey, "12", 60, 60, "50"))
	agree(w.Cut, byTime(t, piecework.Halsey, "12", 30, 60, "1/3"))
	attend(w, 0, 120)
	paid := int64(0)
	run := func(want string) {
		t.Helper()
		r := settle(w, "2026-10-01", "2026-10-31")
		wantSlips(w, r.ID, want)
		w.Must(payroll.Approve(w.Ctx, w.DB, r.ID, "other"))
		slips, err := payroll.SlipsOf(w.Ctx, w.DB, r.ID, w.Workers[0].ID)
		w.Must(err)
		paid += slips[0].Gross.Sub(slips[0].Deductions).Sub(slips[0].CarriedForward).Fen()
		for _, l := range slips[0].Lines {
			if tallies, err := payroll.TalliesBehind(w.Ctx, w.DB, &slips[0], &l); err != nil || l.IsWork() && len(tallies) == 0 {
				t.Errorf("nothing stands behind %+v: %v", l, err)
			}
		}
		if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
			t.Fatal(err)
		}
	}
	first := w.Count("S1", "A1", "glue", 150) // 2:30 in 2:00: 24 + half of 6
	run("A1 v1 gross 27.00 deductions 0.00 net 27.00 carried 0.00\n  premium glue 150 × 0.20 = 27.00\n")
	w.Count("S1", "A1", "cut", 30) // 1:00 more: 2:30 of 3:30 is 2 × 5 ÷ 7 h = 85 5/7 min, and 34 2/7 min
	run("A1 v1 gross 8.57 deductions 3.43 net 5.14 carried 0.00\n  premium cut 30 × 0.40 = 8.57\n  premium -3.43\n")
	late := w.Count("S1", "A1", "glue", 60)
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 150}, Reverses: first})
	adjust(w, 0, "2026-10-05", payroll.Bonus, "100")
	r := settle(w, "2026-10-01", "2026-10-31")
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, r.ID, 0)
	w.Must(err)
	if net := slips[0].Net.Fen() - 10_000 + paid; net != 24_00 { // 1:00 and 1:00 in 2:00: the time taken
		t.Errorf("all runs together pay %d fen for the session, want 2400: %+v", net, slips[0].Lines)
	}
	w.Must(payroll.Approve(w.Ctx, w.DB, r.ID, "other"))
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 60}, Reverses: late})
	slip, err := payroll.Reissue(w.Ctx, w.DB, r.ID, w.Workers[0].ID, "not hers", "other")
	w.Must(err)
	if net := slip.Net.Fen() - 10_000 + paid; net != 24_00 { // 1:00 in 2:00
		t.Errorf("after the new version %d fen: %+v", net, slip.Lines)
	}
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
		t.Error(err)
	}
	if _, err := w.DB.ExecContext(w.Ctx, "UPDATE slip_parts SET amount = amount + 1 WHERE slip_id = ?", slip.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := payroll.Verify(w.Ctx, w.DB); err == nil {
		t.Error("a part that was changed is not noticed")
	}
}

// Whose pay a plan changes is seen before it is agreed, and open pay shows it.
func TestAPlanIsPreviewed(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.10")
	attend(w, 0, 60)
	w.Count("S1", "A1", "glue", 120)
	w.Count("S1", "A2", "glue", 120) // nobody knows how long
	r := byTime(t, piecework.Halsey, "12", 60, 60, "50")
	r.ID, r.OperationID, r.EffectiveFrom = 0, w.Glue.ID, "2026-10-02"
	p, err := payroll.PreviewRate(w.Ctx, w.DB, *r)
	w.Must(err)
	if len(p.Effects) != 2 || p.Effects[0].After.String() != "18.00" || p.Effects[1].After.String() != "24.00" {
		t.Errorf("%+v", p.Effects)
	}
	w.Must(piecework.AddRate(w.Ctx, w.DB, r))
	open, _, err := payroll.OpenPay(w.Ctx, w.DB, &w.Workers[0], "", "")
	w.Must(err)
	if open.Gross.String() != "18.00" {
		t.Errorf("open pay %s", open.Gross)
	}
	run := settle(w, "2026-10-01", "2026-10-31")
	better := *r
	better.ID, better.OrderID = 0, w.Order.ID
	better.Premium = piecework.Fraction{Num: 1, Den: 1}
	w.Must(piecework.AddRate(w.Ctx, w.DB, &better))
	if err := payroll.Approve(w.Ctx, w.DB, run.ID, "other"); err == nil {
		t.Error("a draft by another plan was approved")
	}
}
