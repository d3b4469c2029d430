package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Role is what somebody is in the program.
type Role string

// The roles. An admin and a bookkeeper see every workshop unless tied to some; a lead sees her own; a counter, who comes in with badge
// and PIN, counts at the bench of her workshop and sees nothing else; a worker sees herself; a contractor sees his own orders; a
// programme officer sees totals that name nobody.
const (
	Admin      Role = "admin"
	Bookkeeper Role = "bookkeeper"
	Lead       Role = "lead"
	Counter    Role = "counter"
	Worker     Role = "worker"
	Contractor Role = "contractor"
	Officer    Role = "officer"
)

// Roles are all roles, in the order a form offers them.
var Roles = []Role{Admin, Bookkeeper, Lead, Counter, Worker, Contractor, Officer}

// OfficeRoles are the roles between which a user can change: the others belong to who she is.
var OfficeRoles = []Role{Admin, Bookkeeper, Lead, Officer}

// OfPerson says whether who has the role is one of the workers, so that badge, phone number and PIN let her in.
func (r Role) OfPerson() bool { return r == Worker || r == Counter }

// Identity is who acts.
type Identity struct {
	UserID       int64  // 0 for a token
	Name         string // for the books
	Role         Role
	WorkshopID   int64  // the only workshop she may see; 0 is every one
	WorkerID     int64  // set for workers
	ContractorID int64  // set for contractors
	SessionID    string // of the browser, as [WebSessions] stores it; "" for a token
}

// Scope narrows a filter to what the person may see. What she asked for beyond that is replaced, never widened.
func (id Identity) Scope(f piecework.Filter) piecework.Filter {
	if id.WorkshopID != 0 {
		f.WorkshopID = id.WorkshopID
	}
	switch id.Role {
	case Worker:
		f.WorkerID = id.WorkerID
	case Contractor:
		f.ContractorID = id.ContractorID
	}
	return f
}

// Actor is the person as one who records tallies.
func (id Identity) Actor() piecework.Actor {
	return piecework.Actor{Name: id.Name, WorkshopID: id.WorkshopID, Admin: id.Role == Admin}
}

// Owner says whose a thing is. The zero value is everybody's, such as a product.
type Owner struct {
	WorkshopID   int64
	WorkerID     int64
	ContractorID int64
}

// Sees says whether a thing with that owner exists for the person.
func (id Identity) Sees(o Owner) bool {
	if o == (Owner{}) {
		return true
	}
	switch id.Role {
	case Admin, Bookkeeper:
		return id.WorkshopID == 0 || o.WorkshopID == id.WorkshopID || o.WorkshopID == 0
	case Lead, Counter:
		return o.WorkshopID == id.WorkshopID && id.WorkshopID != 0 || o.WorkshopID == 0
	case Worker:
		return o.WorkerID == id.WorkerID && o.WorkerID != 0
	case Contractor:
		return o.ContractorID == id.ContractorID && o.ContractorID != 0
	}
	return false
}

// owners is how the owner of each kind of thing is found: workshop, worker, contractor; 0 where it has none. Things that
// everybody shares answer zeroes, so that looking still finds out whether they exist.
var owners = map[string]string{
	"workshop":   "SELECT id, 0, 0 FROM workshops WHERE id = ?",
	"contractor": "SELECT 0, 0, id FROM contractors WHERE id = ?",
	"product":    "SELECT 0, 0, 0 FROM products WHERE id = ?",
	"operation":  "SELECT 0, 0, 0 FROM operations WHERE id = ?",
	"rate":       "SELECT COALESCE(o.workshop_id, 0), 0, 0 FROM piece_rates r LEFT JOIN processing_orders o ON o.id = r.order_id WHERE r.id = ?",
	"sample":     "SELECT workshop_id, 0, 0 FROM rate_samples WHERE id = ?",
	"worker":     "SELECT workshop_id, id, 0 FROM workers WHERE id = ?",
	"order":      "SELECT workshop_id, 0, contractor_id FROM processing_orders WHERE id = ?",
	"ticket":     "SELECT o.workshop_id, 0, 0 FROM bundle_tickets b JOIN processing_orders o ON o.id = b.order_id WHERE b.id = ?",
	"session":    "SELECT workshop_id, 0, 0 FROM work_sessions WHERE id = ?",
	"tally":      "SELECT workshop_id, worker_id, 0 FROM tallies WHERE id = ?",
	// Of what nobody knows the workshop only those who see every workshop may see.
	"held":        "SELECT COALESCE(workshop_id, -1), 0, 0 FROM held_tallies WHERE id = ?",
	"movement":    "SELECT o.workshop_id, 0, 0 FROM material_movements m JOIN processing_orders o ON o.id = m.order_id WHERE m.id = ?",
	"delivery":    "SELECT o.workshop_id, 0, o.contractor_id FROM deliveries d JOIN processing_orders o ON o.id = d.order_id WHERE d.id = ?",
	"acceptance":  "SELECT o.workshop_id, 0, o.contractor_id FROM acceptances a JOIN deliveries d ON d.id = a.delivery_id JOIN processing_orders o ON o.id = d.order_id WHERE a.id = ?",
	"link":        "SELECT o.workshop_id, 0, 0 FROM order_links l JOIN processing_orders o ON o.id = l.order_id WHERE l.id = ?",
	"question":    "SELECT o.workshop_id, 0, o.contractor_id FROM order_questions q JOIN processing_orders o ON o.id = q.order_id WHERE q.id = ?",
	"chargeback":  "SELECT o.workshop_id, 0, o.contractor_id FROM chargebacks c JOIN processing_orders o ON o.id = c.order_id WHERE c.id = ?",
	"statement":   "SELECT workshop_id, 0, contractor_id FROM contractor_statements WHERE id = ?",
	"adjustment":  "SELECT workshop_id, worker_id, 0 FROM adjustments WHERE id = ?",
	"run":         "SELECT workshop_id, 0, 0 FROM pay_runs WHERE id = ?",
	"slip":        "SELECT workshop_id, worker_id, 0 FROM slips WHERE id = ?",
	"dispute":     "SELECT s.workshop_id, s.worker_id, 0 FROM disputes d JOIN slips s ON s.id = d.slip_id WHERE d.id = ?",
	"taxtable":    "SELECT 0, 0, 0 FROM tax_tables WHERE id = ?",
	"banklayout":  "SELECT 0, 0, 0 FROM bank_layouts WHERE id = ?",
	"minimumwage": "SELECT 0, 0, 0 FROM minimum_wages WHERE id = ?",
	"takehome":    "SELECT workshop_id, worker_id, 0 FROM take_homes WHERE id = ?",
	"robot":       "SELECT COALESCE(workshop_id, 0), 0, 0 FROM robots WHERE id = ?",
	// A user of every workshop, or a contractor's, is the business of those who see every workshop.
	"user": "SELECT COALESCE(u.workshop_id, w.workshop_id, -1), COALESCE(u.worker_id, 0), COALESCE(u.contractor_id, 0) FROM users u LEFT JOIN workers w ON w.id = u.worker_id WHERE u.id = ?",
}

// photoKind is the kind of thing whose owner is that of the thing it belongs to.
const photoKind = "photo"

// Kinds says whether kind is a kind of thing whose owner [OwnerOf] can find.
func Kinds(kind string) bool { return owners[kind] != "" || kind == photoKind }

// OwnerOf finds whose the thing of that kind ("order", "session", …) and id is, or answers a not-found error.
func OwnerOf(ctx context.Context, db bun.IDB, kind string, id int64) (Owner, error) {
	var o Owner
	if kind == photoKind {
		return ownerOfPhoto(ctx, db, id)
	}
	query, ok := owners[kind]
	if !ok {
		return o, fmt.Errorf("there is no kind of thing %q", kind)
	}
	err := db.NewRaw(query, id).Scan(ctx, &o.WorkshopID, &o.WorkerID, &o.ContractorID)
	if errors.Is(err, sql.ErrNoRows) {
		return o, ErrNotThere
	}
	if err != nil {
		return o, fmt.Errorf("find owner of %s %d: %w", kind, id, err)
	}
	return o, nil
}

// ownerOfPhoto finds whose the thing is that a photo belongs to. Photos of what everybody shares are nobody's, so that a contractor does
// not see what another one has made.
func ownerOfPhoto(ctx context.Context, db bun.IDB, id int64) (Owner, error) {
	var kind string
	var thing int64
	err := db.NewRaw("SELECT kind, thing_id FROM photos WHERE id = ?", id).Scan(ctx, &kind, &thing)
	if errors.Is(err, sql.ErrNoRows) || err == nil && kind == photoKind {
		return Owner{}, ErrNotThere
	}
	if err != nil {
		return Owner{}, fmt.Errorf("find what photo %d is of: %w", id, err)
	}
	o, err := OwnerOf(ctx, db, kind, thing)
	if o == (Owner{}) && err == nil {
		err = ErrNotThere
	}
	return o, err
}

// ErrNotThere is the answer about what does not exist and about what is not theirs alike.
var ErrNotThere = piecework.NotFound("It does not exist, or not for you.")

// May is nil when the thing exists for the person, else a not-found error: what is not hers, is not there.
func (id Identity) May(ctx context.Context, db bun.IDB, kind string, thing int64) error {
	o, err := OwnerOf(ctx, db, kind, thing)
	if err != nil {
		return err
	}
	if !id.Sees(o) {
		return ErrNotThere
	}
	return nil
}
