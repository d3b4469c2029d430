package piecework_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// sizes are the quantities of tickets.
func sizes(tickets []piecework.BundleTicket) (list []int64, sum int64) {
	for _, t := range tickets {
		list, sum = append(list, t.Quantity), sum+t.Quantity
	}
	return list, sum
}

func TestCutTickets(t *testing.T) {
	w := pieceworktest.NewWorld(t) // O1 is for 5,000
	cut := func(c piecework.Cut) ([]piecework.BundleTicket, error) {
		c.OrderID, c.By = w.Order.ID, "lead"
		return piecework.CutTickets(w.Ctx, w.DB, c)
	}
	tickets, err := cut(piecework.Cut{Size: 50})
	w.Must(err)
	if list, sum := sizes(tickets); len(list) != 100 || sum != 5000 || slices.Max(list) != 50 || tickets[0].Number != 1 || tickets[99].Number != 100 {
		t.Errorf("5,000 in bundles of 50: %d bundles of %d pieces, %v", len(list), sum, list)
	}
	for _, c := range []struct {
		piecework.Cut
		want string
	}{
		{piecework.Cut{Size: 50}, "every piece is on a ticket already"},
		{piecework.Cut{Size: 50, Quantity: 1}, "0 of 5000 pieces are on no ticket yet"},
		{piecework.Cut{Size: 0, Over: true, Quantity: 10}, "must be between 1 and"},
		{piecework.Cut{Size: 50, Quantity: -1}, "must be between 1 and"},
		{piecework.Cut{Size: 1, Over: true, Quantity: 2001}, "more than 2000 tickets"},
		{piecework.Cut{Size: 50, Operations: []string{"paint"}}, `no operation "paint"`},
	} {
		if made, err := cut(c.Cut); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %d tickets, %v; want %q", c.Cut, len(made), err, c.want)
		}
	}
	more, err := cut(piecework.Cut{Size: 30, Quantity: 70, Over: true, Operations: []string{"glue"}})
	w.Must(err)
	if list, _ := sizes(more); !slices.Equal(list, []int64{30, 30, 10}) || more[0].Number != 101 || more[0].Operations != "glue" || more[0].Covers("cut") || !more[0].Covers("glue") {
		t.Errorf("70 more to glue: %v %+v", list, more[0])
	}
	w.Must(piecework.EndOrder(w.Ctx, w.DB, w.Order.ID, "客户取消", "test"))
	if _, err := cut(piecework.Cut{Size: 50, Quantity: 1, Over: true}); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("of a closed order: %v", err)
	}
}

// TestCutByOperation: an order may have tickets of their own for each operation, for all its pieces each.
func TestCutByOperation(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for op, size := range map[string]int64{"cut": 500, "glue": 40} {
		tickets, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: size, Operations: []string{op}, By: "lead"})
		w.Must(err)
		if _, sum := sizes(tickets); sum != 5000 {
			t.Errorf("%s: %d pieces", op, sum)
		}
	}
	o, err := piecework.OrderByID(w.Ctx, w.DB, w.Order.ID)
	w.Must(err)
	state, err := piecework.TicketStateOf(w.Ctx, w.DB, o)
	w.Must(err)
	if state.Tickets != 10+125 || state.Left != 0 || len(state.Steps) != 2 || state.Steps[0].OnTickets != 5000 || state.Steps[1].OnTickets != 5000 {
		t.Errorf("state %+v", state)
	}
}

// TestCutAlwaysSums: whatever the sizes, the bundles make what was cut, and only the last is smaller.
func TestCutAlwaysSums(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		c := piecework.Cut{OrderID: w.Order.ID, Quantity: rapid.Int64Range(1, 300).Draw(t, "quantity"), Size: rapid.Int64Range(1, 400).Draw(t, "size"), Over: true, By: "lead"}
		tickets, err := piecework.CutTickets(w.Ctx, w.DB, c)
		if err != nil {
			t.Fatal(err)
		}
		list, sum := sizes(tickets)
		if sum != c.Quantity {
			t.Fatalf("%d pieces in %v", sum, list)
		}
		for i, n := range list {
			if i < len(list)-1 && n != c.Size || n < 1 || n > c.Size {
				t.Fatalf("bundles %v of %d", list, c.Size)
			}
		}
	})
}

// TestTwoCutTheSameOrder: together they never make tickets for more than was ordered, and no number or code twice.
func TestTwoCutTheSameOrder(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	var group sync.WaitGroup
	const people = 6
	made := make([][]piecework.BundleTicket, people)
	for i := range people {
		group.Go(func() {
			for range 3 {
				tickets, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: 70, Quantity: 700, By: "lead"})
				if err != nil && !errors.Is(err, piecework.ErrInvalid) {
					t.Error(err)
				}
				made[i] = append(made[i], tickets...)
			}
		})
	}
	group.Wait()
	all := slices.Concat(made...)
	numbers, serials := map[int64]bool{}, map[int64]bool{}
	for _, ticket := range all {
		numbers[ticket.Number], serials[ticket.Serial] = true, true
	}
	if _, sum := sizes(all); sum != 4900 || len(numbers) != len(all) || len(serials) != len(all) {
		t.Errorf("%d pieces on %d tickets with %d numbers and %d codes", sum, len(all), len(numbers), len(serials))
	}
}

func TestSplitTicket(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	tickets, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: 50, By: "lead"})
	w.Must(err)
	split := func(ticket piecework.BundleTicket, parts ...int64) ([]piecework.BundleTicket, error) {
		return piecework.SplitTicket(w.Ctx, w.DB, piecework.Split{TicketID: ticket.ID, Parts: parts, Reason: "two tables", By: "lead"})
	}
	for _, parts := range [][]int64{nil, {20, 20}, {0, 50}, {60, -10}, slices.Repeat([]int64{1}, 50)} {
		if _, err := split(tickets[0], parts...); !errors.Is(err, piecework.ErrInvalid) {
			t.Errorf("parts %v: %v", parts, err)
		}
	}
	if _, err := piecework.SplitTicket(w.Ctx, w.DB, piecework.Split{TicketID: tickets[0].ID, Parts: []int64{50}}); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := split(piecework.BundleTicket{ID: 9999}, 50); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("a ticket that is not there: %v", err)
	}

	// Cutting is credited on the old ticket and stays; the parts are for gluing.
	old := tickets[0]
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Ticket: old.Code().String(), Counts: piecework.Counts{Good: 50}})
	parts, err := split(old, 20, 30)
	w.Must(err)
	if list, _ := sizes(parts); !slices.Equal(list, []int64{20, 30}) || parts[0].Operations != "glue" || parts[0].SplitFrom != old.ID || parts[0].Number != 101 {
		t.Errorf("parts %+v", parts)
	}
	found, err := piecework.TicketsByCode(w.Ctx, w.DB, old.Code().String(), parts[1].Code().String(), "OWN-1", "W00001AH", strings.ToLower(parts[1].Code().String()))
	w.Must(err)
	was := found[old.Code().String()]
	if len(found) != 2 || !was.Voided() || was.Kept != "cut" || was.Reason != "two tables" || was.VoidedBy != "lead" || found[parts[1].Code().String()].Voided() {
		t.Errorf("found %+v", found)
	}
	issued, err := piecework.IssuedCodeOf(w.Ctx, w.DB, old.Code())
	w.Must(err)
	if issued.ReplacedBy != parts[0].Serial || !strings.Contains(issued.Refusal().String(), "replaced by newer ones") {
		t.Errorf("the old code: %+v", issued)
	}
	if _, err := split(old, 50); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("split twice: %v", err)
	}

	// Nothing of the order is free to be cut again, neither what was credited nor what the parts cover.
	state, err := piecework.TicketStateOf(w.Ctx, w.DB, parts[0].Order)
	w.Must(err)
	if state.Left != 0 || state.Tickets != 101 || state.Steps[0].OnTickets != 5000 || state.Steps[1].OnTickets != 5000 {
		t.Errorf("state %+v", state)
	}

	// A part on which everything is credited has nothing to split; a struck tally frees it again.
	uid := w.Record(piecework.NewTally{Session: "S1", Worker: "A2", Order: "O1", Operation: "glue", Ticket: parts[0].Code().String(), Counts: piecework.Counts{Good: 20}})
	if _, err := split(parts[0], 20); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("with everything credited: %v", err)
	}
	w.Record(piecework.NewTally{Session: "S1", Worker: "A2", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 20}, Reverses: uid})
	again, err := split(parts[0], 20)
	w.Must(err)
	if again[0].Operations != "glue" || again[0].Quantity != 20 || again[0].SplitFrom != parts[0].ID {
		t.Errorf("a new ticket for the same bundle: %+v", again[0])
	}
}

func TestTicketLists(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	tickets, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: 1000, By: "lead"})
	w.Must(err)
	_, err = piecework.SplitTicket(w.Ctx, w.DB, piecework.Split{TicketID: tickets[1].ID, Parts: []int64{400, 600}, Reason: "two tables", By: "lead"})
	w.Must(err)
	text := tickets[0].Code().String()
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Ticket: text, Counts: piecework.Counts{Good: 990, Rework: 10}})
	struck := w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Ticket: text, Counts: piecework.Counts{Good: 1000}})
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 1000}, Reverses: struck, Ticket: text})
	for status, want := range map[string]string{"": "1 2 3 4 5 6 7", "open": "1 3 4 5 6 7", "split": "2"} {
		page, err := piecework.Tickets(w.Ctx, w.DB, piecework.Filter{OrderID: w.Order.ID, Status: status})
		w.Must(err)
		var numbers []string
		for _, ticket := range page.Items {
			numbers = append(numbers, fmt.Sprint(ticket.Number))
			if ticket.Serial == 0 {
				t.Errorf("ticket %d comes without its code", ticket.Number)
			}
		}
		if got := strings.Join(numbers, " "); got != want || page.Total != len(numbers) {
			t.Errorf("status %q: %s of %d, want %s", status, got, page.Total, want)
		}
	}
	print, err := piecework.TicketsToPrint(w.Ctx, w.DB, w.Order.ID, 2, 6)
	w.Must(err)
	if list, _ := sizes(print); !slices.Equal(list, []int64{1000, 1000, 1000, 400}) {
		t.Errorf("to print from 2 to 6: %v", list)
	}
	credits, err := piecework.Credits(w.Ctx, w.DB, text, tickets[2].Code().String())
	w.Must(err)
	if len(credits) != 1 || credits[0].Ticket != text || credits[0].OperationID != w.Glue.ID || credits[0].WorkerName != "王秀英" || credits[0].Counts != (piecework.Counts{Good: 990, Rework: 10}) {
		t.Errorf("credits %+v", credits)
	}
}

// TestSplitWhileItIsCredited: a tally that arrives together with the split is either on the old ticket, and the parts leave its operation
// out, or it is refused. It is never paid twice, and never lost.
func TestSplitWhileItIsCredited(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	tickets, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: 50, Quantity: 600, By: "lead"})
	w.Must(err)
	for i, ticket := range tickets {
		var group sync.WaitGroup
		var results []piecework.TallyResult
		var parts []piecework.BundleTicket
		group.Go(func() {
			var err error
			results, err = piecework.RecordTallies(w.Ctx, w.DB, piecework.Actor{Name: "test"}, []piecework.NewTally{{UID: fmt.Sprintf("split-%d", i), Session: "S1", Worker: "A1", Order: "O1",
				Operation: "cut", Ticket: ticket.Code().String(), Counts: piecework.Counts{Good: 50}}})
			if err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			var err error
			if parts, err = piecework.SplitTicket(w.Ctx, w.DB, piecework.Split{TicketID: ticket.ID, Parts: []int64{20, 30}, Reason: "two tables", By: "lead"}); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		if t.Failed() {
			return
		}
		if counted := results[0].Status == piecework.Accepted; counted == parts[0].Covers("cut") || !parts[0].Covers("glue") {
			t.Errorf("ticket %d: %s %v, and the parts cover %q", i, results[0].Status, results[0].Reason, parts[0].Operations)
		}
	}
}
