package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

func (im *importer) importDeliveries() {
	type T = piecework.Delivery
	rows := map[*T]Row{} // of new deliveries that name bundles
	decided := func(f func(piecework.Acceptance) int64) func(*T) string {
		return func(d *T) string { return number(f(d.Decided())) }
	}
	code := func(d *T) string { return d.Code }
	importKeyed(im, keyed[T]{
		column: "code",
		key:    codeKey(code),
		stored: func(q *bun.SelectQuery, batch []*T) *bun.SelectQuery {
			return byCode(code)(q, batch).Relation("Acceptances")
		},
		build: func(r *Row) *T {
			d := im.buildDelivery(r)
			if d != nil && len(d.Bundles) > 0 {
				kept := *r
				kept.values = slices.Clone(r.values)
				rows[d] = kept
			}
			return d
		},
		match: im.matchBundles,
		insert: func(items []*T) error {
			plain := slices.DeleteFunc(slices.Clone(items), func(d *T) bool { return len(d.Bundles) > 0 })
			if err := im.insertDeliveries(plain); err != nil {
				return err
			}
			for _, d := range items {
				if len(d.Bundles) == 0 {
					continue
				}
				if err := im.deliverBundles(d, rows[d]); err != nil {
					return fmt.Errorf("delivery %s: %w", d.Code, err)
				}
			}
			clear(rows)
			return nil
		},
		fields: []field[T]{
			{"order", func(d *T) string { return number(d.OrderID) }},
			{"date", func(d *T) string { return string(d.DeliveredOn) }},
			{"quantity", func(d *T) string { return number(d.Quantity) }},
			{"accepted", decided(func(a piecework.Acceptance) int64 { return a.Accepted })},
			{"rejected", decided(func(a piecework.Acceptance) int64 { return a.Rejected })},
			{"returned", decided(func(a piecework.Acceptance) int64 { return a.Returned })},
			{"note", func(d *T) string { return d.Note }},
			{"bundles", bundlesText},
		},
	})
}

func (im *importer) buildDelivery(r *Row) *piecework.Delivery {
	order := im.order(r)
	if order == nil {
		return nil
	}
	d := &piecework.Delivery{Code: r.Text("code"), OrderID: order.ID, DeliveredOn: r.Date("date"), Quantity: r.Int("quantity"),
		Note: r.Text("note"), RecordedAt: im.now, RecordedBy: recordedBy}
	a := piecework.Acceptance{Accepted: r.Int("accepted"), Rejected: r.Int("rejected"), Returned: r.Int("returned"),
		RecordedAt: im.now, RecordedBy: recordedBy}
	for _, f := range []string{"accepted", "rejected", "returned"} {
		if r.Int(f) > d.Quantity {
			im.fault(r, f, piecework.Msg("is more than the %d pieces delivered", d.Quantity))
			return nil
		}
	}
	sum := a.Accepted + a.Rejected + a.Returned
	if sum > d.Quantity {
		im.fault(r, "quantity", piecework.Msg("is less than the %d pieces accepted, rejected and returned together", sum))
		return nil
	}
	if d.Bundles = piecework.BundlesNamed(r.Text("bundles")); len(d.Bundles) > 0 && d.Quantity == 0 {
		im.fault(r, "quantity", piecework.Msg("must be between %d and %d", 1, piecework.MaxPieces))
		return nil
	}
	if sum > 0 {
		d.Acceptances = []piecework.Acceptance{a}
	}
	return d
}

// mayDeliver refuses a new delivery for a quote or a closed order, and one with decisions that a confirmed statement would have to tell of.
func (im *importer) mayDeliver(d *piecework.Delivery) error {
	o, err := piecework.OrderByID(im.ctx, im.db, d.OrderID)
	if err != nil {
		return err
	}
	if err := o.Delivers(); err != nil || len(d.Acceptances) == 0 {
		return err
	}
	return piecework.NotStated(im.ctx, im.db, o.WorkshopID, o.ContractorID, d.DeliveredOn)
}

// deliverBundles records a delivery that names its bundles, and what was decided about it, under the rules of the form.
func (im *importer) deliverBundles(d *piecework.Delivery, row Row) error {
	err := piecework.Deliver(im.ctx, im.db, d)
	if err == nil && len(d.Acceptances) > 0 {
		a := d.Acceptances[0]
		a.DeliveryID, a.DecidedOn = d.ID, d.DeliveredOn
		err = piecework.Accept(im.ctx, im.db, &a)
	}
	var invalid *piecework.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	for _, f := range invalid.Fields {
		im.fault(&row, f.Field, &f.Message)
	}
	return nil
}

// matchBundles reads which bundles stored deliveries carry. A file that leaves them out says nothing of them, and where it does not say how
// many pieces of a bundle are in a delivery they are those that were stored.
func (im *importer) matchBundles(old, now []*piecework.Delivery) error {
	if !slices.ContainsFunc(now, func(d *piecework.Delivery) bool { return len(d.Bundles) > 0 }) {
		return nil
	}
	if err := piecework.ReadBundlesOf(im.ctx, im.db, old); err != nil {
		return err
	}
	for i, d := range now {
		if len(d.Bundles) == 0 {
			old[i].Bundles = nil
		}
		for j := range d.Bundles {
			b := &d.Bundles[j]
			code, msg := piecework.ParseCode(b.Code)
			for _, was := range old[i].Bundles {
				if msg == nil && was.Code == code.String() {
					b.Code = was.Code
					if b.Quantity == 0 {
						b.Quantity = was.Quantity
					}
				}
			}
		}
	}
	return nil
}

// bundlesText is the bundles of a delivery as a file names them, in the order of their codes.
func bundlesText(d *piecework.Delivery) string {
	var list []string
	for _, b := range d.Bundles {
		list = append(list, fmt.Sprintf("%s:%d", b.Code, b.Quantity))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func (im *importer) insertDeliveries(items []*piecework.Delivery) error {
	if len(items) == 0 {
		return nil
	}
	for _, d := range items {
		if err := im.mayDeliver(d); err != nil {
			return fmt.Errorf("delivery %s: %w", d.Code, err)
		}
	}
	if _, err := im.db.NewInsert().Model(&items).Exec(im.ctx); err != nil {
		return err
	}
	var decisions []piecework.Acceptance
	for _, d := range items {
		sum := d.Decided()
		flow := piecework.Flow{OrderID: d.OrderID, Delivered: d.Quantity, Accepted: sum.Accepted, Rejected: sum.Rejected, Returned: sum.Returned}
		if err := piecework.BookFlow(im.ctx, im.db, flow); err != nil {
			return err
		}
		for _, a := range d.Acceptances {
			a.DeliveryID, a.DecidedOn = d.ID, d.DeliveredOn
			decisions = append(decisions, a)
		}
	}
	if len(decisions) == 0 {
		return nil
	}
	_, err := im.db.NewInsert().Model(&decisions).Returning("NULL").Exec(im.ctx)
	return err
}
