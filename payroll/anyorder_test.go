package payroll_test

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// In whatever order runs of overlapping days are computed, given up, approved and corrected, and whatever is counted or struck between:
// in the end she has been paid what the pieces that stand come to, each day by its tiers.
func TestRunsInAnyOrderPayWhatOneWould(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	number := 0
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	w.Must(checks.Value.Set("50")) // each is long
	defer checks.Value.Set(before)
	rapid.Check(t, func(r *rapid.T) {
		number++
		worker := piecework.Worker{Code: fmt.Sprintf("R%d", number), Name: "王秀英", WorkshopID: w.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
		w.Must(piecework.SaveWorker(w.Ctx, w.DB, &worker))
		first := piecework.Date("2030-01-01").AddDays(10 * number)
		rate := steps(t, 0, rapid.SampledFrom([]piecework.TierMode{piecework.Marginal, piecework.Whole}).Draw(r, "mode"), "0.30", "above 100: 0.40")
		rate.ID, rate.OperationID, rate.EffectiveFrom, rate.CreatedBy = 0, w.Glue.ID, first, "test"
		w.Must(piecework.AddRate(w.Ctx, w.DB, rate))
		for i := range 4 {
			w.Session(fmt.Sprintf("R%d-%d", number, i), first.AddDays(i/2))
		}
		type tally struct {
			uid     string
			session int
			good    int64
		}
		var standing []tally
		session := func(i int) string { return fmt.Sprintf("R%d-%d", number, i) }
		var drafts, approved []int64
		gone := func(id int64) { drafts = slices.DeleteFunc(drafts, func(other int64) bool { return other == id }) }
		approve := func(id int64) {
			w.Must(payroll.Recompute(w.Ctx, w.DB, id))
			if err := payroll.Approve(w.Ctx, w.DB, id, "other"); errors.Is(err, piecework.ErrConflict) { // nothing is left in it
				w.Must(payroll.Discard(w.Ctx, w.DB, id))
			} else {
				w.Must(err)
				approved = append(approved, id)
			}
			gone(id)
		}
		settle := func(from, to piecework.Date) {
			run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, from, to, "test")
			if errors.Is(err, piecework.ErrConflict) {
				return
			}
			w.Must(err)
			if !slices.Contains(drafts, run.ID) {
				drafts = append(drafts, run.ID)
			}
		}
		some := func(f func(int64)) {
			if len(drafts) > 0 {
				f(rapid.SampledFrom(drafts).Draw(r, "draft"))
			}
		}
		for range rapid.IntRange(4, 12).Draw(r, "steps") {
			switch rapid.IntRange(0, 8).Draw(r, "step") {
			case 0, 1, 2:
				in, n := rapid.IntRange(0, 3).Draw(r, "session"), rapid.Int64Range(1, 120).Draw(r, "good")
				standing = append(standing, tally{w.Count(session(in), worker.Code, "glue", n), in, n})
			case 3:
				if len(standing) > 0 {
					i := rapid.IntRange(0, len(standing)-1).Draw(r, "struck")
					s := standing[i]
					w.Record(piecework.NewTally{Session: session(rapid.IntRange(s.session, 3).Draw(r, "in")), Worker: worker.Code, Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: s.good}, Reverses: s.uid, Reason: "wrong"})
					standing = append(standing[:i], standing[i+1:]...)
				}
			case 4, 5:
				from := rapid.IntRange(0, 1).Draw(r, "from")
				settle(first.AddDays(from), first.AddDays(rapid.IntRange(from, 3).Draw(r, "to")))
			case 6:
				some(approve)
			case 7:
				some(func(id int64) {
					w.Must(payroll.Discard(w.Ctx, w.DB, id))
					gone(id)
				})
			case 8:
				if len(approved) > 0 {
					_, err := payroll.Reissue(w.Ctx, w.DB, rapid.SampledFrom(approved).Draw(r, "run"), worker.ID, "again", "other")
					if !errors.Is(err, piecework.ErrConflict) && !errors.Is(err, piecework.ErrNotFound) {
						w.Must(err)
					}
				}
			}
		}
		for len(drafts) > 0 {
			some(approve)
		}
		settle(first, first.AddDays(9))
		some(approve)
		due, days := int64(0), map[int]int64{}
		for _, s := range standing {
			days[s.session/2] += s.good
		}
		for _, n := range days {
			for _, part := range rate.Change(0, n) {
				due += part.Rate.Times(part.Quantity).Fen()
			}
		}
		var got int64
		w.Must(w.DB.NewRaw(`SELECT CAST(COALESCE(SUM(s.net), 0) AS BIGINT) - CAST(COALESCE((SELECT SUM(c.amount) FROM carries c JOIN slips cs ON cs.id = c.slip_id AND NOT cs.superseded WHERE c.worker_id = ?0 AND c.taken_by_run_id IS NULL), 0) AS BIGINT)
			FROM slips s JOIN pay_runs p ON p.id = s.run_id WHERE s.worker_id = ?0 AND NOT s.superseded AND p.status = 'approved'`, worker.ID).Scan(w.Ctx, &got))
		if got != due {
			r.Fatalf("%s is paid %d fen for %+v, which come to %d", worker.Code, got, standing, due)
		}
	})
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
		t.Error(err)
	}
}
