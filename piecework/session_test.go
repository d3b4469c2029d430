package piecework_test

import (
	"testing"
	"time"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestPastSessionsCloseAllAtOnce(t *testing.T) {
	w := pieceworktest.NewWorld(t) // with S1 on 2026-10-05, no end planned
	planned := &piecework.WorkSession{WorkshopID: w.Workshop.ID, WorkDate: "2026-10-06", StartsAt: "08:00", EndsAt: "11:30"}
	w.Must(piecework.OpenSession(w.Ctx, w.DB, planned))
	w.Session("TODAY", "2026-10-07")
	if planned.Code != "W1-20261006-1" {
		t.Errorf("without a code the session got %q", planned.Code)
	}
	came := piecework.At(time.Date(2026, 10, 6, 8, 0, 0, 0, w.Workshop.Location()))
	for _, session := range []int64{1, planned.ID} {
		w.Must(piecework.CheckIn(w.Ctx, w.DB, session, w.Workers[0].ID))
		_, err := w.DB.NewUpdate().Model((*piecework.Attendance)(nil)).Set("check_in = ?", came).Where("session_id = ?", session).Exec(w.Ctx)
		w.Must(err)
	}
	if n, err := piecework.CloseSessionsBefore(w.Ctx, w.DB, w.Workshop.ID+1, "2026-10-07", "test"); err != nil || n != 0 {
		t.Errorf("another workshop closed %d, %v", n, err)
	}
	for _, want := range []int{2, 0} {
		if n, err := piecework.CloseSessionsBefore(w.Ctx, w.DB, 0, "2026-10-07", "test"); err != nil || n != want {
			t.Errorf("closed %d, %v; want %d", n, err, want)
		}
	}
	open, err := piecework.Sessions(w.Ctx, w.DB, piecework.Filter{Status: "open"})
	w.Must(err)
	if open.Total != 1 || open.Items[0].Code != "TODAY" {
		t.Errorf("still open: %+v", open.Items)
	}
	for session, want := range map[int64]time.Duration{1: 0, planned.ID: 3*time.Hour + 30*time.Minute} {
		list, err := piecework.Attendances(w.Ctx, w.DB, session)
		w.Must(err)
		if got := time.Duration(list[0].CheckOut-came) * time.Millisecond; got != want {
			t.Errorf("session %d: she was there for %v, want %v", session, got, want)
		}
	}
}

// TestASessionOfYesterdayEndsAsPlanned closes what somebody forgot to close: the night makes no hours. Today whoever stays is there.
func TestASessionOfYesterdayEndsAsPlanned(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	now := time.Now().In(w.Workshop.Location())
	for _, c := range []struct {
		day   piecework.Date
		came  time.Time
		there time.Duration
	}{{w.Workshop.Today(), now.Add(-20 * time.Hour), 20 * time.Hour},
		{w.Workshop.Today().AddDays(-1), time.Date(now.Year(), now.Month(), now.Day()-1, 8, 0, 0, 0, now.Location()), 3*time.Hour + 30*time.Minute}} {
		s := &piecework.WorkSession{WorkshopID: w.Workshop.ID, WorkDate: c.day, StartsAt: "08:00", EndsAt: "11:30"}
		w.Must(piecework.OpenSession(w.Ctx, w.DB, s))
		w.Must(piecework.CheckIn(w.Ctx, w.DB, s.ID, w.Workers[0].ID))
		_, err := w.DB.NewUpdate().Model((*piecework.Attendance)(nil)).Set("check_in = ?", piecework.At(c.came)).Where("session_id = ?", s.ID).Exec(w.Ctx)
		w.Must(err)
		w.Must(piecework.CloseSession(w.Ctx, w.DB, s.ID, "test"))
		list, err := piecework.Attendances(w.Ctx, w.DB, s.ID)
		w.Must(err)
		if got := time.Duration(list[0].CheckOut-piecework.At(c.came)) * time.Millisecond; got.Round(time.Minute) != c.there {
			t.Errorf("the session of %s: she was there for %v, want %v", c.day, got, c.there)
		}
	}
}

func TestAPageAfterTheLastIsTheLast(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for range piecework.PageSize {
		w.Must(piecework.OpenSession(w.Ctx, w.DB, &piecework.WorkSession{WorkshopID: w.Workshop.ID, WorkDate: "2026-10-04"}))
	}
	for asked, want := range map[int]int{0: 1, 1: 1, 2: 2, 3: 2, 999: 2} {
		page, err := piecework.Sessions(w.Ctx, w.DB, piecework.Filter{Page: asked})
		w.Must(err)
		if page.Number != want || page.Total != piecework.PageSize+1 || len(page.Items) == 0 {
			t.Errorf("page %d is page %d with %d of %d", asked, page.Number, len(page.Items), page.Total)
		}
	}
	none, err := piecework.Sessions(w.Ctx, w.DB, piecework.Filter{Query: "zzz", Page: 9})
	w.Must(err)
	if none.Number != 1 || none.Total != 0 || len(none.Items) != 0 {
		t.Errorf("nothing found: %+v", none)
	}
}
