package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// Trace is how far the tickets lead from pieces that were wrong: batch, operation, session, worker.
type Trace struct {
	Tickets []BundleTicket // of the bundles that the pieces were in; none: it is not known
	Makers  []Maker        // who was credited at the operation on the tickets; of a team, every member
	Without *Message       // why nobody can be named; nil when somebody can
}

// Maker is one who made the pieces of a bundle at an operation.
type Maker struct {
	Credit
	Session  string // its code
	WorkDate Date
	Worker   *Worker // the person, of a team one of its members
	Weight   int64   // her part of the pieces, against those of the others
}

// TraceBack finds who made the pieces that a chargeback is about: by the bundle it names, or by those its delivery names, of which only
// those count of which pieces were rejected or came back, if there are any. Where the tickets do not say, the trace says that plainly.
func TraceBack(ctx context.Context, db bun.IDB, c *Chargeback) (*Trace, error) {
	t := new(Trace)
	all, err := ticketsWithCodes(ctx, db, c.OrderID)
	if err != nil {
		return nil, err
	}
	if t.Tickets, err = c.bundles(ctx, db, all); err != nil {
		return nil, err
	}
	switch {
	case len(t.Tickets) == 0 && c.DeliveryID != 0:
		t.Without = Msg("The delivery does not name its bundles: it cannot be traced who made these pieces.")
		return t, nil
	case len(t.Tickets) == 0:
		t.Without = Msg("No bundle ticket is known: it cannot be traced who made these pieces.")
		return t, nil
	case c.OperationID == 0:
		t.Without = Msg("At which operation the fault was made is not known: it cannot be traced who made it.")
		return t, nil
	}
	seen := map[int64]bool{}
	for i := range t.Tickets {
		credits, err := creditsOfBundle(ctx, db, lineage(all, t.Tickets[i].ID), c.OperationID)
		if err != nil {
			return nil, err
		}
		for _, credit := range credits {
			if seen[credit.TallyID] { // two parts of one bundle lead to the same work
				continue
			}
			seen[credit.TallyID] = true
			makers, err := makersOf(ctx, db, credit)
			if err != nil {
				return nil, err
			}
			t.Makers = append(t.Makers, makers...)
		}
	}
	if len(t.Makers) == 0 {
		t.Without = Msg("Nobody was credited at this operation on ticket %s: it cannot be traced who made these pieces.", t.Tickets[0].Code())
	}
	return t, nil
}

// bundles are those that the pieces of a chargeback were in, of all tickets of its order.
func (c *Chargeback) bundles(ctx context.Context, db bun.IDB, all []BundleTicket) ([]BundleTicket, error) {
	var carried []DeliveryBundle
	if c.DeliveryID != 0 {
		d, err := DeliveryByID(ctx, db, c.DeliveryID)
		if err != nil {
			return nil, err
		}
		if d.OrderID != c.OrderID {
			return nil, InvalidField("delivery", "choose one")
		}
		carried = d.Bundles
	}
	if c.Ticket != "" {
		i := slices.IndexFunc(all, func(t BundleTicket) bool { return t.Code().String() == c.Ticket })
		if i < 0 {
			return nil, InvalidField("ticket", "%q is no bundle ticket of this order", c.Ticket)
		}
		if len(carried) > 0 && !slices.ContainsFunc(carried, func(b DeliveryBundle) bool { return b.TicketID == all[i].ID }) {
			return nil, InvalidField("ticket", "bundle %v is not in this delivery", all[i].Number)
		}
		return all[i : i+1], nil
	}
	bad := func(b DeliveryBundle) bool { return b.Decided.Rejected+b.Decided.Returned > 0 }
	some := slices.ContainsFunc(carried, bad)
	var list []BundleTicket
	for _, b := range carried {
		if bad(b) || !some {
			list = append(list, *b.Ticket)
		}
	}
	return list, nil
}

// creditsOfBundle is what was credited at an operation on the nearest ticket of a lineage that has anything there.
func creditsOfBundle(ctx context.Context, db bun.IDB, tickets []BundleTicket, operationID int64) ([]Credit, error) {
	for i := range tickets {
		credits, err := Credits(ctx, db, tickets[i].Code().String())
		if err != nil {
			return nil, err
		}
		credits = slices.DeleteFunc(credits, func(c Credit) bool { return c.OperationID != operationID })
		if len(credits) > 0 {
			return credits, nil
		}
	}
	return nil, nil
}

// makersOf are the persons behind one credit.
func makersOf(ctx context.Context, db bun.IDB, c Credit) ([]Maker, error) {
	tally := new(Tally)
	if err := db.NewSelect().Model(tally).Relation("Session").Where("t.id = ?", c.TallyID).Scan(ctx); err != nil {
		return nil, wrap("read tally", err)
	}
	w, err := WorkerByID(ctx, db, c.WorkerID)
	if err != nil {
		return nil, err
	}
	m := Maker{Credit: c, Session: tally.Session.Code, WorkDate: tally.WorkDate, Worker: w, Weight: max(1, c.Total())}
	if !w.Team {
		return []Maker{m}, nil
	}
	members, err := TeamMembers(ctx, db, w.ID)
	if err != nil {
		return nil, err
	}
	var makers []Maker
	for _, member := range members[w.ID] {
		one := m
		if one.Worker, err = WorkerByID(ctx, db, member.WorkerID); err != nil {
			return nil, err
		}
		one.Weight = m.Weight * member.ShareWeight
		makers = append(makers, one)
	}
	return makers, nil
}

// Shares divides an amount among those who made the pieces, by what each made, exactly to the fen; somebody who is there twice has one
// share.
func (t *Trace) Shares(amount Money) []ChargebackShare {
	var shares []ChargebackShare
	var weights []int64
	for _, m := range t.Makers {
		if i := slices.IndexFunc(shares, func(s ChargebackShare) bool { return s.WorkerID == m.Worker.ID }); i >= 0 {
			weights[i] += m.Weight
			continue
		}
		shares = append(shares, ChargebackShare{WorkerID: m.Worker.ID, TallyID: m.TallyID, Worker: m.Worker})
		weights = append(weights, m.Weight)
	}
	for i, part := range amount.Split(weights) {
		shares[i].Amount = part
	}
	return shares
}
