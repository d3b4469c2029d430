package payroll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// LedgerYears is how long a wage ledger must be kept (Regulations on ensuring wage payment to migrant workers, art. 15).
const LedgerYears = 3

// LedgerPayable and LedgerWithheld are the items of a ledger in the order in which they are shown: what was earned, which sums to gross, and
// what was withheld or deducted. They are kinds of lines, with corrections and arrears apart by their sign.
var (
	LedgerPayable  = []string{"piece", "tier", "team", "premium", "guarantee", "bonus", "allowance", "make_up", "correction_paid"}
	LedgerWithheld = []string{"tax", "correction_taken", "deduction", "damage", "advance"}
)

// LedgerIDs is how a ledger shows identity numbers.
type LedgerIDs int

// The ways. Whoever hands out whole numbers notes it with [Ledger.Note].
const (
	NoIDs LedgerIDs = iota
	MaskedIDs
	WholeIDs
)

// Ledger (工资支付台账) is the written record of a run that article 15 asks for, a row a worker by code.
type Ledger struct {
	Run       *PayRun
	Rows      []LedgerRow
	KeepUntil piecework.Date // the day on which it is three years since the period ended and everybody was paid
}

// LedgerRow is one worker of a ledger.
type LedgerRow struct {
	Slip     Slip
	IDNumber string                     // as the ledger shows it, "" where it is not kept or not shown
	Hours    string                     // with two decimals, "" when nobody wrote them down
	Pieces   int64                      // paid
	Items    map[string]piecework.Money // by item, not negative
	Payments []Payment                  // what she received, in the order in which it was written down
}

// PaidOn is the day of the last payment, "" when there is none.
func (r *LedgerRow) PaidOn() piecework.Date {
	last := piecework.Date("")
	for _, p := range r.Payments {
		last = max(last, p.PaidOn)
	}
	return last
}

// Withheld is everything that was taken.
func (r *LedgerRow) Withheld() piecework.Money { return r.Slip.Tax.Add(r.Slip.Deductions) }

// LedgerOf is the ledger of a run as it stands. Numbers that cannot be opened are an error only when they are wanted whole.
func LedgerOf(ctx context.Context, db bun.IDB, keys *piecework.Keys, runID int64, ids LedgerIDs) (*Ledger, error) {
	run, err := RunByID(ctx, db, runID)
	if err != nil {
		return nil, err
	}
	slips, err := SlipsOf(ctx, db, runID, 0)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(slips, func(a, b Slip) int { return cmp.Compare(a.Worker.Code, b.Worker.Code) })
	worked, err := run.workedHours(ctx, db)
	if err != nil {
		return nil, err
	}
	var paid []Payment
	if err := db.NewSelect().Model(&paid).Where("run_id = ?", runID).Order("id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	numbers, err := ledgerNumbers(ctx, db, keys, slips, ids)
	if err != nil {
		return nil, err
	}
	l := &Ledger{Run: run, KeepUntil: run.PeriodTo}
	at := make(map[int64]int, len(slips))
	for i, s := range slips {
		items, pieces := ledgerItems(&s)
		at[s.WorkerID] = i
		l.Rows = append(l.Rows, LedgerRow{Slip: s, IDNumber: numbers[s.WorkerID], Hours: worked[s.WorkerID], Pieces: pieces, Items: items})
	}
	for _, p := range paid {
		if i, ok := at[p.WorkerID]; ok {
			l.Rows[i].Payments = append(l.Rows[i].Payments, p)
			l.KeepUntil = max(l.KeepUntil, p.PaidOn)
		}
	}
	l.KeepUntil = piecework.DateOf(l.KeepUntil.Time().AddDate(LedgerYears, 0, 0))
	return l, nil
}

// ledgerNumbers are the identity numbers of the workers as the ledger shows them.
func ledgerNumbers(ctx context.Context, db bun.IDB, keys *piecework.Keys, slips []Slip, ids LedgerIDs) (map[int64]string, error) {
	if ids == NoIDs {
		return nil, nil
	}
	workers := make([]int64, len(slips))
	for i, s := range slips {
		workers[i] = s.WorkerID
	}
	personal, err := piecework.PersonalOf(ctx, db, keys, workers...)
	if ids == MaskedIDs && errors.Is(err, piecework.ErrConflict) {
		return nil, nil
	}
	numbers := make(map[int64]string, len(personal))
	for id, p := range personal {
		if ids == MaskedIDs {
			p = p.Masked()
		}
		numbers[id] = p.IDNumber
	}
	return numbers, err
}

// Note writes down for each worker that her identity number was handed out with the ledger.
func (l *Ledger) Note(ctx context.Context, db bun.IDB, by string) error {
	var entries []piecework.PersonalAccess
	for _, r := range l.Rows {
		if r.IDNumber != "" {
			entry := piecework.PersonalAccess{WorkerID: r.Slip.WorkerID, Action: piecework.PersonalLedger, RunID: l.Run.ID, DoneBy: by}
			entries = append(entries, entry.About(piecework.IDNumber))
		}
	}
	return piecework.NoteAccess(ctx, db, entries...)
}

// ledgerItems sums a slip's lines by item, and the pieces that were paid.
func ledgerItems(s *Slip) (items map[string]piecework.Money, count int64) {
	items = map[string]piecework.Money{}
	for _, l := range s.Lines {
		item := string(l.Kind)
		switch {
		case l.Amount.Sign() < 0 && (l.Kind == Correction || l.Kind == BackPay || l.Kind == Premium || l.IsWork()):
			item = "correction_taken" // also pieces struck beyond those counted
		case l.Kind == Correction || l.Kind == BackPay:
			item = "correction_paid"
		}
		items[item] = items[item].Add(l.Amount.Abs())
		if (l.Kind == Piece || l.Kind == Tier || l.Kind == Premium) && !l.Repricing {
			count += l.Quantity
		}
	}
	return items, count
}

// workedHours is the time each worker was checked in at sessions of the run's workshop and period, in hours with two
// decimals.
func (r *PayRun) workedHours(ctx context.Context, db bun.IDB) (map[int64]string, error) {
	if r.OrderID != 0 {
		return nil, nil // an hour is not of one order: the run of every order tells of it
	}
	var list []struct{ WorkerID, Ms int64 }
	err := db.NewSelect().TableExpr("attendances AS a").Join("JOIN work_sessions AS s ON s.id = a.session_id").
		ColumnExpr("a.worker_id, CAST(SUM(a.check_out - a.check_in) AS BIGINT) AS ms").
		Where("s.workshop_id = ? AND s.work_date BETWEEN ? AND ? AND a.check_out <> 0", r.WorkshopID, r.PeriodFrom, r.PeriodTo).
		GroupExpr("a.worker_id").Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("sum working time: %w", err)
	}
	worked := make(map[int64]string, len(list))
	for _, l := range list {
		hundredths := (l.Ms*100 + int64(time.Hour/time.Millisecond)/2) / int64(time.Hour/time.Millisecond)
		worked[l.WorkerID] = piecework.Fen(hundredths).String() // hundredths of an hour print like hundredths of a yuan
	}
	return worked, nil
}
