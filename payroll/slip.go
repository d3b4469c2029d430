package payroll

import (
	"bytes"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Slip (结算单) is the pay of one worker in one run. Net = Gross − Tax − Deductions and is never negative. In a draft run it
// is recomputed at will; once issued it is a link of the workshop's chain, and a mistake makes a new version.
type Slip struct {
	bun.BaseModel `bun:"table:slips,alias:sl"`

	ID             int64 `bun:",pk,autoincrement"`
	RunID          int64
	WorkshopID     int64
	WorkerID       int64
	Version        int
	Gross          piecework.Money // sum of the positive lines
	Deductions     piecework.Money // what was taken, without tax
	Tax            piecework.Money
	Net            piecework.Money
	IncomeType     IncomeType      // the rule by which tax was withheld
	Income         piecework.Money // what counts as income for that rule
	IncomeBefore   piecework.Money // what earlier slips of the month (labour) or year (cumulative methods) had as income
	TaxBefore      piecework.Money // what they withheld
	TaxFree        piecework.Money // what the cumulative methods take off: monthly allowances and deductions up to now
	Minutes        int64           // how long the worker was there; 0 when nobody wrote it down
	MinimumHourly  piecework.Money // the minimum wage an hour that held; 0 when the workshop has not said its region
	EarnedByOrder  piecework.Money // what runs of single orders have paid for work in the same time
	CarriedForward piecework.Money // what did not fit and waits for the next run
	Reason         string          // why this version replaced the one before
	Superseded     bool
	IssuedAt       piecework.Instant // 0 in a draft
	IssuedBy       string
	CheckCode      string `bun:",nullzero"` // 16 digits of the hash, printed beside the QR
	ChainSeq       int64  `bun:",nullzero"`
	Hash           []byte

	Run     *PayRun           `bun:"rel:belongs-to,join:run_id=id"`
	Worker  *piecework.Worker `bun:"rel:belongs-to,join:worker_id=id"`
	Lines   []Line            `bun:"rel:has-many,join:id=slip_id"`
	Carries []Carry           `bun:"rel:has-many,join:id=slip_id"`

	Acknowledgement *Acknowledgement `bun:"rel:has-one,join:id=slip_id"` // nil: she has not confirmed this version
	Signature       *Signature       `bun:"rel:has-one,join:id=slip_id"` // nil: or not with a drawn signature
}

// Line is one line of a slip: Quantity × Rate = Amount for work, an amount alone for an adjustment. Amounts that take from
// the pay are negative. A correction that did not fit whole shows in Amount what was taken; the rest is in Carries.
type Line struct {
	bun.BaseModel `bun:"table:slip_lines,alias:ln"`

	ID               int64 `bun:",pk,autoincrement"`
	SlipID           int64
	Pos              int // from 1
	Kind             Kind
	OrderID          int64 `bun:",nullzero"`
	OperationID      int64 `bun:",nullzero"`
	Quantity         int64 // paid pieces
	Rate             piecework.Rate
	Amount           piecework.Money
	piecework.Counts `bun:"embed:"` // every piece behind the line, paid or not
	AdjustmentID     int64          `bun:",nullzero"`
	CorrectsRunID    int64          `bun:",nullzero"`
	CarriedFromRunID int64          `bun:",nullzero"`
	Note             string
	PieceRateID      int64 `bun:",nullzero"` // the rate of several tiers, or by time, that priced it
	Repricing        bool  // pieces paid before reach another tier: Rate is only the difference; or they share their time with others
	Factor           `bun:"embed:"`
	AgreedRate       piecework.Rate  // Rate before the factors; 0 where there are none
	TeamID           int64           `bun:",nullzero"` // the team that made the pieces; Amount is her share
	TeamAmount       piecework.Money // what the whole team earned: Quantity × Rate
	Share            string          // her share of it, such as 3/8 or 37.42%
	ArrearsID        int64           `bun:",nullzero"` // of arrears: Quantity pieces of run CorrectsRunID at Rate instead of OldRate
	OldRate          piecework.Rate
	Parts            []Part `bun:"-"` // what Amount sums up where it is not Quantity × Rate; Rate is then that of the standard time

	Team      *piecework.Worker          `bun:"rel:belongs-to,join:team_id=id"`
	PieceRate *piecework.PieceRate       `bun:"rel:belongs-to,join:piece_rate_id=id"`
	Order     *piecework.ProcessingOrder `bun:"rel:belongs-to,join:order_id=id"`
	Operation *piecework.Operation       `bun:"rel:belongs-to,join:operation_id=id"`
	Arrears   *Arrears                   `bun:"rel:belongs-to,join:arrears_id=id"`
}

// IsWork says whether the line pays or corrects counted pieces, and so has a quantity and a rate; what a later run still takes
// of a correction has not, and of arrears the pieces were paid before.
func (l *Line) IsWork() bool {
	return l.Kind != BackPay && (l.Quantity != 0 || !l.Counts.IsZero())
}

// Carry is what one slip could not take and the worker's next run will.
type Carry struct {
	bun.BaseModel `bun:"table:carries,alias:cy"`

	ID           int64 `bun:",pk,autoincrement"`
	SlipID       int64
	RunID        int64
	WorkshopID   int64
	WorkerID     int64
	Kind         Kind
	Amount       piecework.Money
	Since        piecework.Date
	OrderID      int64 `bun:",nullzero"`
	OperationID  int64 `bun:",nullzero"`
	AdjustmentID int64 `bun:",nullzero"`
	Note         string
	TakenByRunID int64 `bun:",nullzero"`

	Adjustment *Adjustment `bun:"rel:belongs-to,join:adjustment_id=id"`
}

// content is what the hash of an issued slip covers: everything printed on it. Worker, Run, and each line's Order and
// Operation must be loaded.
func (s *Slip) content() []byte {
	var c piecework.Canonical
	c.Text("slip/1", s.Worker.Code, string(s.Run.PeriodFrom), string(s.Run.PeriodTo))
	c.Int(s.RunID, int64(s.Version), s.Gross.Fen(), s.Deductions.Fen(), s.Tax.Fen(), s.Net.Fen(), s.CarriedForward.Fen(), int64(s.IssuedAt))
	c.Text(s.IssuedBy, s.Reason, string(s.IncomeType))
	c.Int(s.Income.Fen(), s.IncomeBefore.Fen(), s.TaxBefore.Fen(), s.TaxFree.Fen(), s.Minutes, s.MinimumHourly.Fen())
	if s.Run.Order != nil {
		c.Text("order", s.Run.Order.Code)
	}
	if !s.EarnedByOrder.IsZero() {
		c.Text("by order")
		c.Int(s.EarnedByOrder.Fen())
	}
	s.writeLines(&c)
	return c.Bytes()
}

func (s *Slip) writeLines(c *piecework.Canonical) {
	for _, l := range s.Lines {
		order, operation := "", ""
		if l.Order != nil {
			order = l.Order.Code
		}
		if l.Operation != nil {
			operation = l.Operation.Code
		}
		c.Text(string(l.Kind), order, operation, l.Note)
		c.Int(l.Quantity, l.Rate.Millionths(), l.Amount.Fen(), l.Good, l.Rework, l.ScrapWorkmanship, l.ScrapMaterial,
			l.CorrectsRunID, l.CarriedFromRunID)
		if !l.Factor.plain() {
			c.Text("factor", string(l.DayKind), l.Grade)
			c.Int(l.DayPercent, l.GradePercent, l.AgreedRate.Millionths())
		}
		if l.Kind == BackPay {
			c.Int(l.OldRate.Millionths())
		}
		if l.Repricing {
			c.Text("repricing")
		}
		if l.TeamID != 0 {
			c.Text("team", l.Team.Code, l.Share)
			c.Int(l.TeamAmount.Fen())
		}
		for _, p := range l.Parts {
			c.Text("part", string(p.Day))
			c.Int(p.Pieces, p.Total, p.Standard, p.Taken, p.Due.Fen(), p.Amount.Fen())
		}
	}
}

// samePay says whether another version has the same lines and carries the same forward.
func (s *Slip) samePay(other *Slip) bool {
	var a, b piecework.Canonical
	s.writeLines(&a)
	other.writeLines(&b)
	return bytes.Equal(a.Bytes(), b.Bytes()) && s.CarriedForward.Cmp(other.CarriedForward) == 0
}
