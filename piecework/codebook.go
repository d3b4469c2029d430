package piecework

import (
	"context"
	"maps"

	"github.com/uptrace/bun"
)

// IssuedCode is a code with the thing it was given to.
type IssuedCode struct {
	bun.BaseModel `bun:"table:codes,alias:cd"`

	Kind       CodeKind `bun:",pk"`
	Serial     int64    `bun:",pk"`
	WorkshopID int64
	TargetID   int64 // id of the worker, team, ticket, session or take-home
	IssuedAt   Instant
	IssuedBy   string
	ReplacedAt Instant // 0 while it is valid
	ReplacedBy int64   // serial of the code that took its place
	Reason     string  // why it was replaced
}

// Code is the code itself.
func (c *IssuedCode) Code() Code { return Code{c.Kind, c.Serial} }

// Replaced says whether another code took its place.
func (c *IssuedCode) Replaced() bool { return c.ReplacedAt != 0 }

// replacedWords say, by kind, that a code is no longer valid.
var replacedWords = map[CodeKind]*Message{
	WorkerBadge:  Msg("This badge was replaced by a newer one."),
	TeamBadge:    Msg("This badge was replaced by a newer one."),
	TicketCode:   Msg("This ticket was replaced by newer ones."),
	SessionCode:  Msg("This session code was replaced by a newer one."),
	TakeHomeCode: Msg("This slip was replaced by a newer one."),
}

// Refusal says why the code may not be used, nil while it is valid.
func (c *IssuedCode) Refusal() *Message {
	if !c.Replaced() {
		return nil
	}
	return replacedWords[c.Kind]
}

// IssuedCodes finds what the codes were given to, replaced ones too. A code that was never issued is not in the answer.
func IssuedCodes(ctx context.Context, db bun.IDB, codes ...Code) (map[Code]IssuedCode, error) {
	serials := map[CodeKind][]int64{}
	for _, c := range codes {
		serials[c.Kind] = append(serials[c.Kind], c.Serial)
	}
	found := make(map[Code]IssuedCode, len(codes))
	for kind, list := range serials {
		var issued []IssuedCode
		if err := db.NewSelect().Model(&issued).Where("kind = ? AND serial IN (?)", kind, bun.List(list)).Scan(ctx); err != nil {
			return nil, wrap("look up codes", err)
		}
		for _, c := range issued {
			found[c.Code()] = c
		}
	}
	return found, nil
}

// IssuedCodeOf finds what a code was given to, or answers a not-found error. A replaced code is found too.
func IssuedCodeOf(ctx context.Context, db bun.IDB, c Code) (*IssuedCode, error) {
	issued := new(IssuedCode)
	err := db.NewSelect().Model(issued).Where("kind = ? AND serial = ?", c.Kind, c.Serial).Scan(ctx)
	return issued, found(err, "Nothing was ever given the code %s.", c)
}

// CodeHistory is every code a thing has had, the newest first.
func CodeHistory(ctx context.Context, db bun.IDB, kind CodeKind, targetID int64) ([]IssuedCode, error) {
	var list []IssuedCode
	err := db.NewSelect().Model(&list).Where("kind = ? AND target_id = ?", kind, targetID).Order("serial DESC").Scan(ctx)
	return list, wrap("list codes of a thing", err)
}

// CodesOf is the valid code of each target, all of one kind and at one workshop. Who has none yet is given one, in the name of by.
func CodesOf(ctx context.Context, db bun.IDB, kind CodeKind, workshopID int64, by string, targetIDs ...int64) (map[int64]Code, error) {
	codes, err := validCodes(ctx, db, kind, targetIDs)
	if err != nil || len(codes) == len(targetIDs) {
		return codes, err
	}
	err = InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := LockWorkshop(ctx, db, workshopID); err != nil {
			return err
		}
		if codes, err = validCodes(ctx, db, kind, targetIDs); err != nil {
			return err
		}
		var without []int64
		for _, id := range targetIDs {
			if _, has := codes[id]; !has {
				without = append(without, id)
				codes[id] = Code{} // twice in the list is one target
			}
		}
		return issueCodes(ctx, db, kind, workshopID, by, without, codes)
	})
	return codes, err
}

func validCodes(ctx context.Context, db bun.IDB, kind CodeKind, targetIDs []int64) (map[int64]Code, error) {
	codes := make(map[int64]Code, len(targetIDs))
	if len(targetIDs) == 0 {
		return codes, nil
	}
	var list []IssuedCode
	err := db.NewSelect().Model(&list).Where("kind = ? AND target_id IN (?) AND replaced_at = 0", kind, bun.List(targetIDs)).Scan(ctx)
	for _, c := range list {
		codes[c.TargetID] = c.Code()
	}
	return codes, wrap("look up valid codes", err)
}

// issueCodes gives each target a new code and notes it in codes.
func issueCodes(ctx context.Context, db bun.Tx, kind CodeKind, workshopID int64, by string, targetIDs []int64, codes map[int64]Code) error {
	if len(targetIDs) == 0 {
		return nil
	}
	serials, err := takeSerials(ctx, db, kind, len(targetIDs))
	if err != nil {
		return err
	}
	rows := make([]IssuedCode, len(targetIDs))
	for i, id := range targetIDs {
		rows[i] = IssuedCode{Kind: kind, Serial: serials[i], WorkshopID: workshopID, TargetID: id, IssuedAt: Now(), IssuedBy: by}
		codes[id] = rows[i].Code()
	}
	_, err = db.NewInsert().Model(&rows).Exec(ctx)
	return wrap("issue codes", err)
}

// takeSerials counts the serials of a kind up by n that can be issued. Nobody else takes one until the transaction ends.
func takeSerials(ctx context.Context, db bun.Tx, kind CodeKind, n int) ([]int64, error) {
	var serials []int64
	for len(serials) < n {
		missing := int64(n - len(serials))
		var last int64
		err := db.NewRaw("INSERT INTO code_serials (kind, last) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET last = code_serials.last + EXCLUDED.last RETURNING last",
			kind, missing).Scan(ctx, &last)
		if err != nil {
			return nil, wrap("take serials", err)
		}
		for s := last - missing + 1; s <= last; s++ {
			if (Code{kind, s}).Issuable() {
				serials = append(serials, s)
			}
		}
	}
	return serials, nil
}

// ReplaceCode gives a thing a new code: the one it has is lost or spoilt, and is refused from now on. reason says why.
func ReplaceCode(ctx context.Context, db bun.IDB, kind CodeKind, targetID int64, by, reason string) (Code, error) {
	if err := checkReason(reason); err != nil {
		return Code{}, err
	}
	codes := map[int64]Code{}
	err := InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		old := new(IssuedCode)
		err := db.NewSelect().Model(old).Where("kind = ? AND target_id = ? AND replaced_at = 0", kind, targetID).Scan(ctx)
		if err := found(err, "It has no code yet: print it first."); err != nil {
			return err
		}
		if err := LockWorkshop(ctx, db, old.WorkshopID); err != nil {
			return err
		}
		// Marked first, since two codes are never valid at once; the number of the new one follows.
		if err := retireCode(ctx, db, old.Code(), 0, reason); err != nil {
			return err
		}
		if err := issueCodes(ctx, db, kind, old.WorkshopID, by, []int64{targetID}, codes); err != nil {
			return err
		}
		_, err = db.NewUpdate().Model((*IssuedCode)(nil)).Set("replaced_by = ?", codes[targetID].Serial).
			Where("kind = ? AND serial = ?", old.Kind, old.Serial).Exec(ctx)
		return wrap("name the newer code", err)
	})
	return codes[targetID], err
}

// retireCode makes a valid code a replaced one.
func retireCode(ctx context.Context, db bun.Tx, c Code, successor int64, reason string) error {
	return changed(ctx, db.NewUpdate().Model((*IssuedCode)(nil)).Set("replaced_at = ?", Now()).Set("replaced_by = ?", successor).Set("reason = ?", reason).
		Where("kind = ? AND serial = ? AND replaced_at = 0", c.Kind, c.Serial), "Somebody has replaced the code already.")
}

func checkReason(reason string) error {
	v := &Invalid{}
	if reason == "" {
		v.Add("reason", "is required")
	}
	v.AddMsg("reason", CheckText(reason, MaxNote))
	return v.Err()
}

// BadgeKind is the kind of code on the worker's badge.
func (w *Worker) BadgeKind() CodeKind {
	if w.Team {
		return TeamBadge
	}
	return WorkerBadge
}

// WorkersWithBadges are the workers of these ids, or, without ids, all active ones, whom a filter lets through, by code, and the code on
// the badge of each by id. Who has no badge yet is given one, in the name of by.
func WorkersWithBadges(ctx context.Context, db bun.IDB, f Filter, by string, ids ...int64) ([]Worker, map[int64]Code, error) {
	var list []Worker
	q := like(db.NewSelect().Model(&list).Relation("Workshop").Order("wk.code"), f.Query, "wk.code", "wk.name", "wk.phone")
	if len(ids) > 0 {
		q = q.Where("wk.id IN (?)", bun.List(ids))
	} else {
		q = q.Where("wk.active AND NOT wk.team")
	}
	if f.WorkshopID != 0 {
		q = q.Where("wk.workshop_id = ?", f.WorkshopID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, nil, wrap("list workers for badges", err)
	}
	type group struct {
		workshop int64
		kind     CodeKind
	}
	groups := map[group][]int64{}
	for i := range list {
		g := group{list[i].WorkshopID, list[i].BadgeKind()}
		groups[g] = append(groups[g], list[i].ID)
	}
	badges := make(map[int64]Code, len(list))
	for g, ids := range groups {
		codes, err := CodesOf(ctx, db, g.kind, g.workshop, by, ids...)
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(badges, codes)
	}
	return list, badges, nil
}
