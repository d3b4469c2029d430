package demo

import (
	"slices"

	"jijian/payroll"
	"jijian/piecework"
)

// contractorSide is what the contractors do besides accepting: they pay, charge back, ask, and confirm what they owe for the full month; and
// what one of them sent back is put right.
func (m *month) contractorSide() {
	if m.err != nil {
		return
	}
	first, second := m.shops[0].lines[0], m.shops[0].lines[1]
	m.putRight(first)
	m.nameBundles(first)
	old, open := first.orders[0], first.orders[len(first.orders)-2]
	for _, c := range []piecework.Chargeback{
		{OrderID: old.ID, ChargedOn: m.last.AddDays(-1), Pieces: 40, Amount: piecework.Fen(36_00), Fault: piecework.FaultWorkmanship, Bearer: piecework.BearsWorkshop, Reason: "两箱花瓣方向装反，返工费"},
		{OrderID: old.ID, ChargedOn: m.last.AddDays(-1), Pieces: 12, Amount: piecework.Fen(10_80), Fault: piecework.FaultMaterial, Bearer: piecework.BearsContractor, Reason: "来料褪色，加工商自担"},
		{OrderID: open.ID, ChargedOn: m.today, Pieces: 25, Amount: piecework.Fen(22_50), Fault: piecework.FaultWorkmanship, Bearer: piecework.BearsWorkshop, Reason: "粘合不牢"},
	} {
		c.RecordedBy = lead
		m.try(func() error { _, err := payroll.ChargeBack(m.ctx, m.db, &c); return err })
	}
	for _, p := range []struct {
		line *line
		day  piecework.Date
		yuan int64
		note string
	}{{first, m.middle.AddDays(5), 6000, "十月上半月加工费"}, {first, m.today, 4000, ""}, {second, m.last.AddDays(-2), 3000, ""}} {
		m.try(func() error {
			return piecework.ReceivePayment(m.ctx, m.db, &piecework.ContractorPayment{WorkshopID: m.shops[0].ID, ContractorID: p.line.orders[0].ContractorID,
				ReceivedOn: p.day, Amount: piecework.Fen(100 * p.yuan), Method: "bank", Note: p.note, RecordedBy: SignIns[1].Name})
		})
	}
	if m.last < m.shops[0].Today() {
		m.state(m.shops[0], first, true)
		m.state(m.shops[0], second, false)
		m.state(m.shops[1], m.shops[1].lines[1], true)
	}
	for _, q := range []struct{ text, answer string }{{"这批能提前两天交吗？客户催得急。", "可以，周六加一场，周日下午交齐。"}, {"下次交货请按颜色分箱，可以吗？", ""}} {
		question := &piecework.Question{OrderID: open.ID, Question: q.text, AskedBy: contractors[first.contractor]}
		m.try(func() error { return piecework.Ask(m.ctx, m.db, question) })
		if q.answer != "" {
			m.try(func() error { return piecework.AnswerQuestion(m.ctx, m.db, question.ID, q.answer, lead) })
		}
	}
}

// state makes the statement of the full month for a line's contractor. The workshop confirms it, and the contractor too if both do.
func (m *month) state(s *shop, l *line, both bool) {
	m.try(func() error {
		st, err := piecework.MakeStatement(m.ctx, m.db, s.ID, l.orders[0].ContractorID, m.first, m.last, SignIns[1].Name)
		if err != nil {
			return err
		}
		if err := st.Confirm(m.ctx, m.db, false, SignIns[1].Name); err != nil || !both {
			return err
		}
		return st.Confirm(m.ctx, m.db, true, contractors[l.contractor])
	})
}

// nameBundles takes two bundles of the order that a line is at through all operations and delivers them by their tickets, of
// the last one a part.
func (m *month) nameBundles(l *line) {
	now := l.orders[len(l.orders)-2]
	m.try(func() error {
		tickets, err := piecework.CutTickets(m.ctx, m.db, piecework.Cut{OrderID: now.ID, Size: 240, Quantity: 480, Over: true, By: lead})
		if err != nil {
			return err
		}
		ws := &piecework.WorkSession{Code: m.shops[0].Code + "-" + m.today.Time().Format("060102")}
		d := &piecework.Delivery{Code: "D-" + m.today.Time().Format("060102") + "-B", OrderID: now.ID, DeliveredOn: m.today, RecordedBy: lead}
		var tallies []piecework.NewTally
		for i, ticket := range tickets {
			for k, op := range l.product.Operations {
				t := piecework.NewTally{Worker: l.crew[(i+k)%len(l.crew)].Code, Order: now.Code, Operation: op.Code, Ticket: ticket.Code().String(), Counts: piecework.Counts{Good: ticket.Quantity}}
				m.stamp(&t, ws, m.now)
				tallies = append(tallies, t)
			}
			d.Bundles = append(d.Bundles, piecework.DeliveryBundle{Code: ticket.Code().String()})
		}
		d.Bundles[len(tickets)-1].Quantity = 160
		if m.record(tallies); m.err != nil {
			return m.err
		}
		return piecework.Deliver(m.ctx, m.db, d)
	})
}

// putRight takes the latest return of a line through its last operation again, on a ticket of its own; a few pieces are given up.
func (m *month) putRight(l *line) {
	ws := &piecework.WorkSession{Code: m.shops[0].Code + "-" + m.today.Time().Format("060102")}
	for i := len(l.deliveries) - 1; i >= 0; i-- {
		d, err := piecework.DeliveryByID(m.ctx, m.db, l.deliveries[i].ID)
		if err != nil || m.err != nil {
			m.try(func() error { return err })
			return
		}
		if len(d.Acceptances) == 0 || d.Acceptances[0].Returned < 10 || !slices.ContainsFunc(l.orders, func(o *order) bool { return o.ID == d.OrderID && o.sent < o.Quantity }) {
			continue
		}
		operations := l.product.Operations
		last := operations[len(operations)-1]
		m.try(func() error {
			ticket, err := piecework.CutRework(m.ctx, m.db, piecework.Rework{AcceptanceID: d.Acceptances[0].ID, From: last.Code, By: lead})
			if err != nil {
				return err
			}
			t := piecework.NewTally{Worker: l.crew[packers[0]].Code, Order: d.Order.Code, Operation: last.Code, Ticket: ticket.Code().String(),
				Counts: piecework.Counts{Good: ticket.Quantity - 2, ScrapWorkmanship: 2}}
			m.stamp(&t, ws, m.now)
			m.record([]piecework.NewTally{t})
			return nil
		})
		return
	}
}
