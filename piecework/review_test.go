package piecework_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// tickets cuts O1 into bundles of 50 and returns the codes of the first ones.
func tickets(w *pieceworktest.World, operations ...string) []string {
	w.Helper()
	list, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: 50, Quantity: 200, Operations: operations, By: "test"})
	w.Must(err)
	var codes []string
	for i := range list {
		codes = append(codes, list[i].Code().String())
	}
	return codes
}

func TestTicketsOfOurs(t *testing.T) {
	w := twoShops(t)
	codes := tickets(w, "glue")
	second := *w.Order
	second.ID, second.Code = 0, "O2"
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, &second))
	first, msg := piecework.ParseCode(codes[0])
	if msg != nil {
		t.Fatal(msg)
	}
	voided, err := piecework.TicketsByCode(w.Ctx, w.DB, codes[3])
	w.Must(err)
	_, err = piecework.SplitTicket(w.Ctx, w.DB, piecework.Split{TicketID: voided[codes[3]].ID, Parts: []int64{20, 30}, Reason: "two workers", By: "test"})
	w.Must(err)
	order := func(code string) func(*piecework.NewTally) {
		return func(t *piecework.NewTally) { t.Order = code }
	}
	got := said(record(w,
		tally("a", ticket(codes[0]), good(50)), // right
		tally("b", ticket(codes[1]), order("O2")),
		tally("c", ticket(codes[1]), operation("cut")),
		tally("d", ticket(codes[3])),
		tally("e", ticket(codes[0])),
		tally("f", ticket(strings.ToLower(codes[0]))),
		tally("g", ticket(first.Short())),
		tally("h", ticket("HTTPS://JIJIAN.EXAMPLE/Q/"+codes[0])),
		tally("i", ticket(first.Short()), order("O2"), operation("cut")), // the number of another program's ticket, for all we know
		tally("j", ticket("T0000ZZ")), tally("k", ticket("T0000ZZ")),
	))
	already := fmt.Sprintf(" rejected ticket %s is already credited for this operation (tally a)", codes[0])
	want := []string{"a accepted", fmt.Sprintf("b rejected ticket %s belongs to another order", codes[1]), fmt.Sprintf("c rejected ticket %s does not cover operation cut", codes[1]),
		fmt.Sprintf("d rejected ticket %s was split; count on the tickets that took its place", codes[3]), "e" + already, "f" + already, "g" + already, "h" + already,
		fmt.Sprintf("i rejected ticket %s belongs to another order", codes[0]), "j accepted", "k rejected ticket T0000ZZ is already credited for this operation (tally j)"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// Alone it fits no ticket of ours.
	if got := said(record(w, tally("l", ticket(first.Short()), order("O2"), operation("cut")))); got[0] != "l accepted" {
		t.Errorf("a number of another program: %q", got)
	}
	// The same tally again, whichever way the ticket was read.
	if got := said(record(w, tally("a", ticket(first.Short()), good(50)))); got[0] != "a duplicate" {
		t.Errorf("sent again: %q", got)
	}
	results := record(w, tally("m", ticket(codes[2]), counts(piecework.Counts{Good: 50, Rework: 1}), at("15:00:00")))
	if got := strings.Join(warnings(results), ""); !strings.Contains(got, "51 pieces are counted on a ticket for 50.") {
		t.Errorf("more than the ticket: %q", got)
	}
	if got := openFlags(w); !strings.Contains(got, "m:over_ticket:51/50") {
		t.Errorf("flags %q", got)
	}
}

func TestBadgesInPlaceOfCodes(t *testing.T) {
	w := twoShops(t)
	codes, err := piecework.CodesOf(w.Ctx, w.DB, piecework.WorkerBadge, w.Workshop.ID, "test", w.Workers[0].ID, w.Workers[1].ID)
	w.Must(err)
	lost := codes[w.Workers[1].ID]
	fresh, err := piecework.ReplaceCode(w.Ctx, w.DB, piecework.WorkerBadge, w.Workers[1].ID, "test", "lost")
	w.Must(err)
	got := said(record(w, tally("a", worker(codes[w.Workers[0].ID].String())), tally("b", worker(lost.String())), tally("c", worker(fresh.Short())),
		tally("d", worker("W000ZZZ")), tally("a", worker("A1"))))
	want := []string{"a accepted", "b rejected This badge was replaced by a newer one.", "c accepted", `d rejected there is no worker "W000ZZZ" in this workshop`, "a duplicate"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	checkChain(w)
}

// Two recorders, as two processes have them, race for the same tickets: each is credited once.
func TestTwoRecordersRaceForATicket(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	codes := tickets(w)
	recorders := []*piecework.Recorder{piecework.NewRecorder(w.DB), piecework.NewRecorder(w.DB)}
	accepted := make(chan string, 100)
	var racers sync.WaitGroup
	for i := range 16 {
		racers.Go(func() {
			for _, code := range codes {
				item := tally(fmt.Sprintf("%d-%s", i, code), ticket(code), worker(fmt.Sprintf("A%d", 1+i%3)))
				results, err := recorders[i%2].Record(w.Ctx, piecework.Actor{Name: "test"}, []piecework.NewTally{item})
				if err != nil {
					t.Error(err)
					return
				}
				if results[0].Status == piecework.Accepted {
					accepted <- code
				}
			}
		})
	}
	racers.Wait()
	for _, r := range recorders {
		r.Close()
	}
	close(accepted)
	credited := map[string]int{}
	for code := range accepted {
		credited[code]++
	}
	for _, code := range codes {
		if credited[code] != 1 {
			t.Errorf("ticket %s is credited %d times", code, credited[code])
		}
	}
	w.Must(piecework.CheckProgress(w.Ctx, w.DB))
	checkChain(w)
}

func heldList(w *pieceworktest.World) []piecework.Held {
	w.Helper()
	page, err := piecework.HeldTallies(w.Ctx, w.DB, piecework.Filter{})
	w.Must(err)
	return page.Items
}

func hold(w *pieceworktest.World, by piecework.Actor, items ...piecework.NewTally) []piecework.TallyResult {
	w.Helper()
	for i := range items {
		if items[i].Sent == "" {
			items[i].Sent = fmt.Sprintf(`{"uid":%q,"worker":%q,"good":%d}`, items[i].UID, items[i].Worker, items[i].Good)
		}
	}
	results, err := piecework.RecordBatch(w.Ctx, w.DB, piecework.Batch{By: by, Items: items, Hold: true})
	w.Must(err)
	return results
}

var (
	recorder = piecework.Actor{Name: "王组长"}
	reviewer = piecework.Actor{Name: "孙会计"}
)

func TestHeldTallies(t *testing.T) {
	w := twoShops(t)
	sent := []piecework.NewTally{tally("a"), tally("b", worker("Z")), tally("a"), tally("", good(1)), tally("c", func(t *piecework.NewTally) {
		t.Wrong, t.Sent = piecework.Msg("%s: %s", "tallies[3]", piecework.Msg("holds %d tallies; one call carries at most %d", 7, 8)), "7"
	}), tally("d", session("S7", 0)), tally("e", worker("Z"), func(t *piecework.NewTally) { t.Sent = strings.Repeat("x", 16<<10+1) }), tally("f", session("SC", 0))}
	for round := range 2 { // sent again it is held once
		results := hold(w, recorder, sent...)
		for i, want := range []bool{false, true, false, true, true, true, false, true} {
			if results[i].Held != want {
				t.Errorf("round %d: %d: %+v", round, i, results[i])
			}
		}
	}
	list := heldList(w)
	if len(list) != 5 {
		t.Fatalf("%d are held", len(list))
	}
	for i, want := range []string{`there is no worker "Z" in this workshop`, "is required", "tallies[3]: holds 7 tallies; one call carries at most 8", `there is no session "S7"`,
		"session SC is closed; reopen it, or count in another one"} {
		if got := list[i].Reason.String(); got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	if list[0].WorkshopID != w.Workshop.ID || list[3].WorkshopID != 0 || list[0].HeldBy != recorder.Name || list[2].Content != "7" {
		t.Errorf("%+v", list)
	}
	if n, err := piecework.CountReview(w.Ctx, w.DB, 0); n != 5 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	if n, err := piecework.CountReview(w.Ctx, w.DB, w.Workshop.ID); n != 4 || err != nil {
		t.Errorf("%d wait at the workshop, %v", n, err)
	}
	if results := record(w, tally("g", worker("Z"))); results[0].Held {
		t.Error("held though nobody asked for it")
	}
}

// What was refused is put right and counts exactly once, whoever is quicker and whatever is sent again.
func TestHeldTalliesAreAcceptedOnce(t *testing.T) {
	w := twoShops(t)
	wrong := tally("a", worker("Z"))
	hold(w, recorder, wrong)
	id := heldList(w)[0].ID
	if _, err := piecework.AcceptHeld(w.Ctx, w.DB, recorder, id, tally(""), ""); !errors.Is(err, piecework.ErrForbidden) {
		t.Errorf("by the one who sent it: %v", err)
	}
	if _, err := piecework.AcceptHeld(w.Ctx, w.DB, piecework.Actor{Name: "x", WorkshopID: w.Workshop.ID + 1}, id, tally(""), ""); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("by another workshop: %v", err)
	}
	if _, err := piecework.AcceptHeld(w.Ctx, w.DB, reviewer, id, tally("", worker("Y")), ""); !errors.Is(err, piecework.ErrConflict) || !strings.Contains(err.Error(), `no worker "Y"`) {
		t.Errorf("wrong again: %v", err)
	}
	var racers sync.WaitGroup
	accepted := make(chan *piecework.Tally, 8)
	for range 8 {
		racers.Go(func() {
			stored, err := piecework.AcceptHeld(w.Ctx, w.DB, reviewer, id, tally("", worker("A2")), "the badge was smudged")
			if err == nil {
				accepted <- stored
			} else if !errors.Is(err, piecework.ErrConflict) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	close(accepted)
	if len(accepted) != 1 {
		t.Fatalf("accepted %d times", len(accepted))
	}
	stored := <-accepted
	if stored.UID != "a" || stored.WorkerID != w.Workers[1].ID || stored.RecordedBy != reviewer.Name {
		t.Errorf("stored %+v", stored)
	}
	h, err := piecework.HeldByID(w.Ctx, w.DB, id)
	w.Must(err)
	if h.Outcome != piecework.HeldAccepted || h.DecidedBy != reviewer.Name || h.Note != "the badge was smudged" || h.TallyID != stored.ID {
		t.Errorf("%+v", h)
	}
	// The phone, which does not know, sends it again.
	if r := hold(w, recorder, wrong); r[0].Status != piecework.Rejected || !r[0].Held || len(heldList(w)) != 0 {
		t.Errorf("sent again: %+v", r)
	}
	if err := piecework.DismissHeld(w.Ctx, w.DB, reviewer, id, "twice"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("dismissed afterwards: %v", err)
	}
	// Its uid is taken by another tally: it gets one of its own.
	hold(w, recorder, tally("a", good(9)))
	second, err := piecework.AcceptHeld(w.Ctx, w.DB, reviewer, heldList(w)[0].ID, tally("", good(9)), "")
	if err != nil || second.UID == "a" || second.Good != 9 {
		t.Errorf("%+v, %v", second, err)
	}
	// Put right to what its uid was counted as, it is that tally and none beside it.
	hold(w, recorder, tally("a", good(7)))
	third, err := piecework.AcceptHeld(w.Ctx, w.DB, reviewer, heldList(w)[0].ID, tally("", worker("A2")), "")
	if err != nil || third.ID != stored.ID {
		t.Errorf("%+v, %v; want tally %d", third, err, stored.ID)
	}
	checkChain(w)
}

func TestHeldTalliesAreDismissedWithAReason(t *testing.T) {
	w := twoShops(t)
	hold(w, recorder, tally("a", worker("Z")))
	id := heldList(w)[0].ID
	for name, c := range map[string]struct {
		by     piecework.Actor
		reason string
		want   string
	}{
		"by herself":    {recorder, "typing error", "You recorded this yourself."},
		"no reason":     {reviewer, "", "reason: is required"},
		"other's lead":  {piecework.Actor{Name: "x", WorkshopID: w.Workshop.ID + 1}, "typing error", "There is no such refused tally."},
		"unprintable":   {reviewer, "\x00", "cannot be printed"},
		"much too long": {reviewer, strings.Repeat("长", 501), "is longer than 500"},
	} {
		if err := piecework.DismissHeld(w.Ctx, w.DB, c.by, id, c.reason); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	w.Must(piecework.DismissHeld(w.Ctx, w.DB, reviewer, id, "typing error"))
	if _, err := piecework.AcceptHeld(w.Ctx, w.DB, reviewer, id, tally(""), ""); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("accepted afterwards: %v", err)
	}
	if n, err := w.DB.NewSelect().Model((*piecework.Tally)(nil)).Count(w.Ctx); n != 0 || err != nil {
		t.Errorf("%d tallies, %v", n, err)
	}
}

// flaggedTally records two tallies a minute apart and returns the second, which is flagged.
func flaggedTally(w *pieceworktest.World) *piecework.Tally {
	w.Helper()
	results, err := piecework.RecordTallies(w.Ctx, w.DB, recorder, []piecework.NewTally{tally("a", at("09:00:00")), tally("b", at("09:01:00"))})
	w.Must(err)
	if len(results[1].Warnings) != 1 {
		w.Fatalf("%+v", results)
	}
	page, err := piecework.FlaggedTallies(w.Ctx, w.DB, piecework.Filter{WorkshopID: w.Workshop.ID})
	w.Must(err)
	if len(page.Items) != 1 || page.Items[0].UID != "b" || len(page.Items[0].Flags) != 1 || page.Items[0].Worker.Code != "A1" {
		w.Fatalf("flagged: %+v", page.Items)
	}
	return &page.Items[0]
}

func TestNobodyReviewsHerOwn(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	b := flaggedTally(w)
	for name, err := range map[string]error{
		"right":  piecework.FindRight(w.Ctx, w.DB, recorder, "", b.ID),
		"strike": piecework.StrikeFlagged(w.Ctx, w.DB, recorder, b.ID, "counted twice"),
	} {
		if !errors.Is(err, piecework.ErrForbidden) || err.Error() != "You recorded this yourself. Somebody else has to look at it." {
			t.Errorf("%s: %v", name, err)
		}
	}
	stranger := piecework.Actor{Name: "x", WorkshopID: w.Workshop.ID + 1}
	if err := piecework.FindRight(w.Ctx, w.DB, stranger, "", b.ID); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("of another workshop: %v", err)
	}
	if got := openFlags(w); got == "" {
		t.Fatal("it is decided all the same")
	}
	w.Must(piecework.FindRight(w.Ctx, w.DB, reviewer, "two bundles at once", b.ID))
	if got := openFlags(w); got != "" {
		t.Errorf("still open: %q", got)
	}
	full, err := piecework.TallyByID(w.Ctx, w.DB, b.ID)
	w.Must(err)
	if f := full.Flags[0]; f.Outcome != piecework.FlagRight || f.DecidedBy != reviewer.Name || f.Note != "two bundles at once" || f.DecidedAt == 0 {
		t.Errorf("%+v", f)
	}
	if err := piecework.FindRight(w.Ctx, w.DB, reviewer, "", b.ID); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("a second time: %v", err)
	}
}

func TestAStruckTallyWaitsForNobody(t *testing.T) {
	for name, strike := range map[string]func(w *pieceworktest.World, b *piecework.Tally){
		"from the queue": func(w *pieceworktest.World, b *piecework.Tally) {
			w.Must(piecework.StrikeFlagged(w.Ctx, w.DB, reviewer, b.ID, "counted twice"))
		},
		"undone by herself": func(w *pieceworktest.World, b *piecework.Tally) {
			record(w, tally("r", reversing("b"), func(t *piecework.NewTally) { t.Reason = "counted twice" }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := pieceworktest.NewWorld(t)
			b := flaggedTally(w)
			strike(w, b)
			full, err := piecework.TallyByID(w.Ctx, w.DB, b.ID)
			w.Must(err)
			if f := full.Flags[0]; !full.Struck() || f.Outcome != piecework.FlagStruck || f.Note != "counted twice" || f.DecidedBy != full.ReversedBy.RecordedBy {
				t.Errorf("%+v %+v", full, full.Flags)
			}
			if n, err := piecework.CountReview(w.Ctx, w.DB, 0); n != 0 || err != nil {
				t.Errorf("%d wait, %v", n, err)
			}
			w.Must(piecework.CheckProgress(w.Ctx, w.DB))
			checkChain(w)
		})
	}
}

func TestClocks(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for i, c := range []struct {
		off  piecework.Instant // milliseconds
		want string
	}{
		{0, ""}, {119_000, ""}, {-119_000, ""}, {200_000, "The clock of the device is 3 minutes ahead. Set it right."},
		{-3_600_000, "The clock of the device is 60 minutes behind. Set it right."},
	} {
		results, err := piecework.RecordBatch(w.Ctx, w.DB, piecework.Batch{By: recorder, Clock: piecework.Now() + c.off, Items: []piecework.NewTally{
			tally(fmt.Sprintf("c%d", i), ticket(fmt.Sprint("X", i)), worker("A1"), at(fmt.Sprintf("%02d:00:00", 9+i))),
			tally(fmt.Sprintf("d%d", i), ticket(fmt.Sprint("Y", i)), worker("A2"), at(fmt.Sprintf("%02d:00:00", 9+i)))}})
		w.Must(err)
		if got := warnings(results); got[0] != c.want || got[1] != c.want {
			t.Errorf("%d ms off: %q, want %q", c.off, got, c.want)
		}
	}
	// One flag is enough until somebody has looked.
	if got := openFlags(w); strings.Count(got, "clock") != 1 || !strings.HasPrefix(got, "c3:clock:") {
		t.Errorf("flags %q", got)
	}
}
