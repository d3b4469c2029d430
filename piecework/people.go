package piecework

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Contractor (加工商) brings material and an order, and pays the processing fee for accepted pieces.
type Contractor struct {
	bun.BaseModel `bun:"table:contractors,alias:c"`

	ID    int64 `bun:",pk,autoincrement"`
	Code  string
	Name  string
	Phone string
}

// Validate reports every wrong field.
func (c *Contractor) Validate() error {
	v := &Invalid{}
	checkCode(v, "code", c.Code)
	checkName(v, "name", c.Name)
	checkPhone(v, "phone", c.Phone)
	return v.Err()
}

// SaveContractor adds a contractor (ID 0) or changes name and phone of one.
func SaveContractor(ctx context.Context, db bun.IDB, c *Contractor) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if c.ID == 0 {
		_, err := db.NewInsert().Model(c).Exec(ctx)
		return inserted(err, "code", "%q is taken", c.Code)
	}
	_, err := db.NewUpdate().Model(c).Column("name", "phone").WherePK().Exec(ctx)
	return wrap("save contractor", err)
}

// Contractors lists contractors by code.
func Contractors(ctx context.Context, db bun.IDB, f Filter) (Page[Contractor], error) {
	var list []Contractor
	q := db.NewSelect().Model(&list).Order("c.code")
	if f.ContractorID != 0 {
		q = q.Where("c.id = ?", f.ContractorID)
	}
	return List(ctx, q, &list, f, "", "c.code", "c.name", "c.phone")
}

// ContractorByID returns one contractor or a not-found error.
func ContractorByID(ctx context.Context, db bun.IDB, id int64) (*Contractor, error) {
	c := new(Contractor)
	err := db.NewSelect().Model(c).Where("c.id = ?", id).Scan(ctx)
	return c, found(err, "There is no such contractor.")
}

// ContractorByCode returns one contractor or a not-found error.
func ContractorByCode(ctx context.Context, db bun.IDB, code string) (*Contractor, error) {
	c := new(Contractor)
	err := db.NewSelect().Model(c).Where("c.code = ?", code).Scan(ctx)
	return c, found(err, "There is no contractor %q.", code)
}

// Worker (工人) hands in counted pieces at one workshop.
type Worker struct {
	bun.BaseModel `bun:"table:workers,alias:wk"`

	ID         int64 `bun:",pk,autoincrement"`
	Code       string
	Name       string
	WorkshopID int64
	Phone      string
	// ShareWeight is the worker's part in a team's pay relative to others, in millionths; 1,000,000 is 1.
	ShareWeight int64
	Active      bool
	// Team marks a row that stands for several workers who count together; see [TeamOf]. Lists of workers leave teams out.
	Team bool

	Workshop *Workshop `bun:"rel:belongs-to,join:workshop_id=id"`
}

// ShareWeightOne is the usual share weight, 1.
const ShareWeightOne = 1_000_000

// Validate reports every wrong field.
func (w *Worker) Validate() error {
	v := &Invalid{}
	checkCode(v, "code", w.Code)
	if isTeamCode(w.Code) {
		v.Add("code", "codes such as %s are for teams", w.Code)
	}
	checkName(v, "name", w.Name)
	checkPhone(v, "phone", w.Phone)
	if w.WorkshopID == 0 {
		v.Add("workshop", "choose a workshop")
	}
	if w.ShareWeight <= 0 || w.ShareWeight > 1000*ShareWeightOne {
		v.Add("share_weight", "must be more than 0 and at most %d", 1000)
	}
	return v.Err()
}

// SaveWorker adds a worker (ID 0) or changes what may change of one; code and workshop stay. Nothing changes of a team but what it is called.
func SaveWorker(ctx context.Context, db bun.IDB, w *Worker) error {
	if w.Team {
		return Conflict("A team does not change. Other members, or other share weights, are another team.")
	}
	if err := w.Validate(); err != nil {
		return err
	}
	if w.ID == 0 {
		_, err := db.NewInsert().Model(w).Exec(ctx)
		return inserted(err, "code", "%q is taken", w.Code)
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if _, err := db.NewUpdate().Model(w).Column("name", "phone", "share_weight", "active").WherePK().Exec(ctx); err != nil {
			return wrap("save worker", err)
		}
		return NameTeams(ctx, db, w.ID)
	})
}

// Workers lists workers by code, without teams. Status "active" or "left" narrows it.
func Workers(ctx context.Context, db bun.IDB, f Filter) (Page[Worker], error) {
	var list []Worker
	q := db.NewSelect().Model(&list).Relation("Workshop").Where("NOT wk.team").Order("wk.code")
	if f.WorkshopID != 0 {
		q = q.Where("wk.workshop_id = ?", f.WorkshopID)
	}
	if f.WorkerID != 0 {
		q = q.Where("wk.id = ?", f.WorkerID)
	}
	if f.Status != "" {
		q = q.Where("wk.active = ?", f.Status == "active")
	}
	return List(ctx, q, &list, f, "", "wk.code", "wk.name", "wk.phone")
}

// Crew is every active worker of a workshop, by code, without teams.
func Crew(ctx context.Context, db bun.IDB, workshopID int64) ([]Worker, error) {
	var list []Worker
	err := db.NewSelect().Model(&list).Where("workshop_id = ? AND active AND NOT team", workshopID).Order("code").Scan(ctx)
	return list, wrap("list crew", err)
}

// WorkerByID returns one worker, who may be a team, or a not-found error.
func WorkerByID(ctx context.Context, db bun.IDB, id int64) (*Worker, error) {
	w := new(Worker)
	err := db.NewSelect().Model(w).Relation("Workshop").Where("wk.id = ?", id).Scan(ctx)
	return w, found(err, "There is no such worker.")
}

// WorkerByCode returns one worker, who may be a team, or a not-found error.
func WorkerByCode(ctx context.Context, db bun.IDB, code string) (*Worker, error) {
	w := new(Worker)
	err := db.NewSelect().Model(w).Relation("Workshop").Where("wk.code = ?", code).Scan(ctx)
	return w, found(err, "There is no worker %q.", code)
}

// Limits on what people enter. They are wide; they exist so that one field can never fill a disk or a page.
const (
	MaxCode   = 40
	MaxName   = 200
	MaxPhone  = 40
	MaxNote   = 500
	MaxPieces = 10_000_000
)

// CheckCode says what is wrong with a code, or nil: 1 to 40 letters of any script, digits, and - _ . /
func CheckCode(code string) *Message {
	if code == "" {
		return Msg("is required")
	}
	n := 0
	for _, r := range code {
		n++
		if !isCodeRune(r) {
			return Msg("%q may hold only letters, digits and - _ . /", code)
		}
	}
	if n > MaxCode {
		return Msg("is longer than %d characters", MaxCode)
	}
	return nil
}

func checkCode(v *Invalid, field, code string) { v.AddMsg(field, CheckCode(code)) }

func checkName(v *Invalid, field, name string) {
	if name == "" {
		v.Add(field, "is required")
		return
	}
	v.AddMsg(field, CheckText(name, MaxName))
}

func checkPhone(v *Invalid, field, phone string) { v.AddMsg(field, CheckText(phone, MaxPhone)) }

// CheckText says what is wrong with free text, or nil: valid UTF-8 without control characters, at most limit characters.
func CheckText(s string, limit int) *Message {
	n := 0
	for i, r := range s {
		n++
		if isBadText(r, s[i:]) {
			return Msg("%q holds characters that cannot be printed", fmt.Sprintf("%.40s", s))
		}
	}
	if n > limit {
		return Msg("is longer than %d characters", limit)
	}
	return nil
}
