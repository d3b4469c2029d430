package demo

import "jijian/piecework"

// bench gives everybody a badge, and the orders that are about to begin their bundle tickets. Two workers have a lot of the first line at
// home; one of them is late with it.
func (m *month) bench() {
	const bundles = 60 // of an order, about
	for _, s := range m.shops {
		ids := make([]int64, len(s.crew))
		for i, w := range s.crew {
			ids[i] = w.ID
		}
		m.try(func() error {
			_, err := piecework.CodesOf(m.ctx, m.db, piecework.WorkerBadge, s.ID, lead, ids...)
			return err
		})
		for _, l := range s.lines {
			next := l.orders[len(l.orders)-1]
			size := (next.Quantity/bundles + 9) / 10 * 10
			m.try(func() error {
				_, err := piecework.CutTickets(m.ctx, m.db, piecework.Cut{OrderID: next.ID, Size: size, By: lead})
				return err
			})
		}
	}
	s := m.shops[0]
	l := s.lines[0]
	under := l.orders[len(l.orders)-2]
	for i, due := range []int{-1, 3} {
		m.try(func() error {
			return piecework.GiveOut(m.ctx, m.db, &piecework.TakeHome{WorkerID: l.crew[i+3].ID, OrderID: under.ID, OperationID: l.product.Operations[2].ID, Quantity: 300,
				OutOn: m.today.AddDays(due - 4), DueOn: m.today.AddDays(due), GivenBy: lead})
		})
	}
}
