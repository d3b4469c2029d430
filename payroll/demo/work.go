package demo

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"jijian/piecework"
)

// line is what ten workers of a workshop make together.
type line struct {
	*speciality
	product    *piecework.Product
	crew       []*piecework.Worker
	orders     []*order
	deliveries []*piecework.Delivery
}

// order is a processing order with how many good pieces each operation has done and how many it has spoilt, and how many have gone out
// for good.
type order struct {
	*piecework.ProcessingOrder
	done, lost []int64
	sent       int64
}

// ready is how many pieces wait for an operation: the one before it has done them. The first begins as many besides as were spoilt.
func (o *order) ready(operation int) int64 {
	if operation > 0 {
		return o.done[operation-1] - o.done[operation] - o.lost[operation]
	}
	n := o.Quantity - o.done[0]
	for _, lost := range o.lost[1:] {
		n += lost
	}
	return n
}

// count takes note of a tally of an operation, in which nothing is counted that was not ready, and corrects it accordingly.
func (o *order) count(operation int, c *piecework.Counts) {
	if over := c.Good + c.ScrapWorkmanship + c.ScrapMaterial - o.ready(operation); operation > 0 && over > 0 {
		if c.Good -= over; c.Good < 1 {
			*c = piecework.Counts{Good: min(c.Good+over, o.ready(operation))}
		}
	}
	o.done[operation] += c.Good
	o.lost[operation] += c.ScrapWorkmanship + c.ScrapMaterial
}

func (o *order) finished() int64 { return o.done[len(o.done)-1] }

// later is a tally that turns out wrong when it is already approved.
type later struct {
	shop  int
	tally piecework.NewTally
}

// work lets every session of both workshops happen.
func (m *month) work() {
	for i, s := range m.shops {
		for n, day := range s.days {
			if m.err != nil {
				return
			}
			m.session(i, s, day)
			if n > 1 {
				m.lookOver(s, s.days[n-2])
			}
			if n%5 == 4 {
				for k, l := range s.lines {
					m.deliver(s, l, day, k)
				}
			}
		}
		for k, l := range s.lines {
			m.decideLast(l, 2*i+k)
		}
	}
}

// session is one sitting: who came, what was counted, what was struck.
func (m *month) session(i int, s *shop, day piecework.Date) {
	ws := &piecework.WorkSession{Code: s.Code + "-" + day.Time().Format("060102"), WorkshopID: s.ID, WorkDate: day, StartsAt: s.starts, EndsAt: s.ends}
	from, to := s.at(day, s.starts), s.at(day, s.ends)
	share, until := int64(100), to
	if day == m.today { // it is still under way
		if m.now.Before(to) {
			until = m.now
		}
		share = min(40, 100*int64(until.Sub(from))/int64(to.Sub(from)))
	} else {
		ws.ClosedAt, ws.ClosedBy = piecework.At(to.Add(10*time.Minute)), lead
	}
	m.try(func() error { return piecework.OpenSession(m.ctx, m.db, ws) })
	present := m.attend(s, ws, from, to)
	// The first is counted after 25 minutes, and the last early enough to be struck before the end.
	first, counting := from.Add(25*time.Minute), until.Sub(from)-35*time.Minute
	if counting <= 0 {
		return
	}
	var tallies []piecework.NewTally
	for _, l := range s.lines {
		for k := range l.operations {
			counted := m.count(l, k, share, present)
			m.together(s, l, counted, present)
			tallies = append(tallies, counted...)
		}
	}
	if s.sample != nil && day > m.middle.AddDays(2) && day.Time().Weekday() == time.Wednesday {
		tallies = append(tallies, m.trySample(s)...)
	}
	slots := len(tallies)
	for n := range tallies {
		moment := first.Add(counting * time.Duration(n) / time.Duration(slots))
		m.stamp(&tallies[n], ws, moment.Add(time.Duration(m.rng.IntN(90))*time.Second))
	}
	tallies = m.mistakes(ws, tallies)
	weigh(tallies)
	if day <= m.middle && day > m.first.AddDays(6) && len(m.struckLater) < 2*(i+1) {
		m.struckLater = append(m.struckLater, later{i, sound(tallies)})
	}
	// A tally of the first half is found wrong in the second: it becomes a correction of that run.
	if day > m.middle.AddDays(4) {
		for n, wrong := range m.struckLater {
			if wrong.shop == i && n%2 == 0 && wrong.tally.UID != "" {
				tallies = append(tallies, m.reversal(ws, wrong.tally, from.Add(20*time.Minute), "复核时发现重复计数"))
				m.struckLater[n].tally.UID = ""
			}
		}
	}
	m.record(tallies)
	if i == 0 && day == m.today && len(tallies) > 0 {
		m.smudge(tallies[0])
	}
}

// sound is a worker's own tally from the middle of a session that neither strikes nor is struck.
func sound(tallies []piecework.NewTally) piecework.NewTally {
	struck := map[string]bool{}
	for _, t := range tallies {
		struck[t.Reverses] = true
	}
	rest := tallies[len(tallies)/2:]
	return rest[slices.IndexFunc(rest, func(t piecework.NewTally) bool { return t.Reverses == "" && !struck[t.UID] && !isTeam(t.Worker) })]
}

// at is a time of day at the workshop.
func (s *shop) at(day piecework.Date, clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", string(day)+" "+clock, s.Location())
	if err != nil {
		panic(err)
	}
	return t
}

// attend notes who came; most come most days.
func (m *month) attend(s *shop, ws *piecework.WorkSession, from, to time.Time) map[int64]bool {
	var list []piecework.Attendance
	present := map[int64]bool{}
	for _, w := range s.crew {
		if m.chance(9) {
			continue
		}
		present[w.ID] = true
		a := piecework.Attendance{SessionID: ws.ID, WorkerID: w.ID, CheckIn: piecework.At(from.Add(time.Duration(m.rng.IntN(15)-8) * time.Minute))}
		if a.CheckIn > piecework.At(m.now) {
			continue
		}
		if !ws.Open() {
			a.CheckOut = piecework.At(to.Add(time.Duration(m.rng.IntN(9)-4) * time.Minute))
		}
		list = append(list, a)
	}
	if len(list) > 0 {
		m.try(func() error { _, err := m.db.NewInsert().Model(&list).Returning("NULL").Exec(m.ctx); return err })
	}
	return present
}

// count counts one operation of a session: share percent of what the line makes, by those who came and can do it.
func (m *month) count(l *line, operation int, share int64, present map[int64]bool) []piecework.NewTally {
	step := l.operations[operation]
	var able []*piecework.Worker
	for _, k := range step.able {
		if present[l.crew[k].ID] {
			able = append(able, l.crew[k])
		}
	}
	if len(able) == 0 {
		return nil
	}
	var tallies []piecework.NewTally
	usual := l.perSession / int64(step.tallies)
	start := m.rng.IntN(len(able))
	for n := range int64(step.tallies) * share / 100 {
		w := able[(int(n)+start)%len(able)]
		pieces := max(1, usual*int64(80+m.rng.IntN(40))/100)
		if w.Code == learner {
			pieces = max(1, pieces*2/3)
		}
		if pieces > 200 {
			pieces = pieces / 10 * 10
		}
		for _, o := range l.orders {
			if o.ready(operation) <= 0 {
				continue
			}
			t := piecework.NewTally{Worker: w.Code, Order: o.Code, Operation: step.code}
			t.Good = min(pieces, o.ready(operation))
			m.spoil(&t.Counts)
			o.count(operation, &t.Counts)
			tallies = append(tallies, t)
			break
		}
	}
	return tallies
}

// spoil adds now and then what did not come out well.
func (m *month) spoil(c *piecework.Counts) {
	some := func() int64 { return 1 + m.rng.Int64N(1+c.Good/40) }
	if m.chance(12) {
		c.Rework = some()
	}
	if m.chance(14) {
		c.ScrapWorkmanship = some()
	}
	if m.chance(18) {
		c.ScrapMaterial = some()
	}
}

// trySample is work on the order that has an operation without a rate.
func (m *month) trySample(s *shop) []piecework.NewTally {
	var tallies []piecework.NewTally
	for _, k := range []int{2, 6, 9} {
		n := 18 + m.rng.Int64N(12)
		for i, o := range sample.operations {
			if n > s.sample.ready(i) {
				return tallies
			}
			s.sample.done[i] += n
			tallies = append(tallies, piecework.NewTally{Worker: s.crew[k].Code, Order: s.sample.Code, Operation: o.code, Counts: piecework.Counts{Good: n}})
		}
	}
	return tallies
}

// stamp gives a tally its session, its moment, which is not after now, and a uid.
func (m *month) stamp(t *piecework.NewTally, ws *piecework.WorkSession, moment time.Time) {
	if moment.After(m.now) {
		moment = m.now
	}
	t.Session, t.RecordedAt = ws.Code, piecework.At(moment)
	t.UID = m.uid(moment)
}

// uid is a UUID of version 7 from the demo's own chance.
func (m *month) uid(moment time.Time) string {
	ms := uint64(moment.UnixMilli())
	return fmt.Sprintf("%08x-%04x-7%03x-%04x-%012x", ms>>16, ms&0xffff, m.rng.IntN(1<<12), 0x8000|m.rng.IntN(1<<14), m.rng.Uint64()>>16)
}

// mistakes strikes a few tallies a little after they were counted and counts them again, right.
func (m *month) mistakes(ws *piecework.WorkSession, tallies []piecework.NewTally) []piecework.NewTally {
	var more []piecework.NewTally
	for n := range tallies {
		t := &tallies[n]
		if !m.chance(70) {
			continue
		}
		moment := t.RecordedAt.In(time.UTC).Add(time.Duration(60+m.rng.IntN(240)) * time.Second)
		right := *t
		reason := "数量多记"
		t.Good += 1 + t.Good/10
		if m.chance(3) {
			reason = "登记错工人"
			t.Good = right.Good
			if other := m.colleague(t.Worker, tallies); other != "" {
				t.Worker = other
			}
		}
		m.stamp(&right, ws, moment.Add(30*time.Second))
		more = append(more, m.reversal(ws, *t, moment, reason), right)
	}
	tallies = append(tallies, more...)
	slices.SortStableFunc(tallies, func(a, b piecework.NewTally) int { return cmp.Compare(a.RecordedAt, b.RecordedAt) })
	return tallies
}

// colleague is somebody else who was there.
func (m *month) colleague(worker string, tallies []piecework.NewTally) string {
	if other := tallies[m.rng.IntN(len(tallies))].Worker; other != worker {
		return other
	}
	return ""
}

func (m *month) reversal(ws *piecework.WorkSession, t piecework.NewTally, moment time.Time, reason string) piecework.NewTally {
	r := piecework.NewTally{Worker: t.Worker, Order: t.Order, Operation: t.Operation, Counts: t.Counts, Reverses: t.UID, Reason: reason}
	m.stamp(&r, ws, moment)
	return r
}

// record stores tallies; each must be taken.
func (m *month) record(tallies []piecework.NewTally) {
	m.try(func() error {
		results, err := piecework.RecordTallies(m.ctx, m.db, piecework.Actor{Name: lead}, tallies)
		if err != nil {
			return err
		}
		for n, r := range results {
			if r.Status != piecework.Accepted {
				return fmt.Errorf("demo tally %+v: %s %v", tallies[n], r.Status, r.Reason)
			}
		}
		return nil
	})
}

// deliver sends what a line has finished, after the contractor has looked at what he got before.
func (m *month) deliver(s *shop, l *line, day piecework.Date, nth int) {
	m.decideAll(l, day)
	for _, o := range l.orders {
		n := o.finished() - o.sent
		if n == 0 {
			continue
		}
		d := &piecework.Delivery{Code: fmt.Sprintf("D-%s-%s-%d%d", day.Time().Format("060102"), s.Code, nth+1, len(l.deliveries)%10), OrderID: o.ID,
			DeliveredOn: day, Quantity: n, RecordedBy: lead}
		m.try(func() error { return piecework.Deliver(m.ctx, m.db, d) })
		o.sent += n
		l.deliveries = append(l.deliveries, d)
	}
}

// decideAll lets the contractor decide about everything that waits. What he sends back is delivered again later.
func (m *month) decideAll(l *line, day piecework.Date) {
	for _, d := range l.deliveries {
		if len(d.Acceptances) > 0 {
			continue
		}
		a := piecework.Acceptance{DeliveryID: d.ID, Accepted: d.Quantity, RecordedBy: contractors[l.contractor]}
		if m.chance(2) {
			a.Rejected = m.rng.Int64N(1 + d.Quantity/60)
			a.Note = "表面有瑕疵"
		}
		if m.chance(3) {
			a.Returned = m.rng.Int64N(1 + d.Quantity/40)
			a.Note = "退回返修"
		}
		a.Accepted -= a.Rejected + a.Returned
		m.decide(d, &a, day)
		for _, o := range l.orders {
			if o.ID == d.OrderID {
				o.sent -= a.Returned
			}
		}
	}
}

func (m *month) decide(d *piecework.Delivery, a *piecework.Acceptance, day piecework.Date) {
	a.DecidedOn = day
	m.try(func() error { return piecework.Accept(m.ctx, m.db, a) })
	d.Acceptances = append(d.Acceptances, *a)
}

// decideLast leaves the last delivery of each line at another stage: waiting, decided in part, decided.
func (m *month) decideLast(l *line, nth int) {
	for _, d := range l.deliveries {
		if len(d.Acceptances) > 0 {
			continue
		}
		switch {
		case d != l.deliveries[len(l.deliveries)-1] || nth == 3:
			m.decide(d, &piecework.Acceptance{DeliveryID: d.ID, Accepted: d.Quantity, RecordedBy: contractors[l.contractor]}, m.today)
		case nth == 1:
			part := d.Quantity / 2
			m.decide(d, &piecework.Acceptance{DeliveryID: d.ID, Accepted: part - part/20, Rejected: part / 20, Note: "先验一半", RecordedBy: contractors[l.contractor]}, m.today)
		}
	}
}

// closeOrders closes what is settled, but for the latest of a line, and ends an order that its contractor took back before it was begun.
func (m *month) closeOrders() {
	lash := m.shops[1].lines[0]
	back := m.order(m.shops[1], lash, 9, 5*lash.perSession, m.middle.AddDays(3), m.last.AddDays(12))
	m.try(func() error {
		return piecework.EndOrder(m.ctx, m.db, back.ID, "款式停产，星睫美妆工坊收回订单", lead)
	})
	for _, s := range m.shops {
		for _, l := range s.lines {
			done := slices.DeleteFunc(slices.Clone(l.orders), func(o *order) bool { return o.sent < o.Quantity })
			for _, o := range done[:max(0, len(done)-1)] {
				m.try(func() error {
					err := piecework.CloseOrder(m.ctx, m.db, o.ID, false)
					if errors.Is(err, piecework.ErrConflict) { // not settled yet
						return nil
					}
					return err
				})
			}
		}
	}
}
