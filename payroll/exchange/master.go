package exchange

import (
	"strconv"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// byCode narrows a query to the codes of a batch.
func byCode[T any](code func(*T) string) func(*bun.SelectQuery, []*T) *bun.SelectQuery {
	return func(q *bun.SelectQuery, batch []*T) *bun.SelectQuery {
		return q.Where("code IN (?)", column(batch, code))
	}
}

// column is one value of each thing, as a list for SQL.
func column[T, V any](batch []*T, value func(*T) V) any {
	list := make([]V, len(batch))
	for i, item := range batch {
		list[i] = value(item)
	}
	return bun.List(list)
}

// codeKey is the key of a thing that is known by its code alone.
func codeKey[T any](code func(*T) string) func(*T) refKey {
	return func(item *T) refKey { return refKey{0, code(item)} }
}

// codeOf is the key of a row in a table that is keyed by its code alone.
func codeOf(row *Row) refKey { return refKey{0, row.Text("code")} }

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (im *importer) importWorkshops() {
	type T = piecework.Workshop
	code := func(w *T) string { return w.Code }
	importKeyed(im, keyed[T]{
		column: "code", refs: &im.workshops, spoilt: codeOf, stored: byCode(code),
		key: codeKey(code),
		build: func(r *Row) *T {
			w := piecework.NewWorkshop(r.Text("code"), r.Text("name"))
			w.Timezone, w.Currency = r.Text("timezone"), r.Text("currency")
			return w
		},
		fields: []field[T]{
			{"name", func(w *T) string { return w.Name }},
			{"timezone", func(w *T) string { return w.Timezone }},
			{"currency", func(w *T) string { return w.Currency }},
		},
	})
}

func (im *importer) importContractors() {
	type T = piecework.Contractor
	code := func(c *T) string { return c.Code }
	importKeyed(im, keyed[T]{
		column: "code", refs: &im.contractors, spoilt: codeOf, stored: byCode(code),
		key: codeKey(code),
		build: func(r *Row) *T {
			return &T{Code: r.Text("code"), Name: r.Text("name"), Phone: r.Text("phone")}
		},
		fields: []field[T]{
			{"name", func(c *T) string { return c.Name }},
			{"phone", func(c *T) string { return c.Phone }},
		},
	})
}

func (im *importer) importWorkers() {
	type T = piecework.Worker
	code := func(w *T) string { return w.Code }
	importKeyed(im, keyed[T]{
		column: "code", refs: &im.workers, spoilt: codeOf, stored: byCode(code),
		key: codeKey(code),
		build: func(r *Row) *T {
			workshop := im.workshop(r)
			if workshop == nil {
				return nil
			}
			return &T{Code: r.Text("code"), Name: r.Text("name"), WorkshopID: workshop.ID, Phone: r.Text("phone"),
				ShareWeight: r.Int("share_weight"), Active: true}
		},
		fields: []field[T]{
			{"name", func(w *T) string { return w.Name }},
			{"workshop", func(w *T) string { return number(w.WorkshopID) }},
			{"phone", func(w *T) string { return w.Phone }},
			{"share_weight", func(w *T) string { return piecework.Millionths(w.ShareWeight).Decimal().String() }},
		},
	})
}

func (im *importer) importProducts() {
	type T = piecework.Product
	code := func(p *T) string { return p.Code }
	importKeyed(im, keyed[T]{
		column: "code", refs: &im.products, spoilt: codeOf, stored: byCode(code),
		key: codeKey(code),
		build: func(r *Row) *T {
			return &T{Code: r.Text("code"), Name: r.Text("name"), Craft: r.Text("craft")}
		},
		fields: []field[T]{
			{"name", func(p *T) string { return p.Name }},
			{"craft", func(p *T) string { return p.Craft }},
		},
	})
}

func (im *importer) importOperations() {
	type T = piecework.Operation
	code := func(o *T) string { return o.Code }
	importKeyed(im, keyed[T]{
		column: "code", refs: &im.operations, stored: byCode(code),
		key: func(o *T) refKey { return refKey{o.ProductID, o.Code} },
		spoilt: func(r *Row) refKey {
			key := codeOf(r)
			if product := im.products.found[refKey{0, r.Text("product")}]; product != nil {
				key.scope = product.ID
			}
			return key
		},
		build: func(r *Row) *T {
			product := im.product(r)
			if product == nil {
				return nil
			}
			return &T{ProductID: product.ID, Code: r.Text("code"), Name: r.Text("name"), Seq: int(r.Int("seq"))}
		},
		fields: []field[T]{
			{"name", func(o *T) string { return o.Name }},
			{"seq", func(o *T) string { return strconv.Itoa(o.Seq) }},
		},
	})
}

func (im *importer) importOrders() {
	type T = piecework.ProcessingOrder
	code := func(o *T) string { return o.Code }
	importKeyed(im, keyed[T]{
		column: "code", refs: &im.orders, spoilt: codeOf, stored: byCode(code),
		key: codeKey(code),
		build: func(r *Row) *T {
			workshop, contractor, product := im.workshop(r), im.contractor(r), im.product(r)
			if workshop == nil || contractor == nil || product == nil {
				return nil
			}
			return &T{Code: r.Text("code"), WorkshopID: workshop.ID, ContractorID: contractor.ID, ProductID: product.ID,
				Quantity: r.Int("quantity"), UnitFee: piecework.Millionths(r.Int("unit_fee")),
				OrderedOn: r.Date("ordered_on"), DueOn: r.Date("due_on")}
		},
		fields: []field[T]{
			{"workshop", func(o *T) string { return number(o.WorkshopID) }},
			{"contractor", func(o *T) string { return number(o.ContractorID) }},
			{"product", func(o *T) string { return number(o.ProductID) }},
			{"quantity", func(o *T) string { return number(o.Quantity) }},
			{"unit_fee", func(o *T) string { return o.UnitFee.String() }},
			{"ordered_on", func(o *T) string { return string(o.OrderedOn) }},
			{"due_on", func(o *T) string { return string(o.DueOn) }},
		},
	})
}

func (im *importer) importRates() {
	type T = piecework.PieceRate
	importKeyed(im, keyed[T]{
		column: "effective_from",
		key: func(r *T) refKey {
			return refKey{r.OperationID, number(r.OrderID) + " " + string(r.EffectiveFrom)}
		},
		stored: func(q *bun.SelectQuery, batch []*T) *bun.SelectQuery {
			return q.Where("operation_id IN (?)", column(batch, func(r *T) int64 { return r.OperationID })).
				Where("effective_from IN (?)", column(batch, func(r *T) string { return string(r.EffectiveFrom) })).
				Relation("Tiers", piecework.ByThreshold)
		},
		build:  im.buildRate,
		insert: im.insertRates,
		fields: rateFields,
	})
}

func (im *importer) buildRate(r *Row) *piecework.PieceRate {
	product := im.product(r)
	var order *piecework.ProcessingOrder
	if r.Given("order") {
		order = im.order(r)
	}
	if product == nil {
		return nil
	}
	operation := im.operation(r, product.ID)
	rate := &piecework.PieceRate{ProductID: product.ID, EffectiveFrom: r.Date("effective_from"),
		Rate: piecework.Millionths(r.Int("rate")), CreatedAt: im.now, CreatedBy: recordedBy}
	im.readTerms(r, rate)
	if r.Given("order") {
		if order == nil {
			return nil
		}
		if order.ProductID != product.ID {
			im.fault(r, "order", piecework.Msg("is an order for another product than %s", product.Code))
			return nil
		}
		rate.OrderID = order.ID
	}
	if operation == nil {
		return nil
	}
	rate.OperationID = operation.ID
	return rate
}

func (im *importer) importSessions() {
	type T = piecework.WorkSession
	code := func(s *T) string { return s.Code }
	importKeyed(im, keyed[T]{
		column: "code", refs: &im.sessions, spoilt: codeOf, stored: byCode(code),
		key: codeKey(code),
		build: func(r *Row) *T {
			workshop := im.workshop(r)
			if workshop == nil {
				return nil
			}
			return &T{Code: r.Text("code"), WorkshopID: workshop.ID, WorkDate: r.Date("date"), StartsAt: r.Text("starts_at"), EndsAt: r.Text("ends_at")}
		},
		fields: []field[T]{
			{"workshop", func(s *T) string { return number(s.WorkshopID) }},
			{"date", func(s *T) string { return string(s.WorkDate) }},
			{"starts_at", func(s *T) string { return s.StartsAt }},
			{"ends_at", func(s *T) string { return s.EndsAt }},
		},
	})
}
