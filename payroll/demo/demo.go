// Package demo makes up a believable month: two workshops of one community, four crafts, forty workers, their tallies and
// their pay. Everything goes through the functions that a real workshop uses, so every rule of the books holds in it. All
// names are invented.
package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"jijian/piecework"
	"jijian/piecework/account"
)

// Seed is the seed of the demo that the program serves.
const Seed = 20260518

// Password is the password of every sign-in of the demo, PIN the PIN of those who come in with one.
const (
	Password = "jijian-demo"
	PIN      = "402857"
)

// SignIn is one way into the demo.
type SignIn struct {
	Role     account.Role
	Username string
	Name     string
}

// Secret is what lets the sign-in in: [Password], or [PIN] at the bench.
func (s SignIn) Secret() string {
	if s.Role == account.Counter {
		return PIN
	}
	return Password
}

// SignIns has one sign-in for each role.
var SignIns = []SignIn{
	{account.Admin, "admin", "周文静"},
	{account.Bookkeeper, "bookkeeper", "孙丽华"},
	{account.Lead, "lead", lead},
	{account.Worker, "worker", "王秀英"},
	{account.Contractor, "contractor", "锦绣花坊"},
	{account.Counter, "a02-bench", ""}, // by her number; at the bench she has her badge
	{account.Officer, "officer", "马晓东"},
}

// lead is who records in the demo's books.
const lead = "刘春梅"

// marker is the code of the demo's city; a database that has it holds the demo.
const marker = "DEMO"

// Ready says whether the database holds the demo already. It is false for an empty one, and a conflict when the database
// holds anything else.
func Ready(ctx context.Context, db bun.IDB) (bool, error) {
	n, err := db.NewSelect().Model((*piecework.Area)(nil)).Where("code = ?", marker).Count(ctx)
	if err != nil {
		return false, fmt.Errorf("look for the demo: %w", err)
	}
	if n > 0 {
		return true, nil
	}
	for _, table := range []string{"users", "areas", "workshops", "contractors", "products"} {
		n, err := db.NewSelect().TableExpr(table).Count(ctx)
		if err != nil {
			return false, fmt.Errorf("look whether the database is empty: %w", err)
		}
		if n > 0 {
			return false, piecework.Conflict("The database holds %s already. The demo goes only into an empty one.", table)
		}
	}
	return false, nil
}

// Today is the day of a moment where the demo's workshops are.
func Today(now time.Time) piecework.Date {
	shanghai, err := time.LoadLocation(piecework.NewWorkshop("", "").Timezone)
	if err != nil {
		panic(err) // time zones are built in
	}
	return piecework.DateOf(now.In(shanghai))
}

// Newest is the last day on which the demo has a session; "" when it has none.
func Newest(ctx context.Context, db bun.IDB) (piecework.Date, error) {
	var day piecework.Date
	err := db.NewSelect().Model((*piecework.WorkSession)(nil)).Column("work_date").Order("work_date DESC").Limit(1).Scan(ctx, &day)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("look for the demo's newest day: %w", err)
	}
	return day, nil
}

// Fill puts the demo into an empty database: the month before that of now and the days of this month up to now, as the clock
// shows it in China; nothing was counted later than that. The same seed and moment give the same month; only the moments at
// which things were stored differ. It is all or nothing, and a conflict when the database is not empty.
func Fill(ctx context.Context, db bun.IDB, seed uint64, now time.Time) error {
	today := Today(now)
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if there, err := Ready(ctx, db); err != nil {
			return err
		} else if there {
			return piecework.Conflict("The database holds the demo already.")
		}
		first, _ := today.Month()
		first, last := first.AddDays(-1).Month()
		m := &month{ctx: ctx, db: db, rng: rand.New(rand.NewPCG(seed, seed)), now: now, today: today, first: first, last: last, middle: first.AddDays(14)}
		m.settle()
		m.agree()
		m.measure()
		m.work()
		m.bench()
		m.takeHome(m.shops[0])
		m.materials(m.shops[0])
		m.admit()
		m.pay()
		m.contractorSide()
		m.closeOrders()
		return m.err
	})
}

// month is the demo under way. Its methods do nothing once one of them has failed, so that they read as a story.
type month struct {
	ctx   context.Context
	db    bun.Tx
	rng   *rand.Rand
	err   error
	now   time.Time
	today piecework.Date
	// The full month, and the last day of its first half.
	first, last, middle piecework.Date

	shops       []*shop
	contractors []*piecework.Contractor
	struckLater []later // tallies to be found wrong after they were approved
}

// shop is a workshop with its crew and what it makes.
type shop struct {
	*piecework.Workshop
	starts, ends string
	saturdays    bool
	crew         []*piecework.Worker
	lines        []*line
	days         []piecework.Date // days with a session, the last is today
	sample       *order           // an order with an operation that has no rate yet; nil at most workshops
}

// try does f unless something has failed before.
func (m *month) try(f func() error) {
	if m.err == nil {
		m.err = f()
	}
}

// chance is true once in so many times.
func (m *month) chance(of int) bool { return m.rng.IntN(of) == 0 }

// admit adds the sign-ins.
func (m *month) admit() {
	for _, s := range SignIns {
		if s.Role == account.Counter {
			m.try(func() error { return m.choosePIN(m.shops[0].crew[1]) })
			continue
		}
		u := &account.User{Username: s.Username, Name: s.Name, Role: s.Role}
		switch s.Role {
		case account.Lead:
			u.WorkshopID = m.shops[0].ID
		case account.Worker:
			u.WorkerID = m.shops[0].crew[0].ID
		case account.Contractor:
			u.ContractorID = m.contractors[0].ID
		}
		m.try(func() error { return account.CreateUser(m.ctx, m.db, u, Password) })
	}
}

// choosePIN lets a worker count at the bench, with the demo's PIN for her own.
func (m *month) choosePIN(w *piecework.Worker) error {
	first, u, err := account.GivePIN(m.ctx, m.db, w.ID, account.Counter)
	if err != nil {
		return err
	}
	return account.ChoosePIN(m.ctx, m.db, u.ID, first, PIN)
}
