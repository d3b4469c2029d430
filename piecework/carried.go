package piecework

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/uptrace/bun"
)

// DeliveryBundle says that a delivery carries pieces of a bundle. A delivery names all its bundles, or none.
type DeliveryBundle struct {
	bun.BaseModel `bun:"table:delivery_bundles,alias:dbu"`

	ID         int64 `bun:",pk,autoincrement"`
	DeliveryID int64
	OrderID    int64
	TicketID   int64
	Quantity   int64

	Code    string           `bun:"-"` // of its ticket; while the delivery is being recorded as it was scanned or typed
	Ticket  *BundleTicket    `bun:"-"`
	Decided AcceptanceBundle `bun:"-"` // the sum of what was decided about it in this delivery
}

// Waiting is how many of its pieces the contractor has not decided about.
func (b *DeliveryBundle) Waiting() int64 {
	return b.Quantity - b.Decided.Accepted - b.Decided.Rejected - b.Decided.Returned
}

// AcceptanceBundle is what one decision said about one bundle.
type AcceptanceBundle struct {
	bun.BaseModel `bun:"table:acceptance_bundles,alias:abu"`

	ID                           int64 `bun:",pk,autoincrement"`
	AcceptanceID                 int64
	OrderID                      int64
	TicketID                     int64
	Accepted, Rejected, Returned int64
}

func (b *AcceptanceBundle) total() int64 { return b.Accepted + b.Rejected + b.Returned }

// BundleFlow is how often pieces of a bundle went to the contractor and what he decided about them, in pieces.
type BundleFlow struct {
	Delivered, Accepted, Rejected, Returned int64
	first                                   int64 // delivered the first time
}

// Plus adds two flows.
func (f BundleFlow) Plus(g BundleFlow) BundleFlow {
	return BundleFlow{f.Delivered + g.Delivered, f.Accepted + g.Accepted, f.Rejected + g.Rejected, f.Returned + g.Returned, f.first}
}

// BundleFlows is what went to the contractor of the bundles of an order, by ticket. A bundle that no delivery names is not in the answer.
func BundleFlows(ctx context.Context, db bun.IDB, orderID int64) (map[int64]BundleFlow, error) {
	var carried []DeliveryBundle
	if err := db.NewSelect().Model(&carried).Where("order_id = ?", orderID).Order("id").Scan(ctx); err != nil {
		return nil, wrap("list bundles of deliveries", err)
	}
	var decided []AcceptanceBundle
	if err := db.NewSelect().Model(&decided).Where("order_id = ?", orderID).Scan(ctx); err != nil {
		return nil, wrap("list decisions about bundles", err)
	}
	flows := map[int64]BundleFlow{}
	for _, c := range carried {
		f := flows[c.TicketID]
		if f.Delivered += c.Quantity; f.first == 0 {
			f.first = c.Quantity
		}
		flows[c.TicketID] = f
	}
	for _, d := range decided {
		flows[d.TicketID] = flows[d.TicketID].Plus(BundleFlow{Accepted: d.Accepted, Rejected: d.Rejected, Returned: d.Returned})
	}
	return flows, nil
}

// bundleBook is what decides which bundles of an order can be delivered.
type bundleBook struct {
	order   *ProcessingOrder
	tickets []BundleTicket
	counted map[string]map[int64]Counts
	flows   map[int64]BundleFlow
}

func readBundles(ctx context.Context, db bun.IDB, o *ProcessingOrder) (*bundleBook, error) {
	b := &bundleBook{order: o}
	var err error
	if b.tickets, err = ticketsWithCodes(ctx, db, o.ID); err != nil {
		return nil, err
	}
	if b.counted, err = countsOfTickets(ctx, db, b.tickets); err != nil {
		return nil, err
	}
	b.flows, err = BundleFlows(ctx, db, o.ID)
	return b, err
}

// ticketsWithCodes is every ticket of an order by number, split ones too, with their codes.
func ticketsWithCodes(ctx context.Context, db bun.IDB, orderID int64) ([]BundleTicket, error) {
	var list []BundleTicket
	err := tickets(db, &list).Where("bt.order_id = ?", orderID).Order("bt.number").Scan(ctx)
	return list, wrap("list tickets", err)
}

// finished is how many pieces of a bundle are good at the end of the routing; ok is false where its ticket does not go so far.
func (b *bundleBook) finished(t *BundleTicket) (n int64, ok bool) {
	last := 0
	for _, op := range b.order.Product.Operations {
		last = max(last, op.Seq)
	}
	counted := b.counted[t.Code().String()]
	for _, op := range t.CoveredOf(b.order.Product.Operations) {
		if good := counted[op.ID].Good; op.Seq == last && (!ok || good < n) {
			n, ok = good, true
		}
	}
	return n, ok
}

// ready is how many pieces of a bundle can be delivered: those good at the last operation, less what left and did not come back, and less
// what came back and goes on with a ticket of its own. So a part may leave first and the rest later, and what came back once more; but no
// more than the ticket is for, or than left of it the first time, is ever on its way. The message says why there are none.
func (b *bundleBook) ready(t *BundleTicket) (int64, *Message) {
	good, ok := b.finished(t)
	f := b.flows[t.ID]
	switch {
	case t.Voided():
		return 0, Msg("bundle %v was split: name its parts", t.Number)
	case !ok:
		return 0, Msg("the ticket of bundle %v does not go to the last operation", t.Number)
	case good <= 0:
		return 0, Msg("bundle %v has no good pieces at the last operation yet", t.Number)
	case f.Delivered == 0:
		return good, nil
	}
	left := b.here(t) - max(0, max(t.Quantity, f.first)-good)
	if left <= 0 {
		return 0, Msg("bundle %v was delivered already, and nothing of it came back that has no ticket of its own", t.Number)
	}
	return left, nil
}

// here is how many pieces of a bundle are neither with the contractor nor on a ticket of their own: of those the ticket is for, or of those
// that left of it the first time where they were more.
func (b *bundleBook) here(t *BundleTicket) int64 {
	f := b.flows[t.ID]
	n := max(t.Quantity, f.first) - (f.Delivered - f.Returned)
	for i := range b.tickets {
		if again := &b.tickets[i]; again.ReworkFrom == t.ID && again.SplitFrom == 0 {
			n -= again.Quantity
		}
	}
	return n
}

// ReadyBundle is a bundle that can be delivered.
type ReadyBundle struct {
	BundleTicket
	Ready int64 // pieces
}

// ReadyBundles are the bundles of an order, with its operations, that can be delivered, by number.
func ReadyBundles(ctx context.Context, db bun.IDB, o *ProcessingOrder) ([]ReadyBundle, error) {
	b, err := readBundles(ctx, db, o)
	if err != nil {
		return nil, err
	}
	var list []ReadyBundle
	for i := range b.tickets {
		if n, without := b.ready(&b.tickets[i]); without == nil {
			list = append(list, ReadyBundle{b.tickets[i], n})
		}
	}
	return list, nil
}

// BundlesNamed are the bundles that a text names by the codes of their tickets as they were scanned or typed, with anything between them.
// A code alone is all that can go of its bundle, CODE:N so many pieces of it.
func BundlesNamed(text string) []DeliveryBundle {
	var list []DeliveryBundle
	for _, code := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;，；、", r) }) {
		b := DeliveryBundle{Code: code}
		if bare, pieces, ok := cutLast(strings.ReplaceAll(code, "：", ":"), ":"); ok {
			if n, err := strconv.ParseInt(pieces, 10, 64); err == nil && n > 0 {
				b.Code, b.Quantity = bare, n
			}
		}
		list = append(list, b)
	}
	return list
}

// cutLast is [strings.Cut] at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// carry finds the bundles that a delivery names by their codes, and how many pieces of each leave: all that can, unless it says fewer.
// The order must be locked.
func (d *Delivery) carry(ctx context.Context, db bun.Tx, o *ProcessingOrder) error {
	if len(d.Bundles) == 0 {
		return nil
	}
	book, err := readBundles(ctx, db, o)
	if err != nil {
		return err
	}
	v, sum := &Invalid{}, int64(0)
	for i := range d.Bundles {
		c := &d.Bundles[i]
		code, msg := ParseCode(c.Code)
		at := slices.IndexFunc(book.tickets, func(t BundleTicket) bool { return msg == nil && t.Code() == code })
		if at < 0 {
			v.Add("bundles", "%q is no bundle ticket of this order", shown(c.Code))
			continue
		}
		t := &book.tickets[at]
		c.Ticket, c.TicketID, c.OrderID = t, t.ID, o.ID
		ready, without := book.ready(t)
		switch {
		case slices.ContainsFunc(d.Bundles[:i], func(other DeliveryBundle) bool { return other.TicketID == t.ID }):
			v.Add("bundles", "bundle %v is named twice", t.Number)
		case without != nil:
			v.AddMsg("bundles", without)
		case c.Quantity < 0 || c.Quantity > ready:
			v.Add("bundles", "of bundle %v only %d pieces can be delivered", t.Number, ready)
		case c.Quantity == 0:
			c.Quantity = ready
		}
		sum += c.Quantity
	}
	if d.Quantity != 0 && d.Quantity != sum {
		v.Add("quantity", "the bundles that are named make %d pieces: leave the number out, or name every bundle", sum)
	}
	d.Quantity = sum
	return v.Err()
}

// storeBundles stores the bundles that a recorded delivery carries.
func (d *Delivery) storeBundles(ctx context.Context, db bun.Tx) error {
	if len(d.Bundles) == 0 {
		return nil
	}
	for i := range d.Bundles {
		d.Bundles[i].DeliveryID = d.ID
	}
	_, err := db.NewInsert().Model(&d.Bundles).Exec(ctx)
	return wrap("store bundles of delivery", err)
}

// ReadBundlesOf fills in which bundles deliveries carry, each with its ticket and what was decided about it, and what each of their
// decisions that were read says of them. It costs three queries, however many deliveries there are.
func ReadBundlesOf(ctx context.Context, db bun.IDB, list []*Delivery) error {
	byID := map[int64]*Delivery{0: nil}
	for _, d := range list {
		byID[d.ID], d.Bundles = d, nil
	}
	ids := bun.List(slices.Collect(maps.Keys(byID)))
	var carried []DeliveryBundle
	if err := db.NewSelect().Model(&carried).Where("delivery_id IN (?)", ids).Order("id").Scan(ctx); err != nil || len(carried) == 0 {
		return wrap("list bundles of deliveries", err)
	}
	named := map[int64]*BundleTicket{}
	for _, b := range carried {
		named[b.TicketID] = nil
	}
	var found []BundleTicket
	if err := tickets(db, &found).Where("bt.id IN (?)", bun.List(slices.Collect(maps.Keys(named)))).Scan(ctx); err != nil {
		return wrap("list tickets", err)
	}
	for i := range found {
		named[found[i].ID] = &found[i]
	}
	var decided []struct {
		AcceptanceBundle `bun:",extend"`
		DeliveryID       int64
	}
	err := db.NewSelect().Model(&decided).ColumnExpr("abu.*, ac.delivery_id").Join("JOIN acceptances AS ac ON ac.id = abu.acceptance_id").
		Where("ac.delivery_id IN (?)", ids).Order("abu.id").Scan(ctx)
	if err != nil {
		return wrap("list decisions about bundles", err)
	}
	type place struct{ delivery, ticket int64 }
	sums := map[place]AcceptanceBundle{}
	for _, a := range decided {
		d, sum := byID[a.DeliveryID], sums[place{a.DeliveryID, a.TicketID}]
		sum.Accepted, sum.Rejected, sum.Returned = sum.Accepted+a.Accepted, sum.Rejected+a.Rejected, sum.Returned+a.Returned
		sums[place{a.DeliveryID, a.TicketID}] = sum
		if at := slices.IndexFunc(d.Acceptances, func(whole Acceptance) bool { return whole.ID == a.AcceptanceID }); at >= 0 {
			d.Acceptances[at].Bundles = append(d.Acceptances[at].Bundles, a.AcceptanceBundle)
		}
	}
	for _, b := range carried {
		d := byID[b.DeliveryID]
		b.Ticket, b.Decided = named[b.TicketID], sums[place{b.DeliveryID, b.TicketID}]
		b.Code = b.Ticket.Code().String()
		d.Bundles = append(d.Bundles, b)
	}
	return nil
}

// judge checks what a decision says about each bundle of the delivery. Where it says nothing of them, and what it says leaves no choice,
// it is written down for it.
func (d *Delivery) judge(a *Acceptance) error {
	if len(a.Bundles) == 0 {
		return d.judgeAlike(a)
	}
	v := &Invalid{}
	var sum AcceptanceBundle
	a.Bundles = slices.DeleteFunc(a.Bundles, func(b AcceptanceBundle) bool { return b == AcceptanceBundle{TicketID: b.TicketID} })
	for i := range a.Bundles {
		b := &a.Bundles[i]
		at := slices.IndexFunc(d.Bundles, func(c DeliveryBundle) bool { return c.TicketID == b.TicketID })
		switch {
		case at < 0 || slices.ContainsFunc(a.Bundles[:i], func(c AcceptanceBundle) bool { return c.TicketID == b.TicketID }):
			v.Add("accepted", "say of each bundle of the delivery once what was decided")
			continue
		case b.Accepted < 0 || b.Rejected < 0 || b.Returned < 0 || b.total() > d.Bundles[at].Waiting():
			v.Add("accepted", "of bundle %v only %d pieces wait for a decision", d.Bundles[at].Ticket.Number, d.Bundles[at].Waiting())
		}
		sum.Accepted, sum.Rejected, sum.Returned = sum.Accepted+b.Accepted, sum.Rejected+b.Rejected, sum.Returned+b.Returned
	}
	if sum.Accepted != a.Accepted || sum.Rejected != a.Rejected || sum.Returned != a.Returned {
		v.Add("accepted", "the bundles sum to %d accepted, %d rejected and %d returned", sum.Accepted, sum.Rejected, sum.Returned)
	}
	return v.Err()
}

// judgeAlike writes down for each bundle what a decision without a word about them says: they share one fate, or there is only one of them.
func (d *Delivery) judgeAlike(a *Acceptance) error {
	var waiting []DeliveryBundle
	for _, b := range d.Bundles {
		if b.Waiting() > 0 {
			waiting = append(waiting, b)
		}
	}
	whole := d.Waiting()
	switch {
	case len(waiting) == 1:
		a.Bundles = []AcceptanceBundle{{TicketID: waiting[0].TicketID, Accepted: a.Accepted, Rejected: a.Rejected, Returned: a.Returned}}
	case a.Accepted == whole || a.Rejected == whole || a.Returned == whole:
		for _, b := range waiting {
			one := AcceptanceBundle{TicketID: b.TicketID}
			switch {
			case a.Accepted > 0:
				one.Accepted = b.Waiting()
			case a.Rejected > 0:
				one.Rejected = b.Waiting()
			default:
				one.Returned = b.Waiting()
			}
			a.Bundles = append(a.Bundles, one)
		}
	case len(waiting) > 1:
		return InvalidField("accepted", "the delivery names its bundles: say of each what is accepted, rejected and returned")
	}
	return nil
}

// storeJudged stores what a recorded decision said about bundles.
func (a *Acceptance) storeJudged(ctx context.Context, db bun.Tx, orderID int64) error {
	if len(a.Bundles) == 0 {
		return nil
	}
	for i := range a.Bundles {
		a.Bundles[i].AcceptanceID, a.Bundles[i].OrderID = a.ID, orderID
	}
	_, err := db.NewInsert().Model(&a.Bundles).Exec(ctx)
	return wrap("store decisions about bundles", err)
}
