package exchange

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

var statementColumns = []outColumn{{"delivery", exact, "交货单"}, {"date", exact, "日期"}, {"workshop", exact, "微工厂"}, {"order", exact, "加工单"},
	{"product", exact, "款式"}, {"product_name", freeText, "款式名称"},
	{"delivered", pieces, "交货"}, {"accepted", pieces, "合格"}, {"rejected", pieces, "不合格"}, {"returned", pieces, "退货"},
	{"unit_fee", perPiece, "加工费单价"}, {"amount", amount, "金额"}, {"currency", exact, "币种"},
	{"kind", exact, "类别"}, {"note", freeText, "说明"}, {"version", exact, "版本"}, {"confirmed", exact, "双方确认"}}

// Statement writes what stands between a contractor and each workshop for a period, as the page of the statement says it: the latest
// version that was made, or, with a blank version, what the books say now. Of each workshop first what is carried, then its days: a line
// for each fee of a decision, chargeback and payment (the latter two below zero) and for deliveries about which nothing was accepted; then
// what is owed at the end, which the amounts above sum to. The last lines, whose delivery is "total", sum pieces and fees by currency.
func Statement(ctx context.Context, db bun.IDB, w io.Writer, format Format, contractor string, from, to piecework.Date) error {
	if from == "" || to == "" || from > to {
		return piecework.InvalidField("to", "the period must have two dates, the first not after the last")
	}
	c, err := piecework.ContractorByCode(ctx, db, contractor)
	if err != nil {
		return err
	}
	shops, err := piecework.WorkshopsOf(ctx, db, c.ID, 0)
	if err != nil {
		return err
	}
	var rows [][]string
	totals := map[string]*statementTotal{}
	for i := range shops {
		st, err := piecework.LatestStatement(ctx, db, shops[i].ID, c.ID, from, to)
		if err != nil {
			return err
		}
		shop := statementShop{st: st, currency: shops[i].Currency}
		if err := shop.read(ctx, db); err != nil {
			return err
		}
		if totals[shop.currency] == nil {
			totals[shop.currency] = &statementTotal{currency: shop.currency}
		}
		rows = append(rows, shop.rows(totals[shop.currency])...)
	}
	for _, currency := range slices.Sorted(maps.Keys(totals)) {
		rows = append(rows, totals[currency].row())
	}
	return write(w, format, "statement", statementColumns, rows)
}

// statementShop is the statement of one workshop with the deliveries it is about, by code.
type statementShop struct {
	st         *piecework.ContractorStatement
	currency   string
	orders     map[string]*piecework.ProcessingOrder
	deliveries []*piecework.Delivery
	told       map[string]bool // deliveries whose pieces stand on a line already
}

// read finds the deliveries of the period and those that lines name, with their orders.
func (s *statementShop) read(ctx context.Context, db bun.IDB) error {
	codes := []string{""}
	for _, l := range s.st.Lines {
		codes = append(codes, l.DeliveryCode)
	}
	err := db.NewSelect().Model(&s.deliveries).Relation("Order").Relation("Order.Product").Relation("Acceptances").
		Where(`"order"."workshop_id" = ? AND "order"."contractor_id" = ?`, s.st.WorkshopID, s.st.ContractorID).
		Where("(d.delivered_on BETWEEN ? AND ? OR d.code IN (?))", s.st.PeriodFrom, s.st.PeriodTo, bun.List(codes)).Order("d.delivered_on", "d.code").Scan(ctx)
	if err != nil {
		return fmt.Errorf("read deliveries: %w", err)
	}
	var orders []piecework.ProcessingOrder
	err = db.NewSelect().Model(&orders).Relation("Product").Where("o.workshop_id = ? AND o.contractor_id = ?", s.st.WorkshopID, s.st.ContractorID).Scan(ctx)
	if err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	s.orders, s.told = map[string]*piecework.ProcessingOrder{}, map[string]bool{}
	for i := range orders {
		s.orders[orders[i].Code] = &orders[i]
	}
	return nil
}

// rows are the lines of the workshop's statement.
func (s *statementShop) rows(total *statementTotal) [][]string {
	rows := [][]string{s.row(statementLine{kind: "carried", day: s.st.PeriodFrom, amount: s.st.Opening})}
	for i := range s.st.Lines {
		l := &s.st.Lines[i]
		line := statementLine{kind: string(l.Kind), day: l.Day, order: l.OrderCode, note: l.Note, amount: l.Amount.Neg()}
		if l.Kind == piecework.LineFee {
			line.delivery, line.fee, line.amount, line.accepted = l.DeliveryCode, l.Rate.String(), l.Amount, l.Quantity
			total.add(l.Amount)
		}
		rows = append(rows, s.row(line.of(s, total)))
	}
	for _, d := range s.deliveries {
		if day := d.DeliveredOn; !s.told[d.Code] && day >= s.st.PeriodFrom && day <= s.st.PeriodTo {
			line := statementLine{kind: "delivery", day: day, order: d.Order.Code, delivery: d.Code, fee: d.Order.UnitFee.String(), note: d.Note}
			rows = append(rows, s.row(line.of(s, total)))
		}
	}
	return append(rows, s.row(statementLine{kind: "owed", day: s.st.PeriodTo, amount: s.st.Closing}))
}

// statementLine is one line before it is written.
type statementLine struct {
	kind, order, delivery, fee, note string
	day                              piecework.Date
	amount                           piecework.Money
	accepted                         int64
	pieces                           [3]int64 // delivered, rejected and returned
	counts                           bool     // pieces stand on this line
}

// of puts the pieces of a delivery on the first line that names it.
func (l statementLine) of(s *statementShop, total *statementTotal) statementLine {
	total.accepted += l.accepted
	for _, d := range s.deliveries {
		if d.Code != l.delivery || s.told[d.Code] {
			continue
		}
		s.told[d.Code] = true
		sum := d.Decided()
		l.pieces, l.counts = [3]int64{d.Quantity, sum.Rejected, sum.Returned}, true
		total.delivered, total.rejected, total.returned = total.delivered+d.Quantity, total.rejected+sum.Rejected, total.returned+sum.Returned
	}
	return l
}

func (s *statementShop) row(l statementLine) []string {
	row := []string{l.delivery, string(l.day), s.st.Workshop.Code, l.order, "", "", "", "", "", "", l.fee, l.amount.String(), s.currency, l.kind, l.note, "", ""}
	if o := s.orders[l.order]; o != nil {
		row[4], row[5] = o.Product.Code, o.Product.Name
	}
	if l.counts {
		row[6], row[8], row[9] = number(l.pieces[0]), number(l.pieces[1]), number(l.pieces[2])
	}
	if l.delivery != "" {
		row[7] = number(l.accepted)
	}
	if s.st.Version > 0 {
		row[15], row[16] = number(int64(s.st.Version)), s.st.State()
	}
	return row
}

// statementTotal sums the lines of one currency.
type statementTotal struct {
	currency                                string
	delivered, accepted, rejected, returned int64
	owed                                    piecework.Money
}

func (t *statementTotal) add(fee piecework.Money) { t.owed = t.owed.Add(fee) }

func (t *statementTotal) row() []string {
	return []string{"total", "", "", "", "", "", number(t.delivered), number(t.accepted), number(t.rejected), number(t.returned), "", t.owed.String(), t.currency,
		"total", "", "", ""}
}
