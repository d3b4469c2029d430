package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// NoticeKind says what a notice is about.
type NoticeKind string

// The kinds of notice.
const (
	SessionOpens    NoticeKind = "session" // to everybody of the workshop
	SlipsReady      NoticeKind = "slips"   // of a run, to the office and to chat groups
	SlipReady       NoticeKind = "slip"    // to the worker
	DisputeAnswered NoticeKind = "answer"  // to the worker; a chat group is told no name
)

// Notice (通知) is something people are told once: on their pages, and where they asked for it on their phones and in chat groups.
// It never holds an amount.
type Notice struct {
	bun.BaseModel `bun:"table:notices,alias:nt"`

	ID         int64 `bun:",pk,autoincrement"`
	WorkshopID int64
	WorkerID   int64 `bun:",nullzero"` // whom it is for; 0: everybody of the workshop
	Kind       NoticeKind
	SessionID  int64 `bun:",nullzero"`
	RunID      int64 `bun:",nullzero"`
	SlipID     int64 `bun:",nullzero"`
	FirstDay   Date  // of the session or the period
	LastDay    Date
	Clock      string // when the session starts, HH:MM or ""
	MadeAt     Instant

	Workshop *Workshop `bun:"rel:belongs-to,join:workshop_id=id"`
	New      bool      `bun:"-"` // the user has not seen it
}

// Notify tells people. It belongs into the transaction of what it tells about, so that nothing is told that did not happen and nothing
// that happened goes untold. Every device and chat group that wants a notice gets its place in the outbox, whence it is sent after
// the commit.
func Notify(ctx context.Context, db bun.IDB, list ...Notice) error {
	now := Now()
	for chunk := range slices.Chunk(list, 500) {
		ids := make([]int64, len(chunk))
		for i := range chunk {
			chunk[i].MadeAt = now
		}
		if _, err := db.NewInsert().Model(&chunk).Exec(ctx); err != nil {
			return wrap("keep notices", err)
		}
		for i := range chunk {
			ids[i] = chunk[i].ID
		}
		_, err := db.NewRaw(`INSERT INTO outbox (notice_id, device_id, made_at, due_at)
			SELECT n.id, d.id, n.made_at, n.made_at FROM notices n JOIN users u ON NOT u.disabled JOIN push_devices d ON d.user_id = u.id
			LEFT JOIN workers w ON w.id = u.worker_id
			WHERE n.id IN (?) AND (u.role = 'worker' AND (w.id = n.worker_id OR n.worker_id IS NULL AND n.kind = 'session' AND w.workshop_id = n.workshop_id AND w.active)
				OR u.role IN ('admin', 'bookkeeper', 'lead') AND n.worker_id IS NULL AND COALESCE(u.workshop_id, n.workshop_id) = n.workshop_id)`, bun.List(ids)).Exec(ctx)
		if err != nil {
			return wrap("address devices", err)
		}
		_, err = db.NewRaw(`INSERT INTO outbox (notice_id, robot_id, made_at, due_at)
			SELECT n.id, r.id, n.made_at, n.made_at FROM notices n JOIN robots r ON r.removed_at = 0 AND COALESCE(r.workshop_id, n.workshop_id) = n.workshop_id
			WHERE n.id IN (?) AND n.kind <> 'slip'`, bun.List(ids)).Exec(ctx)
		if err != nil {
			return wrap("address chat groups", err)
		}
	}
	return nil
}

// Reader is who reads notices: a worker hers and those of her workshop that are for workers, anybody else those for everybody of the
// workshop (0: of all).
type Reader struct{ UserID, WorkerID, WorkshopID int64 }

// shownNotices is how many notices there are to read back.
const shownNotices = 30

// Notices lists the latest notices of a reader, the newest first, and says how many of them are new.
func Notices(ctx context.Context, db bun.IDB, r Reader) (list []Notice, fresh int, err error) {
	q := db.NewSelect().Model(&list).Relation("Workshop").Order("nt.id DESC").Limit(shownNotices)
	switch {
	case r.WorkerID != 0:
		q = q.Where("(nt.worker_id = ? OR nt.worker_id IS NULL AND nt.kind = ? AND nt.workshop_id = (SELECT workshop_id FROM workers WHERE id = ?))", r.WorkerID, SessionOpens, r.WorkerID)
	case r.WorkshopID != 0:
		q = q.Where("nt.worker_id IS NULL AND nt.workshop_id = ?", r.WorkshopID)
	default:
		q = q.Where("nt.worker_id IS NULL")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, 0, wrap("read notices", err)
	}
	var seen []int64
	if err := db.NewSelect().Table("notices_seen").Column("notice_id").Where("user_id = ?", r.UserID).Scan(ctx, &seen); err != nil {
		return nil, 0, wrap("read what was seen", err)
	}
	for i := range list {
		if list[i].New = len(seen) == 0 || list[i].ID > seen[0]; list[i].New {
			fresh++
		}
	}
	return list, fresh, nil
}

// SeeNotices notes that a user has seen her notices up to one.
func SeeNotices(ctx context.Context, db bun.IDB, userID, upTo int64) error {
	_, err := db.NewRaw(`INSERT INTO notices_seen (user_id, notice_id) VALUES (?, ?)
		ON CONFLICT (user_id) DO UPDATE SET notice_id = EXCLUDED.notice_id WHERE EXCLUDED.notice_id > notices_seen.notice_id`, userID, upTo).Exec(ctx)
	return wrap("note what was seen", err)
}
