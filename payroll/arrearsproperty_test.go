package payroll_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// backdated is a world in which a rate comes late, or was there from the start: in the end it makes no difference to anybody.
type backdated struct {
	*pieceworktest.World
	r    *rand.Rand
	open []piecework.NewTally // not struck yet
	n    int
	time bool // cutting is paid by time, and gluing may be, at sessions whose time is known for some
}

// newBackdated has a graded worker, a session of overtime and a team beside ordinary days. Rates are such that factors leave whole fen.
func newBackdated(t *testing.T, seed uint64) *backdated {
	b := &backdated{World: pieceworktest.NewWorld(t), r: rand.New(rand.NewPCG(seed, 11))}
	b.Workshop.TakeArrears = true
	b.Must(piecework.SaveWorkshop(b.Ctx, b.DB, b.Workshop))
	b.Must(piecework.SetGrade(b.Ctx, b.DB, &piecework.WorkerGrade{WorkerID: b.Workers[1].ID, EffectiveFrom: "2026-10-08", Name: "学徒", Percent: 80}))
	for day := range 8 {
		b.Session(fmt.Sprintf("D%d", day), piecework.Date("2026-10-04").AddDays(2*day))
	}
	b.Session("D8", "2026-11-03")
	b.Must(piecework.MarkSession(b.Ctx, b.DB, sessionID(b.World, "D5"), piecework.Overtime, 150))
	return b
}

// anyRate is a rate from a day on, with tiers more often than not.
func (b *backdated) anyRate(from piecework.Date) *piecework.PieceRate {
	if b.time && b.r.IntN(3) > 0 {
		terms := piecework.Terms{Scheme: piecework.Schemes[b.r.IntN(4)], Hourly: piecework.Millionths(6_000_000 * (1 + b.r.Int64N(4))), StandardPieces: 60, StandardMinutes: 60,
			Premium: piecework.Fraction{Num: 1 + b.r.Int64N(3), Den: 3}, Bonuses: piecework.BonusTable{{Efficiency: 6667}, {Efficiency: 10_000, Bonus: 2000}}}
		return &piecework.PieceRate{OperationID: b.Glue.ID, EffectiveFrom: from, CreatedBy: "test", Terms: terms}
	}
	rate := func() piecework.Rate { return piecework.Millionths(100_000 * (2 + b.r.Int64N(6))) }
	r := &piecework.PieceRate{OperationID: b.Glue.ID, EffectiveFrom: from, Rate: rate(), CreatedBy: "test"}
	if b.r.IntN(3) > 0 {
		r.TierMode = []piecework.TierMode{piecework.Marginal, piecework.Whole}[b.r.IntN(2)]
		r.TierSpan = []piecework.TierSpan{piecework.PerDay, piecework.PerSession, piecework.PerPeriod}[b.r.IntN(3)]
		r.Tiers = []piecework.RateTier{{Threshold: 40, Rate: rate()}, {Threshold: 90, Above: true, Rate: rate()}}
	}
	return r
}

// operation is what is done next.
func (b *backdated) operation() string {
	if b.time && b.r.IntN(2) == 0 {
		return "cut"
	}
	return "glue"
}

// keepsTime has cutting paid by time, and writes down how long the first two workers were at every session but one.
func (b *backdated) keepsTime() {
	b.time = true
	r := &piecework.PieceRate{OperationID: b.Cut.ID, EffectiveFrom: "2026-10-01", CreatedBy: "test",
		Terms: piecework.Terms{Scheme: piecework.Halsey, Hourly: piecework.Millionths(12_000_000), StandardPieces: 60, StandardMinutes: 60, Premium: piecework.Fraction{Num: 1, Den: 2}}}
	b.Must(piecework.AddRate(b.Ctx, b.DB, r))
	for day := range 8 {
		for i, w := range b.Workers[:2] {
			in := piecework.Instant(1_790_000_000_000)
			_, err := b.DB.NewInsert().Model(&piecework.Attendance{SessionID: sessionID(b.World, fmt.Sprintf("D%d", day)), WorkerID: w.ID, CheckIn: in,
				CheckOut: in + piecework.Instant((20+17*day+9*i)*60_000)}).Exec(b.Ctx)
			b.Must(err)
		}
	}
}

// count hands in tallies at sessions, the first of which is from, and strikes some of what is there.
func (b *backdated) count(team string, n, from, to, strikes int) {
	for range n {
		b.n++
		tally := piecework.NewTally{UID: fmt.Sprintf("b%d", b.n), Session: fmt.Sprintf("D%d", from+b.r.IntN(to-from)), Worker: []string{"A1", "A2", "A3", team}[b.r.IntN(4)],
			Order: "O1", Operation: b.operation(), Counts: piecework.Counts{Good: 1 + b.r.Int64N(60), ScrapMaterial: b.r.Int64N(3), Rework: b.r.Int64N(3)}}
		b.Record(tally)
		b.open = append(b.open, tally)
	}
	for range strikes {
		b.n++
		i := b.r.IntN(len(b.open))
		tally := b.open[i]
		b.open = append(b.open[:i], b.open[i+1:]...)
		tally.Reverses, tally.UID, tally.Session = tally.UID, fmt.Sprintf("b%d", b.n), fmt.Sprintf("D%d", from+b.r.IntN(to-from))
		b.Record(tally)
	}
}

// history settles two runs over the same days and a later one; the second rate is there from the start, or comes between, with arrears.
// It returns what the graded worker received, what the other two, who are also a team, received together, and how many lines of arrears
// there were.
func (b *backdated) history(early bool) (alone, together piecework.Money, lines int) {
	team, err := piecework.TeamOf(b.Ctx, b.DB, b.Workshop.ID, []piecework.TeamMember{
		{WorkerID: b.Workers[0].ID, ShareWeight: 1_000_000}, {WorkerID: b.Workers[2].ID, ShareWeight: 1_700_000}})
	b.Must(err)
	b.Must(piecework.AddRate(b.Ctx, b.DB, b.anyRate("2026-10-01")))
	second := b.anyRate(piecework.Date("2026-10-02").AddDays(b.r.IntN(12)))
	if b.r.IntN(2) == 0 {
		second.OrderID = b.Order.ID
	}
	if early {
		b.Must(piecework.AddRate(b.Ctx, b.DB, second))
	}
	settles := func(from, to piecework.Date) {
		for i := range b.Workers { // so that what is taken back always fits
			adjust(b.World, i, from, payroll.Bonus, "9000")
		}
		run := locks(b.World, from, to)
		slips, err := payroll.SlipsOf(b.Ctx, b.DB, run.ID, 0)
		b.Must(err)
		for _, s := range slips {
			if s.WorkerID == b.Workers[1].ID {
				alone = alone.Add(s.Net)
			} else {
				together = together.Add(s.Net)
			}
			for _, l := range s.Lines {
				if l.Kind == payroll.BackPay {
					lines++
				}
			}
		}
	}
	b.count(team.Code, 30, 0, 8, 3)
	settles("2026-10-01", "2026-10-31")
	b.count(team.Code, 8, 0, 8, 5)
	settles("2026-10-01", "2026-10-31")
	if !early {
		backdate(b.World, second)
	}
	b.count(team.Code, 6, 0, 9, 6)
	settles("2026-10-01", "2026-11-30")
	sound(b.World)
	return alone, together, lines
}

func TestALateRatePaysWhatAnEarlyOneWouldHave(t *testing.T) {
	found := 0
	for seed := range uint64(7) {
		early, late := newBackdated(t, seed), newBackdated(t, seed)
		if seed >= 3 {
			early.keepsTime()
			late.keepsTime()
		}
		wantAlone, wantTogether, none := early.history(true)
		alone, together, lines := late.history(false)
		if found += lines; none != 0 || alone.Cmp(wantAlone) != 0 || together.Cmp(wantTogether) != 0 {
			t.Errorf("history %d: with %d lines of arrears %s and %s were paid; by the rate from the start %s and %s", seed, lines, alone, together, wantAlone, wantTogether)
		}
	}
	if found < 10 {
		t.Errorf("only %d lines of arrears: the test is too small", found)
	}
}
