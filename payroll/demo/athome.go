package demo

import (
	"fmt"

	"jijian/piecework"
)

// takeHome gives out three lots of the first line's first operation: one is overdue, of one a part has come back today, and one came back
// with a few pieces lost.
func (m *month) takeHome(s *shop) {
	l := s.lines[0]
	open := l.orders[len(l.orders)-1]
	for i, lot := range []struct {
		quantity, back, lost int64
		out, due             int // days from today
	}{{300, 0, 0, -8, -1}, {200, 120, 0, -3, 4}, {100, 96, 4, -6, 0}} {
		th := &piecework.TakeHome{WorkerID: l.crew[i+1].ID, OrderID: open.ID, OperationID: l.product.Operations[0].ID, Quantity: lot.quantity,
			OutOn: m.today.AddDays(lot.out), DueOn: m.today.AddDays(lot.due), GivenBy: lead}
		m.try(func() error { return piecework.GiveOut(m.ctx, m.db, th) })
		if lot.back > 0 {
			m.try(func() error { return m.bringBack(s, th, lot.back, fmt.Sprintf("home-%d", i+1)) })
		}
		if lot.lost > 0 {
			m.try(func() error { return piecework.CloseTakeHome(m.ctx, m.db, th.ID, 0, lot.lost, "下雨淋湿", lead) })
		}
	}
}

// bringBack brings good pieces of a lot to the open session of the day.
func (m *month) bringBack(s *shop, th *piecework.TakeHome, good int64, uid string) error {
	today, err := piecework.Sessions(m.ctx, m.db, piecework.Filter{WorkshopID: s.ID, Status: "open"})
	if err != nil {
		return err
	}
	_, err = piecework.BringBack(m.ctx, m.db, piecework.Actor{Name: lead}, piecework.HandIn{TakeHomeID: th.ID, UID: uid, Session: today.Items[0].Code,
		Counts: piecework.Counts{Good: good}, At: piecework.At(m.now)})
	return err
}
