package demo

import "jijian/piecework"

// bench gives everybody a badge, and the orders that are about to begin their bundle tickets.
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
}
