package payroll

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Held is everything the program keeps about one worker.
type Held struct {
	Worker   *piecework.Worker
	Personal piecework.Personal // readable; empty where the key is not there
	Sealed   bool               // something is kept that could not be opened
	Tables   []HeldTable
	Photos   []piecework.Photo // that she sent with disputes
}

// HeldTable is the rows of one table that are about her. Values are numbers, truths and texts; hashes are in hexadecimal.
type HeldTable struct {
	Name    string
	Columns []string
	Rows    [][]any
}

// heldTables are the tables that hold something about a worker: which rows, and which columns where not all of them. Passwords, PINs and keys
// of devices stay here; names of orders and operations make the rest readable.
var heldTables = []struct{ name, columns, where string }{
	{"workers", "", "id = ?"},
	{"codes", "", "kind = 'W' AND target_id = ?"},
	{"users", "id, username, name, role, disabled, created_at, pin_set_at", "worker_id = ?"},
	{"linked_accounts", "", "user_id IN (SELECT id FROM users WHERE worker_id = ?)"},
	{"personal_accesses", "", "worker_id = ?"},
	{"attendances", "", "worker_id = ?"},
	{"team_members", "", "worker_id = ?"},
	{"worker_grades", "", "worker_id = ?"},
	{"income_types", "", "worker_id = ?"},
	{"tallies", "", "worker_id = ? OR worker_id IN (SELECT team_id FROM team_members WHERE worker_id = ?)"},
	{"tally_flags", "", "tally_id IN (SELECT id FROM tallies WHERE worker_id = ?)"},
	{"held_tallies", "", "tally_id IN (SELECT id FROM tallies WHERE worker_id = ?)"},
	{"session_progress", "", "worker_id = ?"},
	{"count_agreements", "", "worker_id = ?"},
	{"rate_samples", "", "worker_id = ?"},
	{"take_homes", "", "worker_id = ?"},
	{"take_home_returns", "", "take_home_id IN (SELECT id FROM take_homes WHERE worker_id = ?)"},
	{"take_home_closings", "", "take_home_id IN (SELECT id FROM take_homes WHERE worker_id = ?)"},
	{"material_movements", "", "COALESCE(worker_id, (SELECT h.worker_id FROM take_homes h WHERE h.id = take_home_id)) = ?"},
	{"material_charges", "", "worker_id = ?"},
	{"chargeback_shares", "", "worker_id = ?"},
	{"adjustments", "", "worker_id = ?"},
	{"slips", "", "worker_id = ?"},
	{"slip_lines", "", "slip_id IN (SELECT id FROM slips WHERE worker_id = ?)"},
	{"slip_parts", "", "slip_id IN (SELECT id FROM slips WHERE worker_id = ?)"},
	{"carries", "", "worker_id = ?"},
	{"arrears", "", "worker_id = ?"},
	{"revised_rates", "", "worker_id = ?"},
	{"revised_parts", "", "worker_id = ?"},
	{"slip_payments", "", "worker_id = ?"},
	{"acknowledgements", "", "slip_id IN (SELECT id FROM slips WHERE worker_id = ?)"},
	{"signatures", "", "slip_id IN (SELECT id FROM slips WHERE worker_id = ?)"},
	{"disputes", "", "slip_id IN (SELECT id FROM slips WHERE worker_id = ?)"},
	{"notices", "", "worker_id = ?"},
	{"audit_entries", "", "user_id <> 0 AND user_id IN (SELECT id FROM users WHERE worker_id = ?)"},
	{"processing_orders", "id, code", "id IN (SELECT order_id FROM tallies WHERE worker_id = ?)"},
	{"operations", "id, code, name", "id IN (SELECT operation_id FROM tallies WHERE worker_id = ?)"},
}

// HeldAbout is everything kept about a worker, for her to have; it is noted in her log before it is returned.
func HeldAbout(ctx context.Context, db bun.IDB, keys *piecework.Keys, workerID int64, by string) (*Held, error) {
	h := new(Held)
	err := piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		*h = Held{}
		var err error
		if h.Worker, err = piecework.WorkerByID(ctx, db, workerID); err != nil {
			return err
		}
		if err := h.Worker.Person(); err != nil {
			return err
		}
		personal, err := piecework.PersonalOf(ctx, db, keys, workerID)
		if h.Sealed = errors.Is(err, piecework.ErrConflict); err != nil && !h.Sealed {
			return err
		}
		h.Personal = personal[workerID]
		note := piecework.PersonalAccess{WorkerID: workerID, Action: piecework.PersonalExported, DoneBy: by}.About(h.Personal.Held()...)
		if err := piecework.NoteAccess(ctx, db, note); err != nil {
			return err
		}
		for _, t := range heldTables {
			table := HeldTable{Name: t.name}
			if err := table.read(ctx, db, t.columns, t.where, workerID); err != nil {
				return err
			}
			h.Tables = append(h.Tables, table)
		}
		err = db.NewSelect().Model(&h.Photos).Where("kind = ? AND thing_id IN (SELECT d.id FROM disputes d JOIN slips s ON s.id = d.slip_id WHERE s.worker_id = ?)", disputeKind, workerID).
			Order("id").Scan(ctx)
		if err != nil {
			return fmt.Errorf("read photos: %w", err)
		}
		return nil
	})
	return h, err
}

// read fills a table with the rows of a worker.
func (t *HeldTable) read(ctx context.Context, db bun.IDB, columns, where string, workerID int64) error {
	if columns == "" {
		columns = "*"
	}
	args := []any{bun.Safe(columns), bun.Ident(t.Name)}
	for _, r := range where {
		if r == '?' {
			args = append(args, workerID)
		}
	}
	rows, err := db.QueryContext(ctx, "SELECT ? FROM ? WHERE "+where+" ORDER BY 1, 2", args...)
	if err != nil {
		return fmt.Errorf("read %s: %w", t.Name, err)
	}
	defer rows.Close()
	if t.Columns, err = rows.Columns(); err != nil {
		return fmt.Errorf("read %s: %w", t.Name, err)
	}
	for rows.Next() {
		values := make([]any, len(t.Columns))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read %s: %w", t.Name, err)
		}
		for i, v := range values {
			switch v := v.(type) {
			case []byte:
				values[i] = hex.EncodeToString(v)
			case time.Time:
				values[i] = string(piecework.DateOf(v))
			}
		}
		t.Rows = append(t.Rows, values)
	}
	return rows.Err()
}
