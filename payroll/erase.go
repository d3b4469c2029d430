package payroll

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Erased stands where the name of a worker stood whose data was erased.
const Erased = "已删除 erased"

// erasing takes away what identifies a worker; ? is her id, the words are [Erased]. Figures, days and her code stay: the chain covers
// them, and they are nobody's without the name.
var erasing = []string{
	"UPDATE disputes SET text = 'erased', answer = CASE WHEN answered_at = 0 THEN '' ELSE 'erased' END, raised_by = 'erased' WHERE slip_id IN (SELECT id FROM slips WHERE worker_id = ?)",
	"UPDATE acknowledgements SET acknowledged_by = 'erased' WHERE slip_id IN (SELECT id FROM slips WHERE worker_id = ?)",
	"DELETE FROM signatures WHERE slip_id IN (SELECT id FROM slips WHERE worker_id = ?)",
	"DELETE FROM photos WHERE kind = 'dispute' AND thing_id IN (SELECT d.id FROM disputes d JOIN slips s ON s.id = d.slip_id WHERE s.worker_id = ?)",
	"DELETE FROM personal_data WHERE worker_id = ?",
	"UPDATE adjustments SET note = '' WHERE worker_id = ?",
	"UPDATE carries SET note = '' WHERE worker_id = ?",
	"UPDATE slip_payments SET note = '' WHERE worker_id = ?",
	"UPDATE tally_flags SET note = '' WHERE tally_id IN (SELECT id FROM tallies WHERE worker_id = ?)",
	"UPDATE held_tallies SET note = '' WHERE tally_id IN (SELECT id FROM tallies WHERE worker_id = ?)",
	"UPDATE codes SET reason = '' WHERE kind = 'W' AND target_id = ?",
	"UPDATE count_agreements SET words = CASE WHEN words = '' THEN '' ELSE 'erased' END, said_by = 'erased' WHERE worker_id = ?",
	"UPDATE take_home_returns SET note = '' WHERE take_home_id IN (SELECT id FROM take_homes WHERE worker_id = ?)",
	"UPDATE take_home_closings SET reason = 'erased' WHERE take_home_id IN (SELECT id FROM take_homes WHERE worker_id = ?)",
	"UPDATE take_homes SET note = '' WHERE worker_id = ?",
	"UPDATE material_movements SET note = '' WHERE COALESCE(worker_id, (SELECT h.worker_id FROM take_homes h WHERE h.id = take_home_id)) = ?",
	"UPDATE income_types SET reason = 'erased' WHERE worker_id = ?",
	"UPDATE audit_entries SET done_by = 'erased' WHERE user_id <> 0 AND user_id IN (SELECT id FROM users WHERE worker_id = ?)",
	"DELETE FROM push_devices WHERE user_id IN (SELECT id FROM users WHERE worker_id = ?)",
	"DELETE FROM known_devices WHERE user_id IN (SELECT id FROM users WHERE worker_id = ?)",
	"DELETE FROM linked_accounts WHERE user_id IN (SELECT id FROM users WHERE worker_id = ?)",
	"DELETE FROM recovery_codes WHERE user_id IN (SELECT id FROM users WHERE worker_id = ?)",
	"DELETE FROM invitations WHERE user_id IN (SELECT id FROM users WHERE worker_id = ?)",
	"DELETE FROM web_sessions WHERE user_id <> 0 AND user_id IN (SELECT id FROM users WHERE worker_id = ?)",
}

// Stays is a text about a worker that [Erase] leaves, because a hash covers it or a log must keep it.
type Stays struct {
	What *piecework.Message // where it stands
	Text string
	Day  piecework.Date // of what it is about; "" when it has none
}

// staying are the texts that stay; ? is the worker's id. Of each the latest are read.
var staying = []struct {
	what  *piecework.Message
	query string
}{
	{piecework.Msg("Why a tally was struck"), "SELECT reason AS text, work_date AS day FROM tallies WHERE worker_id = ? AND reason <> '' ORDER BY id DESC LIMIT 20"},
	{piecework.Msg("Why a slip was issued anew"), "SELECT s.reason AS text, p.period_to AS day FROM slips s JOIN pay_runs p ON p.id = s.run_id WHERE s.worker_id = ? AND s.reason <> '' ORDER BY s.id DESC LIMIT 20"},
	{piecework.Msg("Note on a line of a slip"), "SELECT l.note AS text, p.period_to AS day FROM slip_lines l JOIN slips s ON s.id = l.slip_id JOIN pay_runs p ON p.id = s.run_id WHERE s.worker_id = ? AND l.note <> '' ORDER BY l.id DESC LIMIT 20"},
	{piecework.Msg("Why somebody looked at her sealed data"), "SELECT reason AS text FROM personal_accesses WHERE worker_id = ? AND reason <> '' ORDER BY id DESC LIMIT 20"},
}

// StaysAbout is what [Erase] would leave of what was written about a worker, at most twenty texts of each kind, the latest first. Of these the
// first three kinds are covered by the hashes of tallies and slips.
func StaysAbout(ctx context.Context, db bun.IDB, workerID int64) ([]Stays, error) {
	var list []Stays
	for _, s := range staying {
		var rows []struct {
			Text string
			Day  piecework.Date
		}
		if err := db.NewRaw(s.query, workerID).Scan(ctx, &rows); err != nil {
			return nil, fmt.Errorf("read what stays: %w", err)
		}
		for _, r := range rows {
			list = append(list, Stays{s.what, r.Text, r.Day})
		}
	}
	return list, nil
}

// EraseAfter is the first day on which what identifies a worker may be erased: [LedgerYears] after the last day of which there is any record of her
// work or pay; "" when there is none.
func EraseAfter(ctx context.Context, db bun.IDB, workerID int64) (piecework.Date, error) {
	last := piecework.Date("")
	for _, query := range []string{
		"SELECT MAX(work_date) FROM tallies WHERE worker_id = ?0 OR worker_id IN (SELECT team_id FROM team_members WHERE worker_id = ?0)",
		"SELECT MAX(s.work_date) FROM attendances a JOIN work_sessions s ON s.id = a.session_id WHERE a.worker_id = ?0",
		"SELECT MAX(p.period_to) FROM slips s JOIN pay_runs p ON p.id = s.run_id WHERE s.worker_id = ?0",
		"SELECT MAX(paid_on) FROM slip_payments WHERE worker_id = ?0",
		"SELECT MAX(work_date) FROM adjustments WHERE worker_id = ?0",
		"SELECT MAX(out_on) FROM take_homes WHERE worker_id = ?0",
	} {
		var day piecework.Date
		if err := db.NewRaw(query, workerID).Scan(ctx, &day); err != nil {
			return "", fmt.Errorf("look for the last record: %w", err)
		}
		last = max(last, day)
	}
	if last == "" {
		return "", nil
	}
	return piecework.DateOf(last.Time().AddDate(LedgerYears, 0, 1)), nil
}

// Erase takes away what identifies a worker who has left, for good: name, phone, identity number, bank account, signatures, photos, what she wrote
// and what was written about her, and how she signed in. What [StaysAbout] lists stays. It is a conflict while the law asks for her records, or while she is owed anything. The books verify as before.
func Erase(ctx context.Context, db bun.IDB, workerID int64, by string) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		w, err := piecework.WorkerByID(ctx, db, workerID)
		if err != nil {
			return err
		}
		if err := w.Person(); err != nil {
			return err
		}
		if err := piecework.LockWorkshop(ctx, db, w.WorkshopID); err != nil {
			return err
		}
		if err := mayErase(ctx, db, w); err != nil {
			return err
		}
		for _, query := range erasing {
			if _, err := db.NewRaw(query, workerID).Exec(ctx); err != nil {
				return fmt.Errorf("erase: %w", err)
			}
		}
		_, err = db.NewRaw("UPDATE users SET username = 'erased-' || id, name = ?, password_hash = '', pin_hash = '', totp_secret = '', disabled = TRUE WHERE worker_id = ?", Erased, workerID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("erase users: %w", err)
		}
		_, err = db.NewRaw("UPDATE workers SET name = ?, phone = '', erased_at = ? WHERE id = ?", Erased, piecework.Now(), workerID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("erase worker: %w", err)
		}
		if err := piecework.NameTeams(ctx, db, workerID); err != nil {
			return err
		}
		return piecework.NoteAccess(ctx, db, piecework.PersonalAccess{WorkerID: workerID, Action: piecework.PersonalErased, DoneBy: by}.
			About(piecework.IDNumber, piecework.BankName, piecework.BankAccount))
	})
}

// mayErase is nil when nothing asks for a worker's records any more.
func mayErase(ctx context.Context, db bun.IDB, w *piecework.Worker) error {
	if w.Active {
		return piecework.Conflict("%s still works here. Say first that she has left.", w.Name)
	}
	after, err := EraseAfter(ctx, db, w.ID)
	if err != nil {
		return err
	}
	if today := w.Workshop.Today(); after > today {
		return piecework.Conflict("Her records must be kept: what identifies her can be erased from %s on.", string(after))
	}
	for _, open := range []string{
		"SELECT COUNT(*) FROM tallies t WHERE (t.worker_id = ?0 OR t.worker_id IN (SELECT team_id FROM team_members WHERE worker_id = ?0)) AND t.reverses_id IS NULL " +
			"AND NOT EXISTS (SELECT 1 FROM tallies x WHERE x.reverses_id = t.id) AND " + unclaimed,
		"SELECT COUNT(*) FROM arrears WHERE worker_id = ?0 AND taken_by_run_id IS NULL",
		"SELECT COUNT(*) FROM slips s JOIN pay_runs p ON p.id = s.run_id WHERE s.worker_id = ?0 AND NOT s.superseded AND p.status <> 'paid' AND s.net <> COALESCE((SELECT SUM(y.amount) FROM slip_payments y WHERE y.run_id = s.run_id AND y.worker_id = s.worker_id), 0)",
		"SELECT COUNT(*) FROM adjustments WHERE worker_id = ?0 AND run_id IS NULL AND withdrawn_at = 0",
		"SELECT COUNT(*) FROM disputes d JOIN slips s ON s.id = d.slip_id WHERE s.worker_id = ?0 AND d.answered_at = 0",
	} {
		var n int64
		if err := db.NewRaw(open, w.ID).Scan(ctx, &n); err != nil {
			return fmt.Errorf("look for what is open: %w", err)
		}
		if n > 0 {
			return piecework.Conflict("Something is still open about her: work, a payment, a bonus or deduction, or a dispute. Settle it first.")
		}
	}
	return nil
}
