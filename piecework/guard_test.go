package piecework_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// at is a time of day of session S1, which begins at 08:00.
func at(clock string) func(*piecework.NewTally) {
	moment, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-10-05 "+clock, piecework.NewWorkshop("", "").Location())
	if err != nil {
		panic(err)
	}
	return func(t *piecework.NewTally) { t.RecordedAt = piecework.At(moment) }
}

func operation(code string) func(*piecework.NewTally) {
	return func(t *piecework.NewTally) { t.Operation = code }
}

func worker(code string) func(*piecework.NewTally) {
	return func(t *piecework.NewTally) { t.Worker = code }
}

func counts(c piecework.Counts) func(*piecework.NewTally) {
	return func(t *piecework.NewTally) { t.Counts = c }
}

// warnings are what the guards said about each tally of a batch, joined.
func warnings(results []piecework.TallyResult) []string {
	list := []string{}
	for _, r := range results {
		var said []string
		for _, w := range r.Warnings {
			said = append(said, w.String())
		}
		list = append(list, strings.Join(said, " "))
	}
	return list
}

const (
	underAMinute = "Counted at the same operation less than a minute apart."
	nineMinutes  = "Counted at the same operation 9 min apart; less than 10 is remarked upon."
)

// Every guard, raised and not raised. O1 asks for 5,000 pieces; cut comes before glue.
func TestGuards(t *testing.T) {
	none := func(n int) []string { return make([]string, n) }
	for name, c := range map[string]struct {
		prepare func(*pieceworktest.World)
		batches [][]piecework.NewTally
		want    []string // about the tallies of the last batch
		flags   string   // that are open afterwards
	}{
		"nothing odd": {nil, [][]piecework.NewTally{{tally("a", at("09:00:00"))}}, none(1), ""},

		"again after ten minutes":   {nil, [][]piecework.NewTally{{tally("a", at("09:00:00"))}, {tally("b", at("09:10:00"))}}, none(1), ""},
		"again before":              {nil, [][]piecework.NewTally{{tally("a", at("09:00:00"))}, {tally("b", at("09:09:59"))}}, []string{nineMinutes}, "b:repeat:9/10"},
		"again in the same batch":   {nil, [][]piecework.NewTally{{tally("a", at("09:00:00")), tally("b", at("09:00:30"))}}, []string{"", underAMinute}, "b:repeat:0/10"},
		"sent late, counted before": {nil, [][]piecework.NewTally{{tally("a", at("09:09:00"))}, {tally("b", at("09:00:00"))}}, []string{nineMinutes}, "b:repeat:9/10"},
		"at another operation":      {nil, [][]piecework.NewTally{{tally("a", operation("cut"), at("09:00:00"))}, {tally("b", at("09:01:00"))}}, none(1), ""},
		"another worker":            {nil, [][]piecework.NewTally{{tally("a", at("09:00:00"))}, {tally("b", worker("A2"), at("09:01:00"))}}, none(1), ""},
		"the first was struck":      {nil, [][]piecework.NewTally{{tally("a", at("09:00:00"))}, {tally("r", reversing("a"), at("09:01:00"))}, {tally("b", at("09:02:00"))}}, none(1), ""},
		"struck in the same batch":  {nil, [][]piecework.NewTally{{tally("a", at("09:00:00")), tally("r", reversing("a"), at("09:01:00")), tally("b", at("09:02:00"))}}, none(3), ""},
		"one of two was struck": {nil, [][]piecework.NewTally{{tally("a", at("09:00:00")), tally("b", at("09:30:00")), tally("r", reversing("b"), at("09:31:00")), tally("c", at("09:09:00"))}},
			[]string{"", "", "", nineMinutes}, "c:repeat:9/10"},
		"never asked": {func(w *pieceworktest.World) {
			w.Workshop.RepeatMinutes = 0
			w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
		}, [][]piecework.NewTally{{tally("a", at("09:00:00")), tally("b", at("09:00:00"))}}, none(2), ""},
		"with another ticket": {nil, [][]piecework.NewTally{{tally("a", ticket("T1"), at("09:00:00")), tally("b", ticket("T2"), at("09:00:30"))}}, none(2), ""},

		"all that is ordered":     {nil, [][]piecework.NewTally{{tally("a", good(5000), at("11:00:00"))}}, none(1), ""},
		"more than ordered":       {nil, [][]piecework.NewTally{{tally("a", good(5000), at("11:00:00"))}, {tally("b", good(1), at("11:30:00"))}}, []string{"5001 good pieces are counted at this operation, but only 5000 are ordered."}, "b:over_ordered:5001/5000"},
		"over several sessions":   {func(w *pieceworktest.World) { w.Session("S2", "2026-10-06") }, [][]piecework.NewTally{{tally("a", good(3000), at("11:00:00"))}, {tally("b", good(2001), session("S2", 0))}}, []string{"5001 good pieces are counted at this operation, but only 5000 are ordered."}, "b:over_ordered:5001/5000"},
		"what was struck is free": {nil, [][]piecework.NewTally{{tally("a", good(5000), at("10:00:00"))}, {tally("r", good(5000), reversing("a"), at("10:01:00"))}, {tally("b", good(5000), at("11:00:00"))}}, none(1), ""},
		"scrap is not delivered":  {nil, [][]piecework.NewTally{{tally("a", good(5000), at("11:00:00"))}, {tally("b", counts(piecework.Counts{ScrapMaterial: 9}), at("11:30:00"))}}, none(1), ""},

		"all that was passed on":     {nil, [][]piecework.NewTally{{tally("a", operation("cut"), good(100), at("09:00:00"))}, {tally("b", good(100), at("09:30:00"))}}, none(1), ""},
		"more than was passed on":    {nil, [][]piecework.NewTally{{tally("a", operation("cut"), good(100), at("09:00:00"))}, {tally("b", good(101), at("09:30:00"))}}, []string{"101 pieces are counted at this operation, but 剪瓣 has passed on only 100."}, "b:over_previous:101/100 剪瓣"},
		"scrap was passed on too":    {nil, [][]piecework.NewTally{{tally("a", operation("cut"), good(100), at("09:00:00"))}, {tally("b", counts(piecework.Counts{Good: 99, ScrapWorkmanship: 2}), at("09:30:00"))}}, []string{"101 pieces are counted at this operation, but 剪瓣 has passed on only 100."}, "b:over_previous:101/100 剪瓣"},
		"rework comes back":          {nil, [][]piecework.NewTally{{tally("a", operation("cut"), good(100), at("09:00:00"))}, {tally("b", counts(piecework.Counts{Good: 98, Rework: 7}), at("09:30:00"))}}, none(1), ""},
		"nothing counted before":     {nil, [][]piecework.NewTally{{tally("b", good(101), at("09:30:00"))}}, none(1), ""},
		"what was before was struck": {nil, [][]piecework.NewTally{{tally("a", operation("cut"), at("09:00:00"))}, {tally("r", operation("cut"), reversing("a"), at("09:01:00"))}, {tally("b", at("09:30:00"))}}, none(1), ""},
		"the nearest that was counted": {func(w *pieceworktest.World) {
			w.Must(piecework.SaveOperation(w.Ctx, w.DB, &piecework.Operation{ProductID: w.Order.ProductID, Code: "pack", Name: "包装", Seq: 9}))
			w.Must(piecework.SaveOperation(w.Ctx, w.DB, &piecework.Operation{ProductID: w.Order.ProductID, Code: "dry", Name: "晾干", Seq: 5}))
		}, [][]piecework.NewTally{{tally("a", operation("cut"), good(100), at("09:00:00")), tally("b", good(60), at("09:00:00"))}, {tally("c", operation("pack"), good(61), at("09:30:00"))}},
			[]string{"61 pieces are counted at this operation, but 粘花 has passed on only 60."}, "c:over_previous:61/60 粘花"},
		"side by side": {func(w *pieceworktest.World) {
			w.Must(piecework.SaveOperation(w.Ctx, w.DB, &piecework.Operation{ProductID: w.Order.ProductID, Code: "leaf", Name: "剪叶", Seq: 1}))
		}, [][]piecework.NewTally{{tally("a", operation("cut"), good(100), at("09:00:00")), tally("b", operation("leaf"), good(60), at("09:00:00"))}, {tally("c", good(100), at("09:30:00"))}}, none(1), ""},

		"as fast as can be":                {nil, [][]piecework.NewTally{{tally("a", good(3600), at("09:00:00"))}}, none(1), ""},
		"too fast":                         {nil, [][]piecework.NewTally{{tally("a", good(3601), at("09:00:00"))}}, []string{"3601 pieces an hour; more than 3600 are hard to believe."}, "a:too_fast:3601/3600"},
		"too fast in all":                  {nil, [][]piecework.NewTally{{tally("a", good(3000), at("09:00:00"))}, {tally("b", counts(piecework.Counts{Good: 1000, Rework: 501}), at("09:15:00"))}}, []string{"3601 pieces an hour; more than 3600 are hard to believe."}, "b:too_fast:3601/3600"},
		"since she came":                   {present("09:00:00"), [][]piecework.NewTally{{tally("a", good(1801), at("09:30:00"))}}, []string{"3602 pieces an hour; more than 3600 are hard to believe."}, "a:too_fast:3602/3600"},
		"just checked in":                  {present("09:00:00"), [][]piecework.NewTally{{tally("a", good(900), at("09:00:10"))}}, none(1), ""},
		"too much all the same":            {present("09:00:00"), [][]piecework.NewTally{{tally("a", good(901), at("08:30:00"))}}, []string{"3604 pieces an hour; more than 3600 are hard to believe."}, "a:too_fast:3604/3600"},
		"what the operation says":          {slow(10), [][]piecework.NewTally{{tally("a", good(10), at("09:00:00"))}, {tally("b", good(11), at("10:00:00"))}}, []string{"11 pieces an hour; more than 10 are hard to believe."}, "b:too_fast:11/10"},
		"slower than it can be":            {slow(10), [][]piecework.NewTally{{tally("a", good(10), at("09:00:00"))}}, none(1), ""},
		"a team is as fast as its members": {pair, [][]piecework.NewTally{{tally("a", worker(pairCode), counts(piecework.Counts{Rework: 7200}), at("09:00:00"))}}, none(1), ""},
		"a team too fast":                  {pair, [][]piecework.NewTally{{tally("a", worker(pairCode), counts(piecework.Counts{Rework: 7201}), at("09:00:00"))}}, []string{"7201 pieces an hour; more than 7200 are hard to believe."}, "a:too_fast:7201/7200"},
		"faster than it can be":            {slow(10), [][]piecework.NewTally{{tally("a", good(11), at("09:00:00"))}}, []string{"11 pieces an hour; more than 10 are hard to believe."}, "a:too_fast:11/10"},
		"nobody knows since when": {func(w *pieceworktest.World) {
			w.Must(piecework.OpenSession(w.Ctx, w.DB, &piecework.WorkSession{Code: "S2", WorkshopID: w.Workshop.ID, WorkDate: "2026-10-05"}))
		}, [][]piecework.NewTally{{tally("a", good(5000), at("08:00:01"), func(t *piecework.NewTally) { t.Session = "S2" })}}, none(1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := pieceworktest.NewWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			var last []piecework.TallyResult
			for _, batch := range c.batches {
				last = record(w, batch...)
				for _, r := range last {
					if r.Status != piecework.Accepted {
						t.Fatalf("%s: %s %v", r.UID, r.Status, r.Reason)
					}
				}
			}
			if got := warnings(last); !slices.Equal(got, c.want) {
				t.Errorf("warned\n%q, want\n%q", got, c.want)
			}
			if got := openFlags(w); got != c.flags {
				t.Errorf("flags %q, want %q", got, c.flags)
			}
			w.Must(piecework.CheckProgress(w.Ctx, w.DB))
		})
	}
}

// present notes that A1 came to S1 at a time of day.
func present(clock string) func(*pieceworktest.World) {
	return func(w *pieceworktest.World) {
		var t piecework.NewTally
		at(clock)(&t)
		_, err := w.DB.NewInsert().Model(&piecework.Attendance{SessionID: 1, WorkerID: w.Workers[0].ID, CheckIn: t.RecordedAt}).Exec(w.Ctx)
		w.Must(err)
	}
}

// pair makes the team of A1 and A2, whose code is always this one.
func pair(w *pieceworktest.World) {
	w.Helper()
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, []piecework.TeamMember{of(w.Workers[0], 0), of(w.Workers[1], 0)})
	w.Must(err)
	if team.Code != pairCode {
		w.Fatalf("the team of A1 and A2 is %s", team.Code)
	}
}

var pairCode = piecework.TeamCode([]piecework.TeamMember{member("A1", piecework.ShareWeightOne), member("A2", piecework.ShareWeightOne)})

// slow says how many pieces of glue can be made in an hour.
func slow(perHour int64) func(*pieceworktest.World) {
	return func(w *pieceworktest.World) {
		w.Glue.MaxPerHour = perHour
		w.Must(piecework.SaveOperation(w.Ctx, w.DB, &w.Glue))
	}
}

// openFlags are the open flags as "uid:kind:found/allowed detail".
func openFlags(w *pieceworktest.World) string {
	w.Helper()
	var flags []piecework.Flag
	w.Must(w.DB.NewSelect().Model(&flags).Relation("Tally").Where("fl.decided_at = 0").Order("fl.id").Scan(w.Ctx))
	var list []string
	for _, f := range flags {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s:%s:%d/%d %s", f.Tally.UID, f.Kind, f.Found, f.Allowed, f.Detail)))
	}
	return strings.Join(list, ", ")
}
