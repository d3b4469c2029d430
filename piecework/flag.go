package piecework

import (
	"context"
	"slices"

	"github.com/uptrace/bun"
)

// FlagKind is what a guard noticed about a tally.
type FlagKind string

// The guards. None of them refuses a tally.
const (
	FlagRepeat       FlagKind = "repeat"        // the same worker and operation a few minutes apart, and no ticket
	FlagOverOrdered  FlagKind = "over_ordered"  // more good pieces than the order asks for
	FlagOverPrevious FlagKind = "over_previous" // more pieces than the operation before passed on
	FlagOverTicket   FlagKind = "over_ticket"   // more pieces than the bundle held
	FlagTooFast      FlagKind = "too_fast"      // more pieces an hour than can be believed
	FlagClock        FlagKind = "clock"         // the device's clock is off
	FlagDisputed     FlagKind = "disputed"      // the worker says that it is wrong; see [SayCounts]
	FlagOverTakeHome FlagKind = "over_takehome" // more came back of take-home work than went out; see [BringBack]
)

// FlagOutcome is what was decided about a flag; "" while it is open.
type FlagOutcome string

// The outcomes.
const (
	FlagRight  FlagOutcome = "right"  // somebody looked at the tally, and it is right
	FlagStruck FlagOutcome = "struck" // the tally was struck
)

// Flag is what a guard noticed about a tally that was stored all the same. It stays open until a person, who is not the one who
// recorded the tally, has looked at it, or until the tally is struck.
type Flag struct {
	bun.BaseModel `bun:"table:tally_flags,alias:fl"`

	ID         int64 `bun:",pk,autoincrement"`
	TallyID    int64
	WorkshopID int64
	Kind       FlagKind
	// Found and Allowed are the number that was noticed and the one that would have been usual: minutes for repeat, pieces an
	// hour for too_fast, seconds for clock (more than 0: the device is ahead), pieces otherwise.
	Found, Allowed int64
	Detail         string // over_previous: the name of the operation before; disputed: her words; over_takehome: the note
	RaisedAt       Instant
	DecidedAt      Instant
	DecidedBy      string
	Outcome        FlagOutcome
	Note           string

	Tally *Tally `bun:"rel:belongs-to,join:tally_id=id"`
}

// Open says whether the flag still waits for a person.
func (f *Flag) Open() bool { return f.DecidedAt == 0 }

// Message is what was noticed, as a sentence.
func (f *Flag) Message() *Message {
	switch f.Kind {
	case FlagRepeat:
		if f.Found == 0 {
			return Msg("Counted at the same operation less than a minute apart.")
		}
		return Msg("Counted at the same operation %d min apart; less than %d is remarked upon.", f.Found, f.Allowed)
	case FlagOverOrdered:
		return Msg("%d good pieces are counted at this operation, but only %d are ordered.", f.Found, f.Allowed)
	case FlagOverPrevious:
		return Msg("%d pieces are counted at this operation, but %s has passed on only %d.", f.Found, f.Detail, f.Allowed)
	case FlagOverTicket:
		return Msg("%d pieces are counted on a ticket for %d.", f.Found, f.Allowed)
	case FlagTooFast:
		return Msg("%d pieces an hour; more than %d are hard to believe.", f.Found, f.Allowed)
	case FlagDisputed:
		return Msg("The worker says that it is wrong: “%s”", f.Detail)
	case FlagOverTakeHome:
		return Msg("%d pieces came back of take-home work, but only %d went out: “%s”", f.Found, f.Allowed, f.Detail)
	}
	if f.Found < 0 {
		return Msg("The clock of the device is %d minutes behind. Set it right.", (-f.Found+30)/60)
	}
	return Msg("The clock of the device is %d minutes ahead. Set it right.", (f.Found+30)/60)
}

// storeFlags writes what the guards have noticed about tallies that are stored by now.
func storeFlags(ctx context.Context, db bun.IDB, flags []*Flag) error {
	flags, err := withoutKnownClocks(ctx, db, flags)
	if err != nil || len(flags) == 0 {
		return err
	}
	missing := map[string]*Tally{}
	for _, f := range flags {
		if f.Tally.ID == 0 {
			missing[f.Tally.UID] = f.Tally
		}
	}
	if len(missing) > 0 {
		uids := make([]string, 0, len(missing))
		for uid := range missing {
			uids = append(uids, uid)
		}
		var stored []Tally
		if err := db.NewSelect().Model(&stored).Column("id", "uid").Where("uid IN (?)", bun.List(uids)).Scan(ctx); err != nil {
			return wrap("find flagged tallies", err)
		}
		for _, t := range stored {
			missing[t.UID].ID = t.ID
		}
	}
	for _, f := range flags {
		f.TallyID = f.Tally.ID
	}
	_, err = db.NewInsert().Model(&flags).Returning("NULL").Exec(ctx)
	return wrap("store flags", err)
}

// raiseFlag puts a stored tally before whoever reviews, for what no guard can notice. The same kind of thing is not raised twice of a tally.
func raiseFlag(ctx context.Context, db bun.Tx, f *Flag) error {
	f.RaisedAt = Now()
	_, err := db.NewInsert().Model(f).On("CONFLICT (tally_id, kind) DO NOTHING").Returning("NULL").Exec(ctx)
	return wrap("raise a flag", err)
}

// withoutKnownClocks leaves out clocks that wait for a person already: one flag for a device and session is enough.
func withoutKnownClocks(ctx context.Context, db bun.IDB, flags []*Flag) ([]*Flag, error) {
	var sessions []int64
	for _, f := range flags {
		if f.Kind == FlagClock {
			sessions = append(sessions, f.Tally.SessionID)
		}
	}
	if len(sessions) == 0 {
		return flags, nil
	}
	var known []Flag
	err := db.NewSelect().Model(&known).Relation("Tally").Where("fl.kind = ? AND fl.decided_at = 0", FlagClock).
		Where("tally.session_id IN (?)", bun.List(sessions)).Scan(ctx)
	return slices.DeleteFunc(flags, func(f *Flag) bool {
		return f.Kind == FlagClock && slices.ContainsFunc(known, func(k Flag) bool {
			return k.Tally.SessionID == f.Tally.SessionID && k.Tally.RecordedBy == f.Tally.RecordedBy
		})
	}), wrap("find known clocks", err)
}
