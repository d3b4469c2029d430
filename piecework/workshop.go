package piecework

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// Area is a place in the administrative tree: level 1 city (市), 2 town or subdistrict (镇街), 3 community (社区), 4 grid (网格).
type Area struct {
	bun.BaseModel `bun:"table:areas,alias:a"`

	ID       int64 `bun:",pk,autoincrement"`
	Code     string
	Name     string
	Level    int
	ParentID int64 `bun:",nullzero"`
}

// Workshop is a micro-factory (微工厂): where workers come in and which pays them.
type Workshop struct {
	bun.BaseModel `bun:"table:workshops,alias:w"`

	ID       int64 `bun:",pk,autoincrement"`
	Code     string
	Name     string
	AreaID   int64 `bun:",nullzero"`
	Timezone string
	Currency string

	// Which pieces beyond the good ones are paid. Scrap by material is not the worker's fault and is paid by default.
	PayScrapMaterial    bool
	PayScrapWorkmanship bool
	PayRework           bool
	// DamageCapPercent of a run's gross is the most that damage may take from it (Wage Payment Provisions 1994, art. 16).
	DamageCapPercent int
	// WageRegion is the region whose minimum wage holds here; "" when it is not to be compared.
	WageRegion string
	// TopUp pays what a run's pieces stay below the minimum wage for the hours; otherwise the difference is only shown.
	TopUp bool
	// TakeArrears says that a back-dated lower rate takes back pay that is settled; otherwise the difference is shown and left.
	TakeArrears bool
	// Guarantee is what work by the piece comes to at least.
	Guarantee Guarantee `bun:"embed:guarantee_"`
	// TeamShare says how a team's amount is divided among its members.
	TeamShare TeamShare
	// SecondPersonAbove is the amount in minor units above which an adjustment must be approved by somebody else than who entered it before
	// a run takes it in; -1 asks for nobody.
	SecondPersonAbove int64
	// RepeatSeconds is how long the scan page ignores the same badge again, 0 to 60.
	RepeatSeconds int
	// RepeatMinutes is how close together two tallies of one worker at one operation are remarked upon, 0 (never) to 240.
	RepeatMinutes int

	// Who bears what a contractor charges back for faulty material (BearsWorkshop or BearsContractor), and for faulty work (BearsWorkshop
	// or BearsWorker).
	BearMaterial, BearWorkmanship Bearer

	// The head of the workshop's hash chain: how many links it has, and the hash of the last.
	ChainSeq  int64
	ChainHash []byte

	Area *Area `bun:"rel:belongs-to,join:area_id=id"`
}

// Location is the workshop's time zone; UTC if the machine does not know it.
func (w *Workshop) Location() *time.Location {
	if known, ok := locations.Load(w.Timezone); ok {
		return known.(*time.Location)
	}
	loc, err := time.LoadLocation(w.Timezone)
	if err != nil {
		return time.UTC
	}
	locations.Store(w.Timezone, loc)
	return loc
}

// locations keeps the time zones that were asked for by name: loading one reads a file.
var locations sync.Map

// Today is the present calendar day in the workshop.
func (w *Workshop) Today() Date { return DateOf(time.Now().In(w.Location())) }

// NewWorkshop returns a workshop with the usual settings.
func NewWorkshop(code, name string) *Workshop {
	return &Workshop{Code: code, Name: name, Timezone: "Asia/Shanghai", Currency: "CNY", PayScrapMaterial: true, DamageCapPercent: 20,
		TeamShare: ShareByWeight, SecondPersonAbove: -1, RepeatSeconds: 3, RepeatMinutes: 10,
		BearMaterial: BearsContractor, BearWorkmanship: BearsWorkshop}
}

// Validate reports every wrong field.
func (w *Workshop) Validate() error {
	v := &Invalid{}
	checkCode(v, "code", w.Code)
	checkName(v, "name", w.Name)
	if _, err := time.LoadLocation(w.Timezone); err != nil || w.Timezone == "" || w.Timezone == "Local" {
		v.Add("timezone", "%q is not a time zone such as Asia/Shanghai", w.Timezone)
	}
	if len(w.Currency) != 3 || strings.Trim(w.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		v.Add("currency", "%q is not a currency code such as CNY", w.Currency)
	}
	if w.DamageCapPercent < 0 || w.DamageCapPercent > 100 {
		v.Add("damage_cap_percent", "must be between %d and %d", 0, 100)
	}
	if w.BearMaterial != BearsWorkshop && w.BearMaterial != BearsContractor {
		v.Add("bear_material", "choose one")
	}
	if w.BearWorkmanship != BearsWorkshop && w.BearWorkmanship != BearsWorker {
		v.Add("bear_workmanship", "choose one")
	}
	if w.TeamShare != ShareByWeight && w.TeamShare != ShareByWeightHours {
		v.Add("team_share", "choose one")
	}
	w.Guarantee.check(v)
	if w.RepeatSeconds < 0 || w.RepeatSeconds > 60 {
		v.Add("repeat_seconds", "must be between %d and %d", 0, 60)
	}
	if w.RepeatMinutes < 0 || w.RepeatMinutes > 240 {
		v.Add("repeat_minutes", "must be between %d and %d", 0, 240)
	}
	return v.Err()
}

// SaveWorkshop adds a workshop (ID 0) or changes the settings of one. The code stays as it is once given.
func SaveWorkshop(ctx context.Context, db bun.IDB, w *Workshop) error {
	if err := w.Validate(); err != nil {
		return err
	}
	if w.ID == 0 {
		_, err := db.NewInsert().Model(w).Exec(ctx)
		return inserted(err, "code", "%q is taken", w.Code)
	}
	_, err := db.NewUpdate().Model(w).WherePK().
		Column("name", "area_id", "timezone", "currency", "pay_scrap_material", "pay_scrap_workmanship", "pay_rework", "damage_cap_percent", "wage_region", "top_up", "take_arrears",
			"team_share", "second_person_above", "repeat_seconds", "repeat_minutes", "guarantee_amount", "guarantee_per", "guarantee_over").
		Column("bear_material", "bear_workmanship").Exec(ctx)
	if err != nil {
		return fmt.Errorf("save workshop: %w", err)
	}
	return OutdateDrafts(ctx, db, w.ID)
}

// Workshops lists workshops by code; id 0 means all.
func Workshops(ctx context.Context, db bun.IDB, id int64) ([]Workshop, error) {
	var list []Workshop
	q := db.NewSelect().Model(&list).Relation("Area").Order("w.code")
	if id != 0 {
		q = q.Where("w.id = ?", id)
	}
	err := q.Scan(ctx)
	return list, wrap("list workshops", err)
}

// WorkshopsFound lists workshops by code, as [Workshops] does, but page by page and narrowed to words in code or name.
func WorkshopsFound(ctx context.Context, db bun.IDB, f Filter) (Page[Workshop], error) {
	var list []Workshop
	q := db.NewSelect().Model(&list).Order("w.code")
	if f.WorkshopID != 0 {
		q = q.Where("w.id = ?", f.WorkshopID)
	}
	return List(ctx, q, &list, f, "", "w.code", "w.name")
}

// WorkshopByID returns one workshop or a not-found error.
func WorkshopByID(ctx context.Context, db bun.IDB, id int64) (*Workshop, error) {
	w := new(Workshop)
	err := db.NewSelect().Model(w).Relation("Area").Where("w.id = ?", id).Scan(ctx)
	return w, found(err, "There is no such workshop.")
}

// WorkshopByCode returns one workshop or a not-found error.
func WorkshopByCode(ctx context.Context, db bun.IDB, code string) (*Workshop, error) {
	w := new(Workshop)
	err := db.NewSelect().Model(w).Where("w.code = ?", code).Scan(ctx)
	return w, found(err, "There is no workshop %q.", code)
}

func wrap(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
