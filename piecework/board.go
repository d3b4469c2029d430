package piecework

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/uptrace/bun"
)

// Board is a session as a wall screen shows it: counts, never money.
type Board struct {
	*Sheet
	Marker string // of the moment it was read, see [SessionMarker]
	Here   int    // how many are checked in
	Sum    Counts
	Orders []BoardOrder // counted for in the session; while none is, the open orders of the workshop
}

// BoardOrder is how far an order is.
type BoardOrder struct {
	Order *ProcessingOrder
	Steps []BoardStep // its operations in sequence
}

// BoardStep is how far one operation of an order is, in good pieces.
type BoardStep struct {
	Operation *Operation
	Done      int64 // in all sessions
	Now       int64 // in this session
}

// Percent is how much of the quantity is done, 0 to 100.
func (s BoardStep) Percent(quantity int64) int64 {
	return min(100, max(0, s.Done)*100/max(1, quantity))
}

// boardOrders is how many open orders a board shows while nothing is counted.
const boardOrders = 4

// BoardOf reads the board of a session.
func BoardOf(ctx context.Context, db bun.IDB, sessionID int64) (*Board, error) {
	// The marker first: what changes while the rest is read changes it again.
	marker, err := SessionMarker(ctx, db, sessionID)
	if err != nil {
		return nil, err
	}
	sheet, err := SheetOf(ctx, db, sessionID)
	if err != nil {
		return nil, err
	}
	b := &Board{Sheet: sheet, Marker: marker}
	for i := range sheet.Rows {
		b.Sum = b.Sum.Plus(sheet.Rows[i].Sum)
		if sheet.Rows[i].Here() {
			b.Here++
		}
	}
	orders := sheet.Orders
	if len(orders) == 0 {
		if orders, err = OpenOrders(ctx, db, sheet.Session.WorkshopID); err != nil {
			return nil, err
		}
		orders = orders[:min(boardOrders, len(orders))]
	}
	works := sheet.Works()
	for i := range orders {
		o := BoardOrder{Order: &orders[i]}
		progress, err := OrderProgress(ctx, db, orders[i].ID)
		if err != nil {
			return nil, err
		}
		for k := range orders[i].Product.Operations {
			step := BoardStep{Operation: &orders[i].Product.Operations[k]}
			if at := slices.IndexFunc(progress, func(p Progress) bool { return p.OperationID == step.Operation.ID }); at >= 0 {
				step.Done = progress[at].Good
			}
			if at := slices.IndexFunc(works, func(w Work) bool { return w.Operation == step.Operation }); at >= 0 {
				step.Now = works[at].Good
			}
			o.Steps = append(o.Steps, step)
		}
		b.Orders = append(b.Orders, o)
	}
	return b, nil
}

// SessionMarker is a text that changes whenever something about a session may have changed: a tally of the workshop, who is here, whether
// the session is open. It is cheap to ask for.
func SessionMarker(ctx context.Context, db bun.IDB, sessionID int64) (string, error) {
	var seq, closed, moved, came int64
	err := db.NewRaw(`SELECT w.chain_seq, ws.closed_at,
			(SELECT CAST(COALESCE(SUM(a.check_in + a.check_out), 0) AS BIGINT) FROM attendances a WHERE a.session_id = ws.id),
			(SELECT COUNT(*) FROM attendances a WHERE a.session_id = ws.id)
		FROM work_sessions ws JOIN workshops w ON w.id = ws.workshop_id WHERE ws.id = ?`, sessionID).Scan(ctx, &seq, &closed, &moved, &came)
	return fmt.Sprintf("%d-%d-%d-%d", seq, closed, moved, came), found(err, "There is no such session.")
}

// compoundSurnames are the surnames of two characters that are still met with.
var compoundSurnames = []string{"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "司徒", "夏侯",
	"轩辕", "端木", "百里", "南宫", "东郭", "呼延", "申屠", "独孤", "澹台", "濮阳", "太史", "钟离", "公冶", "宗政", "单于", "淳于"}

// Surname is what a name begins with: the Chinese surname, or the first letter of any other name.
func Surname(name string) string {
	for _, s := range compoundSurnames {
		if len(name) > len(s) && name[:len(s)] == s {
			return s
		}
	}
	_, size := utf8.DecodeRuneInString(name)
	return name[:size]
}
