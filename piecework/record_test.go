package piecework_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// twoShops is a world with a second workshop W2 (worker B1, order O9, session S9), a closed session SC and a closed order OC.
func twoShops(t testing.TB) *pieceworktest.World {
	w := pieceworktest.NewWorld(t)
	other := piecework.NewWorkshop("W2", "睫毛坊")
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, other))
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, &piecework.Worker{Code: "B1", Name: "李娟", WorkshopID: other.ID, ShareWeight: 1, Active: true}))
	w.Must(piecework.OpenSession(w.Ctx, w.DB, &piecework.WorkSession{Code: "S9", WorkshopID: other.ID, WorkDate: "2026-10-05"}))
	for code, workshop := range map[string]int64{"O9": other.ID, "OC": w.Workshop.ID} {
		o := &piecework.ProcessingOrder{Code: code, WorkshopID: workshop, ContractorID: w.Order.ContractorID, ProductID: w.Order.ProductID, Quantity: 10, OrderedOn: "2026-10-01"}
		w.Must(piecework.SaveOrder(w.Ctx, w.DB, o))
		if code == "OC" {
			w.Must(piecework.EndOrder(w.Ctx, w.DB, o.ID, "客户取消", "test"))
		}
	}
	closed := &piecework.WorkSession{Code: "SC", WorkshopID: w.Workshop.ID, WorkDate: "2026-10-04"}
	w.Must(piecework.OpenSession(w.Ctx, w.DB, closed))
	w.Must(piecework.CloseSession(w.Ctx, w.DB, closed.ID, "lead"))
	// What is counted in the very millisecond of closing still belongs, so let some time have passed.
	for _, table := range []string{"work_sessions", "processing_orders"} {
		_, err := w.DB.ExecContext(w.Ctx, "UPDATE "+table+" SET closed_at = closed_at - 60000 WHERE closed_at <> 0")
		w.Must(err)
	}
	return w
}

// tally is a good one; the options make it another.
func tally(uid string, options ...func(*piecework.NewTally)) piecework.NewTally {
	t := piecework.NewTally{UID: uid, Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 5}}
	for _, o := range options {
		o(&t)
	}
	return t
}

func reversing(uid string) func(*piecework.NewTally) {
	return func(t *piecework.NewTally) { t.Reverses = uid }
}

func ticket(code string) func(*piecework.NewTally) {
	return func(t *piecework.NewTally) { t.Ticket = code }
}

func session(code string, at piecework.Instant) func(*piecework.NewTally) {
	return func(t *piecework.NewTally) { t.Session, t.RecordedAt = code, at }
}

func good(n int64) func(*piecework.NewTally) {
	return func(t *piecework.NewTally) { t.Counts = piecework.Counts{Good: n} }
}

// said is the results as lines, each as "uid status reason".
func said(results []piecework.TallyResult) []string {
	var list []string
	for _, r := range results {
		line := r.UID + " " + string(r.Status)
		if r.Reason != nil {
			line += " " + r.Reason.String()
		}
		list = append(list, line)
	}
	return list
}

func record(w *pieceworktest.World, items ...piecework.NewTally) []piecework.TallyResult {
	w.Helper()
	results, err := piecework.RecordTallies(w.Ctx, w.DB, piecework.Actor{Name: "test"}, items)
	w.Must(err)
	return results
}

func TestRecordTallies(t *testing.T) {
	before, after := piecework.At(time.Now().Add(-time.Hour)), piecework.At(time.Now().Add(time.Hour))
	with := func(f func(*piecework.NewTally)) piecework.NewTally { return tally("n", f) }
	for name, c := range map[string]struct {
		stored []piecework.NewTally // accepted beforehand, each in a batch of its own
		batch  []piecework.NewTally
		want   []string
	}{
		"no uid":            {nil, []piecework.NewTally{tally("")}, []string{" rejected is required"}},
		"bad uid":           {nil, []piecework.NewTally{tally("a b")}, []string{`a b rejected "a b" may hold only printable ASCII characters`}},
		"no session":        {nil, []piecework.NewTally{with(session("S7", 0))}, []string{`n rejected there is no session "S7"`}},
		"other's session":   {nil, []piecework.NewTally{with(session("S9", 0))}, []string{`n rejected there is no worker "A1" in this workshop`}},
		"no worker":         {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.Worker = "Z" })}, []string{`n rejected there is no worker "Z" in this workshop`}},
		"other's worker":    {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.Worker = "B1" })}, []string{`n rejected there is no worker "B1" in this workshop`}},
		"no order":          {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.Order = "" })}, []string{`n rejected there is no order "" in this workshop`}},
		"other's order":     {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.Order = "O9" })}, []string{`n rejected there is no order "O9" in this workshop`}},
		"no operation":      {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.Operation = "paint" })}, []string{`n rejected order O1 has no operation "paint"`}},
		"no code at all":    {nil, []piecework.NewTally{with(session("S\x00\xff", 0)), tally("m")}, []string{`n rejected there is no session "S\x00\xff"`, "m accepted"}},
		"nothing counted":   {nil, []piecework.NewTally{with(good(0))}, []string{"n rejected good: nothing was counted: at least one number must be more than 0"}},
		"negative":          {nil, []piecework.NewTally{with(good(-1))}, []string{"n rejected good: must be between 0 and 10000000"}},
		"too many":          {nil, []piecework.NewTally{with(good(10_000_001))}, []string{"n rejected good: must be between 0 and 10000000"}},
		"as many as may be": {nil, []piecework.NewTally{with(good(10_000_000))}, []string{"n accepted"}},
		"negative scrap": {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.ScrapMaterial = -5 })},
			[]string{"n rejected scrap_material: must be between 0 and 10000000"}},
		"only scrap": {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.Counts = piecework.Counts{ScrapWorkmanship: 1} })}, []string{"n accepted"}},
		"bad ticket": {nil, []piecework.NewTally{with(ticket("a b"))}, []string{`n rejected ticket: "a b" may hold only letters, digits and - _ . /`}},
		"bad reason": {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.Reason = "a\nb" })}, []string{`n rejected reason: "a\nb" holds characters that cannot be printed`}},

		"duplicate":                   {[]piecework.NewTally{tally("a")}, []piecework.NewTally{tally("a")}, []string{"a duplicate"}},
		"duplicate in the batch":      {nil, []piecework.NewTally{tally("a"), tally("a")}, []string{"a accepted", "a duplicate"}},
		"duplicate with other counts": {[]piecework.NewTally{tally("a")}, []piecework.NewTally{tally("a", good(6))}, []string{"a rejected another tally with this uid and other content is already stored"}},
		"duplicate with another moment": {[]piecework.NewTally{tally("a", session("S1", before))}, []piecework.NewTally{tally("a", session("S1", before+1))},
			[]string{"a rejected another tally with this uid and other content is already stored"}},
		"duplicate without its moment": {[]piecework.NewTally{tally("a", session("S1", before))}, []piecework.NewTally{tally("a")}, []string{"a duplicate"}},
		"duplicate of a struck tally":  {[]piecework.NewTally{tally("a"), tally("r", reversing("a"))}, []piecework.NewTally{tally("a"), tally("r", reversing("a"))}, []string{"a duplicate", "r duplicate"}},
		"a reversal with the uid of a tally": {[]piecework.NewTally{tally("a"), tally("b")}, []piecework.NewTally{tally("a", reversing("b"))},
			[]string{"a rejected another tally with this uid and other content is already stored"}},

		"closed session":            {nil, []piecework.NewTally{with(session("SC", 0))}, []string{"n rejected session SC is closed; reopen it, or count in another one"}},
		"closed session, later":     {nil, []piecework.NewTally{with(session("SC", after))}, []string{"n rejected session SC is closed; reopen it, or count in another one"}},
		"closed session, before":    {nil, []piecework.NewTally{with(session("SC", before))}, []string{"n accepted"}},
		"closed order":              {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.Order = "OC" })}, []string{"n rejected order OC is closed"}},
		"closed order, before":      {nil, []piecework.NewTally{with(func(t *piecework.NewTally) { t.Order, t.RecordedAt = "OC", before })}, []string{"n accepted"}},
		"duplicate, session closed": {[]piecework.NewTally{tally("a", session("SC", before))}, []piecework.NewTally{tally("a", session("SC", before))}, []string{"a duplicate"}},

		"reversal":                {[]piecework.NewTally{tally("a")}, []piecework.NewTally{tally("r", reversing("a"))}, []string{"r accepted"}},
		"original and reversal":   {nil, []piecework.NewTally{tally("a"), tally("r", reversing("a"))}, []string{"a accepted", "r accepted"}},
		"reversal first":          {nil, []piecework.NewTally{tally("r", reversing("a")), tally("a")}, []string{`r rejected there is no tally "a" to reverse`, "a accepted"}},
		"reversal of itself":      {nil, []piecework.NewTally{tally("a", reversing("a"))}, []string{`a rejected there is no tally "a" to reverse`}},
		"second reversal":         {[]piecework.NewTally{tally("a"), tally("r", reversing("a"))}, []piecework.NewTally{tally("q", reversing("a"))}, []string{`q rejected tally "a" is already reversed`}},
		"both reversals at once":  {[]piecework.NewTally{tally("a")}, []piecework.NewTally{tally("r", reversing("a")), tally("q", reversing("a"))}, []string{"r accepted", `q rejected tally "a" is already reversed`}},
		"reversal of a reversal":  {[]piecework.NewTally{tally("a"), tally("r", reversing("a"))}, []piecework.NewTally{tally("q", reversing("r"))}, []string{`q rejected tally "r" is itself a reversal; record a new tally instead`}},
		"reversal of part":        {[]piecework.NewTally{tally("a")}, []piecework.NewTally{tally("r", good(4), reversing("a"))}, []string{`r rejected a reversal must repeat the worker, order, operation and quantities of tally "a"`}},
		"reversal for another":    {[]piecework.NewTally{tally("a")}, []piecework.NewTally{tally("r", reversing("a"), func(t *piecework.NewTally) { t.Worker = "A2" })}, []string{`r rejected a reversal must repeat the worker, order, operation and quantities of tally "a"`}},
		"reversal of other's":     {[]piecework.NewTally{tally("a")}, []piecework.NewTally{{UID: "r", Session: "S9", Worker: "B1", Order: "O9", Operation: "glue", Counts: piecework.Counts{Good: 5}, Reverses: "a"}}, []string{`r rejected there is no tally "a" to reverse`}},
		"reversal, order closed":  {[]piecework.NewTally{tally("a", func(t *piecework.NewTally) { t.Order, t.RecordedAt = "OC", before })}, []piecework.NewTally{tally("r", reversing("a"), func(t *piecework.NewTally) { t.Order = "OC" })}, []string{"r accepted"}},
		"reversal in the closed":  {[]piecework.NewTally{tally("a")}, []piecework.NewTally{tally("r", reversing("a"), session("SC", 0))}, []string{"r rejected session SC is closed; reopen it, or count in another one"}},
		"reversal of a rejected":  {nil, []piecework.NewTally{tally("a", good(0)), tally("r", good(0), reversing("a"))}, []string{"a rejected good: nothing was counted: at least one number must be more than 0", "r rejected good: nothing was counted: at least one number must be more than 0"}},
		"ticket":                  {[]piecework.NewTally{tally("a", ticket("T1"))}, []piecework.NewTally{tally("b", ticket("T1"))}, []string{"b rejected ticket T1 is already credited for this operation (tally a)"}},
		"ticket in the batch":     {nil, []piecework.NewTally{tally("a", ticket("T1")), tally("b", ticket("T1"))}, []string{"a accepted", "b rejected ticket T1 is already credited for this operation (tally a)"}},
		"ticket, other operation": {[]piecework.NewTally{tally("a", ticket("T1"))}, []piecework.NewTally{tally("b", ticket("T1"), func(t *piecework.NewTally) { t.Operation = "cut" })}, []string{"b accepted"}},
		"ticket freed":            {[]piecework.NewTally{tally("a", ticket("T1")), tally("r", reversing("a"))}, []piecework.NewTally{tally("b", ticket("T1"))}, []string{"b accepted"}},
		"ticket freed in the batch": {[]piecework.NewTally{tally("a", ticket("T1"))}, []piecework.NewTally{tally("r", reversing("a")), tally("b", ticket("T1")), tally("c", ticket("T1"))},
			[]string{"r accepted", "b accepted", "c rejected ticket T1 is already credited for this operation (tally b)"}},
		"ticket named by the reversal": {[]piecework.NewTally{tally("a", ticket("T1")), tally("r", ticket("T1"), reversing("a"))}, []piecework.NewTally{tally("b", ticket("T1"))}, []string{"b accepted"}},

		"a bad one fails nobody": {nil, []piecework.NewTally{tally("a"), tally("b", good(-1)), tally("c"), tally("a"), tally("d", session("S7", 0)), tally("e")},
			[]string{"a accepted", "b rejected good: must be between 0 and 10000000", "c accepted", "a duplicate", `d rejected there is no session "S7"`, "e accepted"}},
		"two workshops": {nil, []piecework.NewTally{tally("a"), {UID: "b", Session: "S9", Worker: "B1", Order: "O9", Operation: "glue", Counts: piecework.Counts{Good: 5}}, tally("c")},
			[]string{"a accepted", "b accepted", "c accepted"}},
		"nothing": {nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := twoShops(t)
			for _, item := range c.stored {
				w.Record(item)
			}
			if got := said(record(w, c.batch...)); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			accepted := len(c.stored)
			for _, line := range c.want {
				if strings.HasSuffix(line, " accepted") {
					accepted++
				}
			}
			if n, err := w.DB.NewSelect().Model((*piecework.Tally)(nil)).Count(w.Ctx); err != nil || int(n) != accepted {
				t.Errorf("%d tallies are stored, want %d, %v", n, accepted, err)
			}
			checkChain(w)
		})
	}
}

func TestALeadRecordsForHerWorkshopOnly(t *testing.T) {
	w := twoShops(t)
	results, err := piecework.RecordTallies(w.Ctx, w.DB, piecework.Actor{Name: "lead", WorkshopID: w.Workshop.ID}, []piecework.NewTally{tally("a"),
		{UID: "b", Session: "S9", Worker: "B1", Order: "O9", Operation: "glue", Counts: piecework.Counts{Good: 5}}})
	w.Must(err)
	if got := said(results); !slices.Equal(got, []string{"a accepted", `b rejected there is no session "S9"`}) {
		t.Errorf("%q", got)
	}
}

// checkChain recomputes the chain of every workshop and compares it with what is stored. It counts the links.
func checkChain(w *pieceworktest.World) (links int) {
	w.Helper()
	workshops, err := piecework.Workshops(w.Ctx, w.DB, 0)
	w.Must(err)
	for _, shop := range workshops {
		var prev []byte
		n := int64(0)
		for l, err := range piecework.TallyLinks(w.Ctx, w.DB, shop.ID) {
			w.Must(err)
			n++
			if prev = piecework.Link(prev, l.Content); l.Seq != n || !bytes.Equal(prev, l.Hash) {
				w.Fatalf("workshop %s: link %d (%s) of the chain is broken at %d", shop.Code, l.Seq, l.Name, n)
			}
		}
		if n != shop.ChainSeq || !bytes.Equal(prev, shop.ChainHash) {
			w.Fatalf("workshop %s: the chain has %d links, its head says %d", shop.Code, n, shop.ChainSeq)
		}
		links += int(n)
	}
	return links
}

// anyTally draws a tally out of a small world, so that uids, tickets and reversals meet often.
func anyTally(t *rapid.T, before []piecework.NewTally) piecework.NewTally {
	uid := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", ""}).Draw(t, "uid")
	if len(before) > 0 {
		earlier := rapid.SampledFrom(before).Draw(t, "earlier")
		switch rapid.IntRange(0, 4).Draw(t, "as") {
		case 0:
			return earlier // sent again
		case 1, 2:
			earlier.UID, earlier.Reverses = uid, earlier.UID
			return earlier
		}
	}
	return piecework.NewTally{UID: uid,
		Session: rapid.SampledFrom([]string{"S1", "S1", "S1", "S9", "SC", "S7"}).Draw(t, "session"), Order: rapid.SampledFrom([]string{"O1", "O1", "O9"}).Draw(t, "order"),
		Worker: rapid.SampledFrom([]string{"A1", "A1", "A2", "B1"}).Draw(t, "worker"), Operation: rapid.SampledFrom([]string{"cut", "glue"}).Draw(t, "operation"),
		Counts: piecework.Counts{Good: rapid.Int64Range(0, 3).Draw(t, "good")}, Ticket: rapid.SampledFrom([]string{"", "T1", "T2"}).Draw(t, "ticket")}
}

// TestBatchesGiveTheSameBooksAsOneByOne sends the same tallies twice: in batches of any size, and one at a time. Uids and
// tickets differ by a prefix, so that one database holds both.
func TestBatchesGiveTheSameBooksAsOneByOne(t *testing.T) {
	w := twoShops(t)
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		var sent []piecework.NewTally
		under := func(prefix string, items []piecework.NewTally) []piecework.NewTally {
			items = slices.Clone(items)
			for i := range items {
				for _, s := range []*string{&items[i].UID, &items[i].Ticket, &items[i].Reverses} {
					if *s != "" {
						*s = prefix + *s
					}
				}
			}
			return items
		}
		together, alone := fmt.Sprintf("x%d-", round), fmt.Sprintf("y%d-", round)
		for range rapid.IntRange(1, 5).Draw(t, "batches") {
			var batch []piecework.NewTally
			for range rapid.IntRange(1, 8).Draw(t, "size") {
				item := anyTally(t, sent)
				batch, sent = append(batch, item), append(sent, item)
			}
			var one []piecework.TallyResult
			for _, item := range under(alone, batch) {
				one = append(one, record(w, item)...)
			}
			got, want := strings.Join(said(record(w, under(together, batch)...)), "\n"), strings.Join(said(one), "\n")
			if got = strings.ReplaceAll(got, together, ""); got != strings.ReplaceAll(want, alone, "") {
				t.Fatalf("together:\n%s\n\none by one:\n%s", got, want)
			}
		}
		if a, b := booksUnder(w, together), booksUnder(w, alone); a != b {
			t.Fatalf("books together:\n%s\none by one:\n%s", a, b)
		}
	})
	checkChain(w)
}

// booksUnder prints the tallies whose uids begin with a prefix, in the order of the chain, without the prefix. It fails
// when a ticket is credited twice.
func booksUnder(w *pieceworktest.World, prefix string) string {
	w.Helper()
	var list []piecework.Tally
	w.Must(w.DB.NewSelect().Model(&list).Relation("ReversedBy").Where("t.uid LIKE ?", prefix+"%").Order("t.workshop_id", "t.chain_seq").Scan(w.Ctx))
	var b strings.Builder
	credited := map[string]string{}
	for _, t := range list {
		by := ""
		if t.Struck() {
			by = t.ReversedBy.UID
		}
		fmt.Fprintln(&b, t.UID, t.WorkshopID, t.SessionID, t.WorkDate, t.WorkerID, t.OrderID, t.OperationID, t.Counts, t.Ticket, t.ReversesID != 0, by, t.RecordedBy)
		if key := fmt.Sprint(t.Ticket, " ", t.OperationID); t.Ticket != "" && t.ReversesID == 0 && !t.Struck() {
			if credited[key] != "" {
				w.Errorf("ticket and operation %s are credited by %s and %s", key, credited[key], t.UID)
			}
			credited[key] = t.UID
		}
	}
	return strings.ReplaceAll(b.String(), prefix, "")
}

func TestTheDatabaseItselfRefusesToChangeTallies(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Count("S1", "A1", "glue", 5)
	for _, statement := range []string{
		"UPDATE tallies SET good = 6", "UPDATE tallies SET reason = 'x' WHERE uid = 'u1'", "DELETE FROM tallies", "DELETE FROM tallies WHERE id = 1",
	} {
		if _, err := w.DB.ExecContext(w.Ctx, statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	// Replacing a row is how SQLite would get around a trigger on DELETE.
	if _, err := w.DB.ExecContext(w.Ctx, `INSERT INTO tallies SELECT * FROM tallies`); err == nil {
		t.Error("a row was stored a second time")
	}
	if piecework.IsSQLite(w.DB) {
		if _, err := w.DB.ExecContext(w.Ctx, `INSERT OR REPLACE INTO tallies SELECT id, uid, workshop_id, session_id, work_date, worker_id, order_id, operation_id,
			good + 1, rework, scrap_workmanship, scrap_material, ticket, reverses_id, reason, recorded_at, received_at, recorded_by, chain_seq, hash FROM tallies`); err == nil {
			t.Error("a row was replaced")
		}
	}
	checkChain(w)
}
