package payroll

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"jijian/piecework"
)

// Kind says what a slip line is for.
type Kind string

// The kinds of line. Those after MakeUp take from the pay, in the order in which they are applied; tax comes before them.
const (
	Piece      Kind = "piece"
	Tier       Kind = "tier"
	Team       Kind = "team"
	BackPay    Kind = "arrears"
	Premium    Kind = "premium"   // work by a plan with standard times
	Guarantee  Kind = "guarantee" // what the pieces lack to what the workshop guarantees
	Bonus      Kind = "bonus"
	Allowance  Kind = "allowance"
	MakeUp     Kind = "make_up"
	Correction Kind = "correction"
	Deduction  Kind = "deduction"
	Damage     Kind = "damage"
	Advance    Kind = "advance"
	Tax        Kind = "tax"
)

// kindOrder is the order of lines on a slip.
var kindOrder = []Kind{Piece, Tier, Team, Premium, Guarantee, BackPay, Bonus, Allowance, MakeUp, Tax, Correction, Deduction, Damage, Advance}

func (k Kind) order() int { return slices.Index(kindOrder, k) }

// Policy is what a workshop has decided about pay.
type Policy struct {
	PayScrapMaterial    bool
	PayScrapWorkmanship bool
	PayRework           bool
	// DamageCapPercent of the gross is the most that damage lines may take, 0 to 100.
	DamageCapPercent int
}

// PolicyOf is the policy of a workshop.
func PolicyOf(w *piecework.Workshop) Policy {
	return Policy{w.PayScrapMaterial, w.PayScrapWorkmanship, w.PayRework, w.DamageCapPercent}
}

// Paid is how many of the counted pieces are paid.
func (p Policy) Paid(c piecework.Counts) int64 {
	n := c.Good
	if p.PayScrapMaterial {
		n += c.ScrapMaterial
	}
	if p.PayScrapWorkmanship {
		n += c.ScrapWorkmanship
	}
	if p.PayRework {
		n += c.Rework
	}
	return n
}

// Owed is something that takes from a worker's pay and did not fit into an earlier slip.
type Owed struct {
	WorkerID     int64
	Kind         Kind
	Amount       piecework.Money // positive: what is still to be taken
	Since        piecework.Date
	FromRunID    int64 // the run that carried it forward; 0 when it is new
	AdjustmentID int64
	OrderID      int64
	OperationID  int64
	Note         string
	Plan         Plan
}

// Plan says how much of an advance one run takes back.
type Plan struct {
	Instalment piecework.Money // at most; 0: as much as fits
	Postponed  bool            // nothing now
}

// plan is how a run that ends on a day takes the adjustment back.
func (a *Adjustment) plan(until piecework.Date) Plan {
	return Plan{a.Instalment, a.NotBefore > until}
}

// Input is everything the pay of some workers in one period depends on.
type Input struct {
	Policy      Policy
	Until       piecework.Date // the last day of the run
	Rates       *piecework.RateBook
	Work        []Work
	Adjustments []Adjustment
	Carried     []Owed
	Arrears     []Arrears
	Tax         map[int64]WorkerTax // by worker; who is not in it is not taxed
	Hours       Hours
	Teams       map[int64][]piecework.TeamMember  // of each team that worked, by worker code
	Present     Presence                          // where a team shares by weight × hours; nil where by weight alone
	Marked      map[int64]piecework.WorkSession   // sessions whose time is paid at another percentage of the rate, by id
	Grades      map[int64][]piecework.WorkerGrade // by worker, the latest first
	Before      map[Span]int64                    // paid pieces of a span that other, locked runs have paid
	Times       Presence                          // how long workers were at sessions with work that is paid by time; nobody knows of the others
	Paid        []PaidByTime                      // what other, locked runs have paid of these sessions by time
	Other       map[Sitting]piecework.Counts      // and what they have paid otherwise
	Guaranteed  Guaranteed
}

// Unpriced is work for which no rate was agreed. It is never zero pay: it waits until there is one.
type Unpriced struct {
	OrderID, OperationID int64
	Day                  piecework.Date
}

// Result is what Compute found: a slip for each worker who has a line or something carried, by worker, and what could not
// be priced.
type Result struct {
	Slips    []Slip
	Unpriced map[Unpriced]piecework.Counts
	// Priced is the rate used for each order, operation and day.
	Priced map[Unpriced]*piecework.PieceRate
}

// Compute works out the pay. The same input gives the same result, whatever the order of its parts.
func Compute(in Input) Result {
	res := Result{Unpriced: map[Unpriced]piecework.Counts{}, Priced: map[Unpriced]*piecework.PieceRate{}}
	lines, earned := in.workLines(&res)
	for i := range in.Arrears {
		lines = append(lines, in.Arrears[i].line())
	}
	owed := slices.Clone(in.Carried)
	for _, a := range in.Adjustments {
		if a.Kind == Bonus || a.Kind == Allowance {
			lines = append(lines, workerLine{a.WorkerID, Line{Kind: a.Kind, Amount: a.Amount, AdjustmentID: a.ID, Note: a.Note}})
		} else {
			owed = append(owed, Owed{WorkerID: a.WorkerID, Kind: a.Kind, Amount: a.Amount, Since: a.WorkDate, AdjustmentID: a.ID, Note: a.Note, Plan: a.plan(in.Until)})
		}
	}
	byWorker := map[int64]*Slip{}
	slip := func(id int64) *Slip {
		if byWorker[id] == nil {
			byWorker[id] = &Slip{WorkerID: id, Version: 1}
		}
		return byWorker[id]
	}
	taking := map[int64][]taken{}
	for _, l := range lines {
		if s := slip(l.worker); l.Amount.Sign() < 0 {
			taking[l.worker] = append(taking[l.worker], taken{line: l.Line, rank: Correction.order()})
		} else {
			s.Lines = append(s.Lines, l.Line)
			s.Gross = s.Gross.Add(l.Amount)
		}
	}
	for _, o := range owed {
		slip(o.WorkerID)
		taking[o.WorkerID] = append(taking[o.WorkerID], taken{line: o.line(), since: o.Since, rank: o.Kind.order(), plan: o.Plan})
	}
	if in.Hours.TopUp { // time alone can be owed
		for id := range in.Hours.Minutes {
			slip(id)
		}
	}
	var days map[int64][]piecework.Date
	if in.Guaranteed.Holds() {
		days = in.Guaranteed.days(earned)
		for id := range days {
			slip(id)
		}
	}
	for id, s := range byWorker {
		s.guarantee(&in, days[id], earned)
		s.makeUp(in.Hours)
		if s.Gross.IsZero() && len(s.Lines) == 0 && len(taking[id]) == 0 {
			continue
		}
		s.take(taking[id], in.Policy, in.Tax[id])
		slices.SortFunc(s.Lines, compareLines)
		for i := range s.Lines {
			s.Lines[i].Pos = i + 1
		}
		res.Slips = append(res.Slips, *s)
	}
	slices.SortFunc(res.Slips, func(a, b Slip) int { return cmp.Compare(a.WorkerID, b.WorkerID) })
	return res
}

// workerLine is a line on a worker's slip.
type workerLine struct {
	worker int64
	Line
}

// taken is a line that takes from the pay, with its full amount (negative) before it is known how much fits.
type taken struct {
	line  Line
	since piecework.Date
	rank  int
	plan  Plan
}

// age orders by since; what arises in this run has no since yet and is the youngest.
func (t taken) age() piecework.Date {
	if t.since == "" {
		return "9999-12-31"
	}
	return t.since
}

func (o Owed) line() Line {
	return Line{Kind: o.Kind, Amount: o.Amount.Neg(), AdjustmentID: o.AdjustmentID, OrderID: o.OrderID, OperationID: o.OperationID,
		CarriedFromRunID: o.FromRunID, Note: o.Note}
}

// take applies what is taken from the pay: by kind in the order correction, deduction, damage, advance, the older first.
// What does not fit is carried forward, so that the net is never below zero.
func (s *Slip) take(list []taken, policy Policy, tax WorkerTax) {
	s.tax(list, tax)
	slices.SortFunc(list, func(a, b taken) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.age(), b.age()), compareLines(a.line, b.line))
	})
	room := s.Gross.Sub(s.Tax)
	damageRoom := s.damageRoom(policy.DamageCapPercent)
	for _, t := range list {
		owed := t.line.Amount.Neg()
		fits := piecework.MinMoney(owed, room)
		if !t.plan.Instalment.IsZero() {
			fits = piecework.MinMoney(fits, t.plan.Instalment)
		}
		if t.plan.Postponed {
			fits = piecework.Money{}
		}
		if t.line.Kind == Damage {
			fits = piecework.MinMoney(fits, damageRoom)
			damageRoom = damageRoom.Sub(fits)
		}
		room = room.Sub(fits)
		s.Deductions = s.Deductions.Add(fits)
		if rest := owed.Sub(fits); !rest.IsZero() {
			s.CarriedForward = s.CarriedForward.Add(rest)
			kind := t.line.Kind
			if slices.Contains([]Kind{Piece, Tier, Team, Premium, BackPay}, kind) { // a reversal that outweighs the work it meets; later runs owe it as a correction
				kind = Correction
			}
			s.Carries = append(s.Carries, Carry{Kind: kind, Amount: rest, Since: t.since, OrderID: t.line.OrderID,
				OperationID: t.line.OperationID, AdjustmentID: t.line.AdjustmentID, Note: t.line.Note})
		}
		// A correction shows even when nothing of it fits, because it tells of pieces; an advance of which nothing is taken does not.
		if !fits.IsZero() || t.line.IsWork() || t.line.Kind == BackPay || len(t.line.Parts) > 0 {
			t.line.Amount = fits.Neg()
			s.Lines = append(s.Lines, t.line)
		}
	}
	s.Net = s.Gross.Sub(s.Tax).Sub(s.Deductions)
}

// tax withholds on the income of the slip: what is earned less what corrections take back, before any other deduction.
func (s *Slip) tax(list []taken, by WorkerTax) {
	s.IncomeType = Untaxed
	if by.Table == nil {
		return
	}
	s.IncomeType, s.Income = by.Table.Type, s.Gross
	s.IncomeBefore, s.TaxBefore, s.TaxFree = by.Before.Income, by.Before.Withheld, free(by.Table, by.Before)
	for _, t := range list {
		if t.rank == Correction.order() {
			s.Income = s.Income.Add(t.line.Amount)
		}
	}
	if s.Income.Sign() < 0 {
		s.Income = piecework.Money{}
	}
	// What the cumulative tax asks beyond this income, as after a drop in deductions, the next run withholds.
	if s.Tax = piecework.MinMoney(Withhold(by.Table, s.Income, by.Before), s.Income); !s.Tax.IsZero() {
		s.Lines = append(s.Lines, Line{Kind: Tax, Amount: s.Tax.Neg()})
	}
}

// damageRoom is the most that damage may take: a share of the gross, and no more than leaves the minimum wage for the hours, where
// they are known (Wage Payment Provisions 1994, art. 16).
func (s *Slip) damageRoom(percent int) piecework.Money {
	room := piecework.MinMoney(capOf(s.Gross, percent), s.Gross.Sub(s.MinimumPay()))
	if room.Sign() < 0 {
		return piecework.Money{}
	}
	return room
}

// capOf is percent of an amount, rounded down to the fen: a cap is never exceeded by rounding.
func capOf(m piecework.Money, percent int) piecework.Money {
	return piecework.Fen(m.Decimal().Mul(decimal.NewFromInt(int64(percent))).IntPart())
}

// compareLines orders the lines of a slip: kind, order, operation, rate, and then whatever tells two lines apart.
func compareLines(a, b Line) int {
	return cmp.Or(
		cmp.Compare(a.Kind.order(), b.Kind.order()),
		cmp.Compare(a.OrderID, b.OrderID),
		cmp.Compare(a.OperationID, b.OperationID),
		a.Rate.Cmp(b.Rate),
		cmp.Compare(a.CorrectsRunID, b.CorrectsRunID),
		cmp.Compare(a.DayKind, b.DayKind),
		cmp.Compare(a.DayPercent, b.DayPercent),
		cmp.Compare(a.Grade, b.Grade),
		cmp.Compare(a.GradePercent, b.GradePercent),
		cmp.Compare(a.PieceRateID, b.PieceRateID),
		cmp.Compare(a.TeamID, b.TeamID),
		cmp.Compare(a.ArrearsID, b.ArrearsID),
		cmp.Compare(a.CarriedFromRunID, b.CarriedFromRunID),
		cmp.Compare(a.AdjustmentID, b.AdjustmentID),
		a.Amount.Cmp(b.Amount),
		cmp.Compare(a.Quantity, b.Quantity),
		cmp.Compare(a.Note, b.Note),
	)
}
