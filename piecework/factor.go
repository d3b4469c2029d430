package piecework

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// DayKind says what is special about a session's time.
type DayKind string

// The kinds of time that are paid more. An ordinary session has none.
const (
	OrdinaryDay DayKind = ""
	Overtime    DayKind = "overtime" // 加班
	RestDay     DayKind = "rest_day" // 休息日
	Holiday     DayKind = "holiday"  // 法定节假日
)

// LeastPercent is what pieces of such time are paid at least, in percent of the piece rate (Wage Payment Provisions 1994, art. 13).
func (k DayKind) LeastPercent() int64 {
	switch k {
	case Overtime:
		return 150
	case RestDay:
		return 200
	case Holiday:
		return 300
	}
	return 100
}

// MarkSession says that the time of a session is paid at a percentage of the piece rate: 100 for ordinary time, else at least what
// [DayKind.LeastPercent] says and at most 1000; 0 takes the least. What an approved run has paid stays as it was marked.
func MarkSession(ctx context.Context, db bun.IDB, id int64, kind DayKind, percent int64) error {
	if percent == 0 {
		percent = kind.LeastPercent()
	}
	switch kind {
	case OrdinaryDay, Overtime, RestDay, Holiday:
	default:
		return InvalidField("day_kind", "choose one")
	}
	if least := kind.LeastPercent(); percent < least || percent > 1000 || kind == OrdinaryDay && percent != 100 {
		return InvalidField("rate_percent", "must be between %d and %d", least, 1000)
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		s, err := SessionByID(ctx, db, id)
		if err != nil {
			return err
		}
		if err := LockWorkshop(ctx, db, s.WorkshopID); err != nil {
			return err
		}
		paid, err := db.NewSelect().Model((*Tally)(nil)).Where("t.session_id = ?", id).Where(InLockedRun).Exists(ctx)
		if err != nil {
			return wrap("look for paid tallies", err)
		}
		if paid {
			return Conflict("An approved run has paid tallies of session %s. What is missing can be paid as a bonus.", s.Code)
		}
		if _, err := db.NewUpdate().Model((*WorkSession)(nil)).Set("day_kind = ?", kind).Set("rate_percent = ?", percent).Where("id = ?", id).Exec(ctx); err != nil {
			return wrap("mark session", err)
		}
		return OutdateDrafts(ctx, db, s.WorkshopID)
	})
}

// InLockedRun is a condition that holds for tallies t that an approved or paid run has claimed.
const InLockedRun = `EXISTS (SELECT 1 FROM tally_claims tc JOIN pay_runs p ON p.id = tc.run_id
	WHERE tc.tally_id = t.id AND p.status IN ('approved', 'paid'))`

// OutdateDrafts notes that what the draft pay runs of a workshop were computed from has changed: they must be computed again.
func OutdateDrafts(ctx context.Context, db bun.IDB, workshopID int64) error {
	_, err := db.NewUpdate().Table("pay_runs").Set("stale = TRUE").Where("workshop_id = ? AND status = 'draft'", workshopID).Exec(ctx)
	return wrap("outdate drafts", err)
}

// MarkedSessions is the sessions of a workshop whose time is not ordinary, by id.
func MarkedSessions(ctx context.Context, db bun.IDB, workshopID int64) (map[int64]WorkSession, error) {
	var list []WorkSession
	err := db.NewSelect().Model(&list).Column("id", "day_kind", "rate_percent").Where("workshop_id = ? AND day_kind <> ''", workshopID).Scan(ctx)
	marked := make(map[int64]WorkSession, len(list))
	for _, s := range list {
		marked[s.ID] = s
	}
	return marked, wrap("read marked sessions", err)
}

// WorkerGrade is at which percentage of the piece rates a worker is paid from a day on: a learner at less, a master at more. Without
// a grade it is 100.
type WorkerGrade struct {
	bun.BaseModel `bun:"table:worker_grades,alias:wg"`

	ID            int64 `bun:",pk,autoincrement"`
	WorkerID      int64
	EffectiveFrom Date
	Name          string // such as 学徒
	Percent       int64  // 1 to 500
	RecordedAt    Instant
	RecordedBy    string
}

// Validate reports every wrong field.
func (g *WorkerGrade) Validate() error {
	v := &Invalid{}
	if g.Name == "" {
		v.Add("grade", "is required")
	}
	v.AddMsg("grade", CheckText(g.Name, MaxName))
	if g.EffectiveFrom == "" {
		v.Add("effective_from", "is required")
	}
	if g.Percent < 1 || g.Percent > 500 {
		v.Add("percent", "must be between %d and %d", 1, 500)
	}
	return v.Err()
}

// SetGrade records a worker's grade from a day on. It cannot reach back into work that an approved run has paid.
func SetGrade(ctx context.Context, db bun.IDB, g *WorkerGrade) error {
	if err := g.Validate(); err != nil {
		return err
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		w, err := WorkerByID(ctx, db, g.WorkerID)
		if err != nil {
			return err
		}
		if err := w.Person(); err != nil {
			return err
		}
		if err := LockWorkshop(ctx, db, w.WorkshopID); err != nil {
			return err
		}
		paid, err := db.NewSelect().Model((*Tally)(nil)).Where("t.worker_id = ? AND t.work_date >= ?", g.WorkerID, g.EffectiveFrom).Where(InLockedRun).Exists(ctx)
		if err != nil {
			return wrap("look for paid tallies", err)
		}
		if paid {
			return InvalidField("effective_from", "an approved run has paid work from %s on; choose a later day", g.EffectiveFrom)
		}
		g.RecordedAt = Now()
		_, err = db.NewInsert().Model(g).Exec(ctx)
		if err := inserted(err, "effective_from", "a grade from %s is already recorded; choose another day", g.EffectiveFrom); err != nil {
			return err
		}
		return OutdateDrafts(ctx, db, w.WorkshopID)
	})
}

// Grades are the grades of workers, of each the latest first. Without ids they are those of a whole workshop.
func Grades(ctx context.Context, db bun.IDB, workshopID int64, workerIDs ...int64) (map[int64][]WorkerGrade, error) {
	var list []WorkerGrade
	q := db.NewSelect().Model(&list).Where("worker_id IN (SELECT id FROM workers WHERE workshop_id = ?)", workshopID)
	if len(workerIDs) > 0 {
		q = q.Where("worker_id IN (?)", bun.List(workerIDs))
	}
	err := q.Scan(ctx)
	slices.SortFunc(list, func(a, b WorkerGrade) int { return cmp.Compare(b.EffectiveFrom, a.EffectiveFrom) })
	grades := map[int64][]WorkerGrade{}
	for _, g := range list {
		grades[g.WorkerID] = append(grades[g.WorkerID], g)
	}
	return grades, wrap("read grades", err)
}

// GradeOn is the grade of some that holds on a day, the latest first, or nil.
func GradeOn(grades []WorkerGrade, day Date) *WorkerGrade {
	for i := range grades {
		if grades[i].EffectiveFrom <= day {
			return &grades[i]
		}
	}
	return nil
}
