package payroll_test

import (
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// sessionID finds a session by its code.
func sessionID(w *pieceworktest.World, code string) int64 {
	w.Helper()
	list, err := piecework.Sessions(w.Ctx, w.DB, piecework.Filter{Query: code})
	w.Must(err)
	return list.Items[0].ID
}

// Overtime pieces of a learner: 0.35 × 150 % × 80 %, on a line of its own with the tallies behind it; a reversal mirrors it.
func TestMarkedTimeAndGradesArePaidAtTheirPercentage(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.35")
	w.Session("S2", "2026-10-06")
	w.Must(piecework.MarkSession(w.Ctx, w.DB, sessionID(w, "S2"), piecework.Overtime, 0))
	w.Must(piecework.SetGrade(w.Ctx, w.DB, &piecework.WorkerGrade{WorkerID: w.Workers[0].ID, EffectiveFrom: "2026-10-06", Name: "学徒", Percent: 80, RecordedBy: "test"}))
	w.Count("S1", "A1", "glue", 100)
	late := w.Count("S2", "A1", "glue", 50)
	w.Count("S2", "A2", "glue", 10)
	run := settle(w, "2026-10-01", "2026-10-31")
	wantSlips(w, run.ID, `A1 v1 gross 56.00 deductions 0.00 net 56.00 carried 0.00
	  piece glue 100 × 0.35 = 35.00
	  piece glue 50 × 0.42 = 21.00
	A2 v1 gross 5.25 deductions 0.00 net 5.25 carried 0.00
	  piece glue 10 × 0.525 = 5.25
	`)
	behind := func(runID int64) {
		t.Helper()
		slips, err := payroll.SlipsOf(w.Ctx, w.DB, runID, 0)
		w.Must(err)
		for _, s := range slips {
			for _, l := range s.Lines {
				list, err := payroll.TalliesBehind(w.Ctx, w.DB, &s, &l)
				w.Must(err)
				if l.IsWork() && (len(list) != 1 || list[0].Good != max(l.Good, -l.Good)) {
					t.Errorf("behind %+v stand %+v", l, list)
				}
			}
		}
		if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
			t.Error(err)
		}
	}
	behind(run.ID)

	w.Must(piecework.MarkSession(w.Ctx, w.DB, sessionID(w, "S2"), piecework.Holiday, 350))
	wantKind(t, "approve a draft whose session was marked since", payroll.Approve(w.Ctx, w.DB, run.ID, "other"), piecework.ErrConflict)
	w.Must(piecework.MarkSession(w.Ctx, w.DB, sessionID(w, "S2"), piecework.Overtime, 150))
	w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	wantKind(t, "mark a paid session", piecework.MarkSession(w.Ctx, w.DB, sessionID(w, "S2"), piecework.RestDay, 0), piecework.ErrConflict)
	wantKind(t, "a grade that reaches into what is paid",
		piecework.SetGrade(w.Ctx, w.DB, &piecework.WorkerGrade{WorkerID: w.Workers[0].ID, EffectiveFrom: "2026-10-05", Name: "熟手", Percent: 120}), piecework.ErrInvalid)
	w.Must(piecework.SetGrade(w.Ctx, w.DB, &piecework.WorkerGrade{WorkerID: w.Workers[0].ID, EffectiveFrom: "2026-10-07", Name: "熟手", Percent: 120}))

	w.Session("S3", "2026-11-03")
	w.Record(piecework.NewTally{Session: "S3", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 50}, Reverses: late})
	w.Count("S3", "A1", "glue", 100)
	november := settle(w, "2026-11-01", "2026-11-30")
	wantSlips(w, november.ID, `A1 v1 gross 42.00 deductions 21.00 net 21.00 carried 0.00
	  piece glue 100 × 0.42 = 42.00
	  correction glue -50 × 0.42 = -21.00
	`)
	behind(november.ID)
}

func TestWhatAMarkAndAGradeMayBe(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	id := sessionID(w, "S1")
	for _, c := range []struct {
		kind    piecework.DayKind
		percent int64
		ok      bool
	}{{"", 0, true}, {"", 150, false}, {"overtime", 149, false}, {"overtime", 150, true}, {"rest_day", 150, false}, {"rest_day", 0, true},
		{"holiday", 299, false}, {"holiday", 1000, true}, {"holiday", 1001, false}, {"moonday", 200, false}} {
		if err := piecework.MarkSession(w.Ctx, w.DB, id, c.kind, c.percent); (err == nil) != c.ok {
			t.Errorf("%q at %d %%: %v", c.kind, c.percent, err)
		}
	}
	for _, g := range []piecework.WorkerGrade{{}, {Name: "学徒", EffectiveFrom: "2026-10-01"}, {Name: "学徒", Percent: 80}, {EffectiveFrom: "2026-10-01", Percent: 80},
		{Name: "学徒", EffectiveFrom: "2026-10-01", Percent: 501}} {
		g.WorkerID = w.Workers[0].ID
		wantKind(t, "a wrong grade", piecework.SetGrade(w.Ctx, w.DB, &g), piecework.ErrInvalid)
	}
}

// Overtime neither counts towards the minimum wage nor as time that it is held against.
func TestOvertimeIsLeftOutOfTheMinimumWage(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.10")
	w.Workshop.WageRegion = "山东二类"
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	attend(w, 0, 60)
	w.Count("S1", "A1", "glue", 100)
	w.Session("S2", "2026-10-06")
	w.Must(piecework.MarkSession(w.Ctx, w.DB, sessionID(w, "S2"), piecework.Overtime, 0))
	w.Count("S2", "A1", "glue", 300)
	run := settle(w, "2026-10-01", "2026-10-31")
	under, err := payroll.UnderMinimum(w.Ctx, w.DB, run.ID)
	w.Must(err)
	if len(under) != 1 || under[0].Short.String() != "12.00" || under[0].Hourly.String() != "10.00" {
		t.Errorf("under the minimum: %+v", under)
	}
}
