package payroll_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// TestVerifyTiesOutBundles: pieces that somebody moves from one bundle to another leave every sum of the order as it was; the bundles tell.
func TestVerifyTiesOutBundles(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	made, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: 50, Quantity: 100, By: "test"})
	w.Must(err)
	d := &piecework.Delivery{Code: "D1", OrderID: w.Order.ID, DeliveredOn: "2026-10-06", RecordedBy: "test"}
	rest := &piecework.Delivery{Code: "D2", OrderID: w.Order.ID, DeliveredOn: "2026-10-07", RecordedBy: "test"}
	for i, ticket := range made {
		for _, op := range []string{"cut", "glue"} {
			w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: op, Ticket: ticket.Code().String(), Counts: piecework.Counts{Good: 50}})
		}
		d.Bundles = append(d.Bundles, piecework.DeliveryBundle{Code: ticket.Code().String(), Quantity: int64(40 - 10*i)})
		rest.Bundles = append(rest.Bundles, piecework.DeliveryBundle{Code: ticket.Code().String()})
	}
	w.Must(piecework.Deliver(w.Ctx, w.DB, d)) // 40 and 30 pieces, 5 come back
	w.Must(piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: d.ID, Accepted: 60, Returned: 5, DecidedOn: "2026-10-06", RecordedBy: "test",
		Bundles: []piecework.AcceptanceBundle{{TicketID: made[0].ID, Accepted: 30, Returned: 5}, {TicketID: made[1].ID, Accepted: 30}}}))
	w.Must(piecework.Deliver(w.Ctx, w.DB, rest)) // 15 and 20
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil || rest.Quantity != 35 {
		t.Fatalf("untouched: %v, %d pieces left last", err, rest.Quantity)
	}
	for _, c := range []struct{ statement, want string }{
		{"UPDATE delivery_bundles SET quantity = quantity + CASE delivery_id WHEN 1 THEN 1 ELSE -1 END WHERE ticket_id = 1", "delivery D1 does not tie out: its bundles make 71 pieces, but it has 70"},
		{"UPDATE delivery_bundles SET quantity = CASE ticket_id WHEN 1 THEN 44 ELSE 26 END WHERE delivery_id = 1", "bundle 2 does not tie out: of its 26 pieces in delivery D1 30 were decided about"},
		{"UPDATE delivery_bundles SET quantity = CASE ticket_id WHEN 1 THEN 18 ELSE 17 END WHERE delivery_id = 2", "bundle 1 of order O1 does not tie out: 53 of its 50 pieces are with the contractor"},
		{"UPDATE acceptance_bundles SET accepted = accepted + returned, returned = 0 WHERE ticket_id = 1", "delivery D1 does not tie out: a decision about 65 pieces says otherwise of its bundles, which make 65"},
		{"UPDATE acceptance_bundles SET accepted = accepted + CASE ticket_id WHEN 1 THEN -6 ELSE 6 END", "bundle 2 does not tie out: of its 30 pieces in delivery D1 36 were decided about"},
		{"UPDATE acceptance_bundles SET accepted = 30, returned = 5 * (ticket_id - 1)", "bundle 2 does not tie out: of its 30 pieces in delivery D1 35"},
	} {
		undo := errors.New("undo")
		err := w.DB.RunInTx(w.Ctx, nil, func(ctx context.Context, db bun.Tx) error {
			statements := []string{"SET LOCAL session_replication_role = replica", c.statement}
			if piecework.IsSQLite(db) {
				statements = []string{"DROP TRIGGER delivery_bundles_no_update", "DROP TRIGGER acceptance_bundles_no_update", c.statement}
			}
			for _, s := range statements {
				if _, err := db.ExecContext(ctx, s); err != nil {
					return err
				}
			}
			if _, err := payroll.Verify(ctx, db); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s\n\t%v, want %q", c.statement, err, c.want)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Error(err)
		}
	}
}

// Pieces that came back and left again, put right without a ticket, get no ticket afterwards: on it they would leave twice.
func TestWhatLeftAgainGetsNoTicket(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	made, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: 10, Quantity: 10, By: "test"})
	w.Must(err)
	code := made[0].Code().String()
	for _, op := range []string{"cut", "glue"} {
		w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: op, Ticket: code, Counts: piecework.Counts{Good: 10}})
	}
	deliver := func(name, bundles string) {
		t.Helper()
		w.Must(piecework.Deliver(w.Ctx, w.DB, &piecework.Delivery{Code: name, OrderID: w.Order.ID, DeliveredOn: "2026-10-06", Bundles: piecework.BundlesNamed(bundles), RecordedBy: "test"}))
	}
	deliver("D1", code)
	back := &piecework.Acceptance{DeliveryID: 1, Returned: 10, DecidedOn: "2026-10-06", RecordedBy: "test"}
	w.Must(piecework.Accept(w.Ctx, w.DB, back))
	deliver("D2", code+":4")
	cut := func(pieces int64) (*piecework.BundleTicket, error) {
		return piecework.CutRework(w.Ctx, w.DB, piecework.Rework{AcceptanceID: back.ID, Quantity: pieces, From: "glue", By: "test"})
	}
	if _, err := cut(7); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("a ticket for more than is here: %v", err)
	}
	ticket, err := cut(0)
	w.Must(err)
	if ticket.Quantity != 6 {
		t.Fatalf("the ticket is for %d pieces, and 6 are here", ticket.Quantity)
	}
	if _, err := cut(0); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("a ticket for what left again: %v", err)
	}
	again := ticket.Code().String()
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "glue", Ticket: again, Counts: piecework.Counts{Good: 6}})
	deliver("D3", again)
	tie, err := payroll.TieOutTicket(w.Ctx, w.DB, made[0].ID)
	w.Must(err)
	if tie.Of(payroll.GapUndecided) != 10 || tie.Of(payroll.GapUncounted) != 0 || tie.Unexplained() != 0 {
		t.Errorf("gaps: %+v", tie.Gaps)
	}
	_, err = payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
}
