package payroll_test

import (
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
)

// TestSomebodyElseApproves: who has entered anything of a run may not approve it while somebody can who has not.
func TestSomebodyElseApproves(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	elsewhere := piecework.NewWorkshop("W9", "别处")
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, elsewhere))
	users := map[string]*account.User{}
	for _, u := range []*account.User{
		{Username: "x", Name: "邻家", Role: account.Bookkeeper, WorkshopID: elsewhere.ID},
		{Username: "l", Name: "组长", Role: account.Lead, WorkshopID: w.Workshop.ID},
		{Username: "a", Name: "甲", Role: account.Admin}, {Username: "b", Name: "乙", Role: account.Bookkeeper}, {Username: "c", Name: "丙", Role: account.Bookkeeper, WorkshopID: w.Workshop.ID},
	} {
		w.Must(account.CreateUser(w.Ctx, w.DB, u, "correct horse"))
		users[u.Name] = u
	}
	// 甲 makes each run; each row says who else entered what, and who can come in.
	for i, c := range []struct {
		adjusted, tallied string
		out               []string // shut out
		by                string
		refused           string // who is named instead; "" when she may
		alone             bool
	}{
		{by: "甲", refused: "丙 · 乙"},
		{by: "乙"},
		{adjusted: "乙", by: "乙", refused: "丙"},
		{tallied: "乙", by: "乙", refused: "丙"},
		{adjusted: "组长", tallied: "组长", by: "丙"},
		{adjusted: "乙", tallied: "丙", by: "甲", refused: "丙 · 乙"},
		{adjusted: "乙", tallied: "丙", by: "丙", alone: true}, // everybody did something, and 甲 made it
		{out: []string{"乙"}, by: "甲", refused: "丙"},
		{out: []string{"乙", "丙"}, by: "甲", alone: true},
		{by: "命令行", alone: true},
	} {
		day := piecework.Date("2026-10-01").AddDays(i)
		for name, u := range users {
			out := false
			for _, o := range c.out {
				out = out || o == name
			}
			w.Must(account.Disable(w.Ctx, w.DB, u.ID, out))
		}
		code := "D" + string(rune('a'+i))
		w.Session(code, day)
		if c.tallied != "" {
			_, err := piecework.RecordTallies(w.Ctx, w.DB, piecework.Actor{Name: c.tallied}, []piecework.NewTally{{UID: "hand-" + code, Session: code, Worker: "A1",
				Order: w.Order.Code, Operation: w.Glue.Code, Counts: piecework.Counts{Good: 10}}})
			w.Must(err)
		} else {
			w.Count(code, "A1", "glue", 10)
		}
		if c.adjusted != "" {
			w.Must(payroll.Adjust(w.Ctx, w.DB, &payroll.Adjustment{WorkerID: w.Workers[0].ID, WorkDate: day, Kind: payroll.Bonus, Amount: pieceworktest.Money(w, "1"), RecordedBy: c.adjusted}))
		}
		run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, day, day, "甲")
		w.Must(err)
		alone, refusal := payroll.MayApprove(w.Ctx, w.DB, run, c.by)
		err = payroll.Approve(w.Ctx, w.DB, run.ID, c.by)
		if c.refused != "" {
			wantKind(t, "approve", err, piecework.ErrForbidden)
			if err == nil || refusal == nil || err.Error() != refusal.Error() || !strings.HasSuffix(err.Error(), ": "+c.refused+".") {
				t.Errorf("row %d: refused with %v, the page says %v, want %s", i, err, refusal, c.refused)
			}
			continue
		}
		w.Must(err)
		run, err = payroll.RunByID(w.Ctx, w.DB, run.ID)
		w.Must(err)
		if run.ApprovedAlone != c.alone || alone != c.alone || run.ApprovedBy != c.by {
			t.Errorf("row %d: approved by %s, alone %t (the page says %t), want %s, %t", i, run.ApprovedBy, run.ApprovedAlone, alone, c.by, c.alone)
		}
	}
}
