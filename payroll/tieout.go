package payroll

import (
	"slices"

	"jijian/piecework"
)

// TieOut (平账) follows the pieces of one order, or of one bundle of it, from what was ordered to what was accepted, and to what workers
// were paid and the contractor is billed for. Every piece that is not where the one before it went has a name: the gaps add up to
// exactly nothing. Kept sums and records are compared besides: what is gone or there twice is a [Loss].
type TieOut struct {
	Order   *piecework.ProcessingOrder
	Ticket  *piecework.BundleTicket // the bundle it is about; nil: the whole order
	Ordered int64                   // pieces of the order or the bundle
	Stages  []Stage
	Handed  piecework.Flow // deliveries, as kept; of a bundle those that name it
	End     Ending
	Gaps    []Gap // without those of 0, in the order of [GapKinds]
	Losses  []Loss
	Pay     []PayRow
	Money   TieMoney
	// Of a bundle: pieces of the order in deliveries that do not say which bundles are in them, and the deliveries that name this one.
	Elsewhere  int64
	Deliveries []piecework.Delivery
}

// Stage is one place in the routing: an operation, or several side by side that each need the piece. Of what came in
// In + Over = Good + Rework + ScrapWorkmanship + ScrapMaterial + Waiting.
type Stage struct {
	Operations []StageOperation
	// Counted is false where nothing is counted although the pieces went through: such a stage lets everything pass.
	Counted          bool
	In               int64
	Good             int64 // of operations side by side, of the one that is behind
	Rework           int64 // handed back and, as far as the counts tell, not good again
	ScrapWorkmanship int64
	ScrapMaterial    int64
	Waiting          int64 // came in, and nothing was counted yet
	Over             int64 // counted beyond what came in
}

// Ending is what became of finished pieces, and of those that came back:
// Made + Uncounted + Twice = Stock + Rework + Scrapped + accepted + rejected + undecided.
type Ending struct {
	Made      int64 // good at the end of the routing, for the first time
	Returned  int64 // by the contractor, as often as he did
	PutRight  int64 // of them good again
	Rework    int64 // of them neither good again nor given up
	Scrapped  int64 // of them given up
	Stock     int64 // finished and here
	Uncounted int64 // delivered without having been counted as finished
	Twice     int64 // put right more often than they came back
}

// StageOperation is what was counted at one operation for the first time; Again is what was counted on tickets of returned pieces.
type StageOperation struct {
	piecework.Operation
	Counts, Again piecework.Counts
}

// GapKind names a difference.
type GapKind string

// The gaps. The first of them hold pieces; those below zero explain why there are more pieces than were ordered.
const (
	GapAccepted         GapKind = "accepted"
	GapUndecided        GapKind = "undecided"         // delivered, the contractor has not decided
	GapRejected         GapKind = "rejected"          // the contractor keeps and does not pay them
	GapStock            GapKind = "in_stock"          // finished or between operations
	GapNotBegun         GapKind = "not_begun"         // nothing was counted of them yet
	GapEnded            GapKind = "ended_early"       // nothing was counted of them, and nothing will: the order was ended early
	GapRework           GapKind = "in_rework"         // handed back at an operation, or returned by the contractor
	GapScrapWorkmanship GapKind = "scrap_workmanship" // spoilt by the work
	GapScrapMaterial    GapKind = "scrap_material"    // spoilt by the material
	GapBesides          GapKind = "begun_besides"     // below zero: begun beyond the order, to make up for scrap
	GapTwice            GapKind = "counted_twice"     // below zero: counted at an operation beyond what came in there
	GapUncounted        GapKind = "uncounted"         // below zero: delivered without having been counted as finished
)

// GapKinds are all of them in the order in which they are told.
var GapKinds = []GapKind{GapAccepted, GapUndecided, GapRejected, GapStock, GapNotBegun, GapEnded, GapRework, GapScrapWorkmanship, GapScrapMaterial,
	GapBesides, GapTwice, GapUncounted}

// Gap is how many pieces have that name. The gaps of a tie-out sum to Ordered.
type Gap struct {
	Kind   GapKind
	Pieces int64
}

// LossKind says which records do not sum to what is kept of them.
type LossKind string

// The losses.
const (
	LossTallies   LossKind = "tallies"   // of one operation
	LossDelivered LossKind = "delivered" // pieces of deliveries
	LossAccepted  LossKind = "accepted"
	LossRejected  LossKind = "rejected"
	LossReturned  LossKind = "returned"
	LossCharged   LossKind = "charged"  // fen of chargebacks
	LossPaid      LossKind = "paid"     // pieces on a worker's slips of one operation, a team's among them, against the tallies their runs have claimed
	LossMoved     LossKind = "moved"    // millionths of a unit, of movements of material
	LossTickets   LossKind = "tickets"  // pieces on bundle tickets
	LossCarried   LossKind = "carried"  // pieces in the bundles that deliveries name
	LossJudged    LossKind = "judged"   // pieces that decisions about bundles tell of
	LossReceived  LossKind = "received" // fen of the contractor's payments to the workshop, for all of his orders
)

// Loss is a difference that nothing explains: records are gone, or there twice.
type Loss struct {
	Kind      LossKind
	Operation string // its code; "" where it is not of one
	Worker    string // her code; "" where it is not of one
	Kept      int64  // pieces, or fen, that there should be
	Found     int64
}

// Difference is below zero for what is gone, above for what is there twice.
func (l Loss) Difference() int64 { return l.Found - l.Kept }

// PayRow is how the pieces counted at an operation, reworked ones too, are paid: Counted = Paid + Draft + Open, unless there is a loss.
type PayRow struct {
	Operation piecework.Operation
	Counted   int64 // good pieces
	Paid      int64 // on slips of approved runs
	Draft     int64 // claimed by a draft
	Open      int64 // no run has them: the period is not settled, or no rate is agreed
	Wages     piecework.Money
}

// TieMoney is the money of an order.
type TieMoney struct {
	Wages     piecework.Money // on slips of approved runs
	Billed    piecework.Money // fees of accepted pieces
	Charged   piecework.Money // taken off by the contractor
	ByWorkers piecework.Money // of it, borne by workers
	// PaidNotAccepted is how many pieces the last counted operation was paid for that the contractor has not accepted.
	PaidNotAccepted int64
}

// Ties says whether nothing is unexplained: the gaps add up, and no record is gone or there twice.
func (t *TieOut) Ties() bool { return len(t.Losses) == 0 && t.Unexplained() == 0 }

// Unexplained is what the gaps leave of what was ordered: always 0.
func (t *TieOut) Unexplained() int64 {
	n := t.Ordered
	for _, g := range t.Gaps {
		n -= g.Pieces
	}
	return n
}

// Of is how many pieces have a name.
func (t *TieOut) Of(kind GapKind) int64 {
	for _, g := range t.Gaps {
		if g.Kind == kind {
			return g.Pieces
		}
	}
	return 0
}

// flowing is what the pieces of a tie-out are worked out from.
type flowing struct {
	operations []piecework.Operation
	counted    map[int64]piecework.Counts // at each operation, reworked pieces too
	again      map[int64]piecework.Counts // of them, on tickets of returned pieces
	ordered    int64
	handed     piecework.Flow
	lots       []piecework.ReturnLot
	ended      bool // the order was ended early
}

// flow works out stages, ending and gaps.
func (f *flowing) flow() ([]Stage, Ending, []Gap) {
	stages, gaps := f.stages()
	e, h := Ending{Made: f.ordered}, f.handed
	if n := len(stages); n > 0 {
		e.Made = stages[n-1].Good
	}
	var onTickets int64
	for i := range f.lots {
		l := &f.lots[i]
		onTickets, e.PutRight, e.Scrapped = onTickets+l.OnTickets, e.PutRight+l.PutRight, e.Scrapped+l.Scrapped
	}
	e.Returned = h.Returned
	untracked := h.Returned - onTickets
	open, stock := onTickets-e.PutRight-e.Scrapped, e.Made+e.PutRight-h.Delivered
	silently := min(max(0, -stock), untracked) // put right without being counted, or they could not have been delivered again
	e.Stock, e.Uncounted = max(0, stock), max(0, -stock)-silently
	e.Rework, e.Twice = max(0, open)+untracked-silently, max(0, -open)
	gaps[GapStock] += e.Stock
	gaps[GapUncounted] -= e.Uncounted
	gaps[GapRework] += e.Rework
	gaps[GapTwice] -= e.Twice
	gaps[GapAccepted] += h.Accepted
	gaps[GapRejected] += h.Rejected
	gaps[GapUndecided] += h.Delivered - h.Accepted - h.Rejected - h.Returned
	for _, op := range f.operations {
		c := f.again[op.ID]
		gaps[GapScrapWorkmanship] += c.ScrapWorkmanship
		gaps[GapScrapMaterial] += c.ScrapMaterial
	}
	var list []Gap
	for _, kind := range GapKinds {
		if n := gaps[kind]; n != 0 {
			list = append(list, Gap{kind, n})
		}
	}
	return stages, e, list
}

// stages follows the pieces through the routing.
func (f *flowing) stages() ([]Stage, map[GapKind]int64) {
	gaps := map[GapKind]int64{}
	stages := f.routing()
	in := f.ordered
	for i := range stages {
		s := &stages[i]
		s.In = in
		if !s.Counted {
			if later := slices.ContainsFunc(stages[i+1:], func(s Stage) bool { return s.Counted }); later || f.handed.Delivered > 0 {
				s.Good = in
				continue
			}
		}
		rest := in - s.Good - s.ScrapWorkmanship - s.ScrapMaterial
		s.Over = max(0, -rest)
		rest = max(0, rest)
		s.Rework = min(max(0, s.Rework), rest)
		s.Waiting = rest - s.Rework
		gaps[GapRework] += s.Rework
		gaps[GapScrapWorkmanship] += s.ScrapWorkmanship
		gaps[GapScrapMaterial] += s.ScrapMaterial
		waiting, over := GapStock, GapTwice
		if i == 0 {
			if waiting, over = GapNotBegun, GapBesides; f.ended {
				waiting = GapEnded
			}
		}
		gaps[waiting] += s.Waiting
		gaps[over] -= s.Over
		in = s.Good
	}
	return stages, gaps
}

// routing sums what was counted for the first time by stage.
func (f *flowing) routing() []Stage {
	var stages []Stage
	for i, op := range f.operations {
		again := f.again[op.ID]
		first := f.counted[op.ID].Plus(again.Negated())
		at := StageOperation{op, first, again}
		if i == 0 || f.operations[i-1].Seq != op.Seq {
			stages = append(stages, Stage{Good: first.Good})
		}
		s := &stages[len(stages)-1]
		s.Operations = append(s.Operations, at)
		s.Counted = s.Counted || !first.IsZero()
		s.Good = min(s.Good, first.Good)
		s.Rework += first.Rework
		s.ScrapWorkmanship += first.ScrapWorkmanship
		s.ScrapMaterial += first.ScrapMaterial
	}
	return stages
}
