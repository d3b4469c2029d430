package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// ContractorPayment is money that a workshop received from a contractor. One that did not arrive is taken back by one below zero.
type ContractorPayment struct {
	bun.BaseModel `bun:"table:contractor_payments,alias:cp"`

	ID           int64 `bun:",pk,autoincrement"`
	WorkshopID   int64
	ContractorID int64
	ReceivedOn   Date
	Amount       Money
	Method       string // one of PaymentMethods
	Note         string
	RecordedAt   Instant
	RecordedBy   string
}

// PaymentMethods are how money reaches a workshop.
var PaymentMethods = []string{"bank", "cash", "wechat", "alipay"}

// Validate reports every wrong field.
func (p *ContractorPayment) Validate() error {
	v := &Invalid{}
	if p.WorkshopID == 0 {
		v.Add("workshop", "choose one")
	}
	if p.ContractorID == 0 {
		v.Add("contractor", "choose one")
	}
	if p.ReceivedOn == "" {
		v.Add("date", "is required")
	}
	if p.Amount.IsZero() {
		v.Add("amount", "must not be 0")
	}
	if !slices.Contains(PaymentMethods, p.Method) {
		v.Add("method", "choose one")
	}
	v.AddMsg("note", CheckText(p.Note, MaxNote))
	return v.Err()
}

// ReceivePayment records a payment. It is a conflict where both sides have confirmed a statement through that day.
func ReceivePayment(ctx context.Context, db bun.IDB, p *ContractorPayment) error {
	if err := p.Validate(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := NotStated(ctx, db, p.WorkshopID, p.ContractorID, p.ReceivedOn); err != nil {
			return err
		}
		p.RecordedAt = Now()
		if _, err := db.NewInsert().Model(p).Exec(ctx); err != nil {
			return wrap("record payment", err)
		}
		_, err := db.ExecContext(ctx, `INSERT INTO contractor_sums AS s (workshop_id, contractor_id, received) VALUES (?, ?, ?)
			ON CONFLICT (workshop_id, contractor_id) DO UPDATE SET received = s.received + EXCLUDED.received`, p.WorkshopID, p.ContractorID, p.Amount)
		return wrap("sum up payments", err)
	})
}

// ReceivedDifference is what the payments of a contractor to a workshop sum to, less what is kept of them: nothing, unless a record is
// gone or there twice.
func ReceivedDifference(ctx context.Context, db bun.IDB, workshopID, contractorID int64) (Money, error) {
	var d Money
	err := db.NewRaw(`SELECT CAST(COALESCE((SELECT SUM(amount) FROM contractor_payments WHERE workshop_id = ?0 AND contractor_id = ?1), 0)
		- COALESCE((SELECT received FROM contractor_sums WHERE workshop_id = ?0 AND contractor_id = ?1), 0) AS BIGINT)`, workshopID, contractorID).Scan(ctx, &d)
	return d, wrap("compare payments", err)
}

// Aged is what a contractor owes on a day, by how long ago the fee became due. What he paid and took off settles the oldest first.
type Aged struct {
	Days30, Days60, Days90, Older Money // not older than 30, 60, 90 days, and the rest
	// Ahead is what he paid beyond all fees; then nothing is owed.
	Ahead Money
	// Debts are the orders he owes for, however they ended, the oldest fee first: they sum to what is owed without what was paid ahead.
	Debts []Debt
}

// Debt is what is still owed of the fees of one order.
type Debt struct {
	OrderCode string
	Order     *ProcessingOrder // without its relations
	Product   string
	Since     Date // the day of the oldest fee that is not settled
	Rest      Money
}

// Total is what is owed, less what was paid ahead.
func (a Aged) Total() Money { return a.Days30.Add(a.Days60).Add(a.Days90).Add(a.Older).Sub(a.Ahead) }

// Age says how old what a contractor owes a workshop is on a day.
func Age(ctx context.Context, db bun.IDB, workshopID, contractorID int64, day Date) (Aged, error) {
	facts, err := accountLines(ctx, db, workshopID, contractorID, day)
	if err != nil {
		return Aged{}, err
	}
	a := age(facts, day)
	if len(a.Debts) == 0 {
		return a, nil
	}
	codes, byCode := make([]string, len(a.Debts)), map[string]*ProcessingOrder{}
	for i := range a.Debts {
		codes[i] = a.Debts[i].OrderCode
	}
	var list []*ProcessingOrder
	if err := db.NewSelect().Model(&list).Where("o.code IN (?)", bun.List(codes)).Scan(ctx); err != nil {
		return Aged{}, wrap("list orders owed for", err)
	}
	for _, o := range list {
		byCode[o.Code] = o
	}
	for i := range a.Debts {
		a.Debts[i].Order = byCode[a.Debts[i].OrderCode]
	}
	return a, nil
}

func age(facts []StatementLine, day Date) Aged {
	var a Aged
	var paid Money
	for _, l := range facts {
		switch {
		case l.Kind != LineFee:
			paid = paid.Add(l.Amount)
		case l.Amount.Sign() < 0: // a fee that has fallen lowers what is owed, as a payment does
			paid = paid.Sub(l.Amount)
		}
	}
	for _, l := range facts {
		if l.Kind != LineFee || l.Amount.Sign() < 0 {
			continue
		}
		settled := MinMoney(l.Amount, paid)
		if paid.Sign() < 0 { // more was taken back than paid: it is owed again, with the oldest fee
			settled = paid
		}
		paid = paid.Sub(settled)
		rest := l.Amount.Sub(settled)
		a.owe(l, rest)
		switch {
		case l.Day >= day.AddDays(-30):
			a.Days30 = a.Days30.Add(rest)
		case l.Day >= day.AddDays(-60):
			a.Days60 = a.Days60.Add(rest)
		case l.Day >= day.AddDays(-90):
			a.Days90 = a.Days90.Add(rest)
		default:
			a.Older = a.Older.Add(rest)
		}
	}
	a.Ahead = paid
	return a
}

// owe adds what is not settled of a fee to the debt of its order.
func (a *Aged) owe(l StatementLine, rest Money) {
	if rest.IsZero() {
		return
	}
	i := slices.IndexFunc(a.Debts, func(d Debt) bool { return d.OrderCode == l.OrderCode })
	if i < 0 {
		i, a.Debts = len(a.Debts), append(a.Debts, Debt{OrderCode: l.OrderCode, Product: l.Product, Since: l.Day})
	}
	a.Debts[i].Rest = a.Debts[i].Rest.Add(rest)
}

// WorkshopsOf are the workshops that have orders of a contractor, by code; workshopID 0 is every one, another narrows it to that.
func WorkshopsOf(ctx context.Context, db bun.IDB, contractorID, workshopID int64) ([]Workshop, error) {
	var list []Workshop
	q := db.NewSelect().Model(&list).Where("w.id IN (SELECT o.workshop_id FROM processing_orders o WHERE o.contractor_id = ?)", contractorID).Order("w.code")
	if workshopID != 0 {
		q = q.Where("w.id = ?", workshopID)
	}
	err := q.Scan(ctx)
	return list, wrap("list workshops", err)
}
