package piecework

import (
	"context"
	"regexp"
	"time"

	"github.com/uptrace/bun"
)

// WorkSession (场次) is one sitting of a workshop on one day; every tally belongs to one.
type WorkSession struct {
	bun.BaseModel `bun:"table:work_sessions,alias:ws"`

	ID         int64 `bun:",pk,autoincrement"`
	Code       string
	WorkshopID int64
	WorkDate   Date
	StartsAt   string // HH:MM in the workshop, "" when not planned
	EndsAt     string
	ClosedAt   Instant
	ClosedBy   string
	// DayKind and RatePercent say whether the time is paid more: see [MarkSession], which sets them.
	DayKind     DayKind
	RatePercent int64 `bun:",nullzero,default:100"`

	Workshop *Workshop `bun:"rel:belongs-to,join:workshop_id=id"`
}

// Open says whether the session still takes tallies.
func (s *WorkSession) Open() bool { return s.ClosedAt == 0 }

var hourMinute = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// CheckTime says what is wrong with a time of day, or nil: HH:MM, 00:00 to 23:59.
func CheckTime(s string) *Message {
	if !hourMinute.MatchString(s) {
		return Msg("%q is not a time such as 08:30", s)
	}
	return nil
}

// Validate reports every wrong field. The code may be left empty.
func (s *WorkSession) Validate() error {
	v := &Invalid{}
	if s.Code != "" {
		checkCode(v, "code", s.Code)
	}
	if s.WorkshopID == 0 {
		v.Add("workshop", "choose a workshop")
	}
	if s.WorkDate == "" {
		v.Add("date", "is required")
	}
	if s.StartsAt != "" {
		v.AddMsg("starts_at", CheckTime(s.StartsAt))
	}
	if s.EndsAt != "" {
		v.AddMsg("ends_at", CheckTime(s.EndsAt))
		if s.EndsAt <= s.StartsAt {
			v.Add("ends_at", "must be later than the start")
		}
	}
	return v.Err()
}

// OpenSession starts a session. Without a code it gets that of [NextSessionCode]. Whoever works there is told, unless it is of a day
// that is over.
func OpenSession(ctx context.Context, db bun.IDB, s *WorkSession) error {
	if err := s.Validate(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		w, err := WorkshopByID(ctx, db, s.WorkshopID)
		if err != nil {
			return err
		}
		if s.Code == "" {
			if s.Code, err = NextSessionCode(ctx, db, w, s.WorkDate); err != nil {
				return err
			}
		}
		if _, err = db.NewInsert().Model(s).Exec(ctx); err != nil || s.WorkDate < w.Today() {
			return inserted(err, "code", "%q is taken", s.Code)
		}
		return Notify(ctx, db, Notice{WorkshopID: s.WorkshopID, Kind: SessionOpens, SessionID: s.ID, FirstDay: s.WorkDate, LastDay: s.WorkDate, Clock: s.StartsAt})
	})
}

// NextSessionCode is the first free code of the form W1-20261103-1.
func NextSessionCode(ctx context.Context, db bun.IDB, w *Workshop, day Date) (string, error) {
	return FreeCode(ctx, db, (*WorkSession)(nil), w.Code+"-"+day.Time().Format("20060102")+"-1")
}

// CloseSession ends a session: everyone still checked in is checked out and no tally recorded later is taken. Of a day that is over nobody
// stayed longer than was planned, if an end was.
func CloseSession(ctx context.Context, db bun.IDB, id int64, by string) error {
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		s, err := SessionByID(ctx, db, id)
		if err != nil {
			return err
		}
		end := Now()
		err = changed(ctx, db.NewUpdate().Model((*WorkSession)(nil)).Set("closed_at = ?", end).Set("closed_by = ?", by).
			Where("id = ? AND closed_at = 0", id), "The session is already closed.")
		if err != nil {
			return err
		}
		if s.EndsAt != "" && s.WorkDate < s.Workshop.Today() {
			end = s.planned(s.EndsAt, s.Workshop)
		}
		return checkOutAll(ctx, db, id, end)
	})
}

// checkOutAll checks out at a moment whoever is still in a session; who came later leaves when she came.
func checkOutAll(ctx context.Context, db bun.Tx, sessionID int64, end Instant) error {
	_, err := db.NewUpdate().Model((*Attendance)(nil)).Set("check_out = CASE WHEN check_in < ? THEN ? ELSE check_in END", end, end).
		Where("session_id = ? AND check_out = 0", sessionID).Exec(ctx)
	return wrap("check everyone out", err)
}

// CloseSessionsBefore ends the open sessions of a workshop (0: of all) of days before day and says how many there were. Who is still
// checked in is checked out at the planned end, or when she came if none was planned, so that no hours are made up.
func CloseSessionsBefore(ctx context.Context, db bun.IDB, workshopID int64, day Date, by string) (closed int, err error) {
	err = InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		past := func(q bun.QueryBuilder) bun.QueryBuilder {
			q = q.Where("ws.closed_at = 0 AND ws.work_date < ?", day)
			if workshopID != 0 {
				q = q.Where("ws.workshop_id = ?", workshopID)
			}
			return q
		}
		var left []WorkSession
		err := db.NewSelect().Model(&left).Relation("Workshop").ApplyQueryBuilder(past).
			Where("EXISTS (SELECT 1 FROM attendances a WHERE a.session_id = ws.id AND a.check_out = 0)").Scan(ctx)
		if err != nil {
			return wrap("find who is still checked in", err)
		}
		for i := range left {
			if err := checkOutAll(ctx, db, left[i].ID, left[i].planned(left[i].EndsAt, left[i].Workshop)); err != nil {
				return err
			}
		}
		res, err := db.NewUpdate().Model((*WorkSession)(nil)).Set("closed_at = ?", Now()).Set("closed_by = ?", by).ApplyQueryBuilder(past).Exec(ctx)
		if err != nil {
			return wrap("close sessions", err)
		}
		n, err := res.RowsAffected()
		closed = int(n)
		return wrap("close sessions", err)
	})
	return closed, err
}

// planned is the moment of a time of day in the session, such as its EndsAt; 0 for "", which is not planned.
func (s *WorkSession) planned(clock string, at *Workshop) Instant {
	moment, err := time.ParseInLocation(dateLayout+" 15:04", string(s.WorkDate)+" "+clock, at.Location())
	if err != nil {
		return 0
	}
	return At(moment)
}

// ReopenSession lets a closed session take tallies again.
func ReopenSession(ctx context.Context, db bun.IDB, id int64) error {
	return changed(ctx, db.NewUpdate().Model((*WorkSession)(nil)).Set("closed_at = 0").Set("closed_by = ''").
		Where("id = ? AND closed_at <> 0", id), "The session is already open.")
}

// Sessions lists sessions, the latest first. Status "open" or "closed" narrows it.
func Sessions(ctx context.Context, db bun.IDB, f Filter) (Page[WorkSession], error) {
	var list []WorkSession
	q := db.NewSelect().Model(&list).Relation("Workshop").OrderExpr("ws.work_date DESC, ws.starts_at DESC, ws.code DESC")
	if f.WorkshopID != 0 {
		q = q.Where("ws.workshop_id = ?", f.WorkshopID)
	}
	if f.Status != "" {
		q = q.Where("(ws.closed_at = 0) = ?", f.Status == "open")
	}
	return List(ctx, q, &list, f, "ws.work_date", "ws.code", "workshop.name")
}

// SessionByID returns one session or a not-found error.
func SessionByID(ctx context.Context, db bun.IDB, id int64) (*WorkSession, error) {
	s := new(WorkSession)
	err := db.NewSelect().Model(s).Relation("Workshop").Where("ws.id = ?", id).Scan(ctx)
	return s, found(err, "There is no such session.")
}

// Attendance is one worker's presence at a session.
type Attendance struct {
	bun.BaseModel `bun:"table:attendances,alias:at"`

	ID        int64 `bun:",pk,autoincrement"`
	SessionID int64
	WorkerID  int64
	CheckIn   Instant
	CheckOut  Instant // 0 while she is in
	RunID     int64   `bun:",nullzero"` // the pay run that has looked at the hours

	Worker *Worker `bun:"rel:belongs-to,join:worker_id=id"`
}

// CheckIn notes that a worker came, or came back, to an open session of her workshop. Hours that an approved run has looked at are over;
// those that a draft has are free again, and it must be computed anew.
func CheckIn(ctx context.Context, db bun.IDB, sessionID, workerID int64) error {
	s, err := SessionByID(ctx, db, sessionID)
	if err != nil {
		return err
	}
	if !s.Open() {
		return Conflict("Session %s is closed.", s.Code)
	}
	w, err := WorkerByID(ctx, db, workerID)
	if err != nil {
		return err
	}
	if err := w.Person(); err != nil {
		return err
	}
	if w.WorkshopID != s.WorkshopID {
		return InvalidField("worker", "%s works at another workshop", w.Code)
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := LockWorkshop(ctx, db, s.WorkshopID); err != nil {
			return err
		}
		var run []string // the status of the one that has looked at her hours
		err := db.NewSelect().TableExpr("attendances AS at").Join("JOIN pay_runs AS p ON p.id = at.run_id").Column("p.status").
			Where("at.session_id = ? AND at.worker_id = ?", sessionID, workerID).Scan(ctx, &run)
		if err != nil {
			return wrap("look for a run that has the hours", err)
		}
		if len(run) > 0 {
			if run[0] != "draft" {
				return Conflict("An approved run has counted the hours of %s at session %s. Open another session for her.", w.Code, s.Code)
			}
			if err := OutdateDrafts(ctx, db, s.WorkshopID); err != nil {
				return err
			}
		}
		_, err = db.NewInsert().Model(&Attendance{SessionID: sessionID, WorkerID: workerID, CheckIn: Now()}).
			On("CONFLICT (session_id, worker_id) DO UPDATE").Set("check_out = 0, run_id = NULL").Exec(ctx)
		return wrap("check in", err)
	})
}

// CheckOut notes that a worker left.
func CheckOut(ctx context.Context, db bun.IDB, sessionID, workerID int64) error {
	return changed(ctx, db.NewUpdate().Model((*Attendance)(nil)).Set("check_out = ?", Now()).
		Where("session_id = ? AND worker_id = ? AND check_out = 0", sessionID, workerID), "She is not checked in.")
}

// Attendances is who came to a session, by worker code.
func Attendances(ctx context.Context, db bun.IDB, sessionID int64) ([]Attendance, error) {
	var list []Attendance
	err := db.NewSelect().Model(&list).Relation("Worker").Where("at.session_id = ?", sessionID).Order("worker.code").Scan(ctx)
	return list, wrap("list attendances", err)
}
