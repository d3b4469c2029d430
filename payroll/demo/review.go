package demo

import (
	"encoding/json"
	"errors"

	"jijian/piecework"
)

// lookOver lets the bookkeeper find right what guards noticed up to a day. What came later waits for whoever signs in.
func (m *month) lookOver(s *shop, until piecework.Date) {
	by := piecework.Actor{Name: SignIns[1].Name}
	m.try(func() error {
		for {
			page, err := piecework.FlaggedTallies(m.ctx, m.db, piecework.Filter{WorkshopID: s.ID, To: until})
			if err != nil || len(page.Items) == 0 {
				return err
			}
			ids := make([]int64, len(page.Items))
			for i := range page.Items {
				ids[i] = page.Items[i].ID
			}
			if err := piecework.FindRight(m.ctx, m.db, by, "", ids...); err != nil {
				return err
			}
		}
	})
}

// smudge is a hand-in whose badge was misread: it is refused, and waits to be put right.
func (m *month) smudge(t piecework.NewTally) {
	t.Reverses, t.Reason, t.Worker = "", "", "A70"
	t.UID += "-smudged"
	sent, err := json.Marshal(map[string]any{"uid": t.UID, "session": t.Session, "worker": t.Worker, "order": t.Order, "operation": t.Operation, "good": t.Good, "recorded_at": t.RecordedAt.String()})
	t.Sent = string(sent)
	m.try(func() error { return err })
	m.try(func() error {
		results, err := piecework.RecordBatch(m.ctx, m.db, piecework.Batch{By: piecework.Actor{Name: lead, WorkshopID: m.shops[0].ID}, Hold: true, Items: []piecework.NewTally{t}})
		if err == nil && !results[0].Held {
			err = errors.New("the smudged badge is not held")
		}
		return err
	})
}
