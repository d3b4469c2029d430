package pieceworktest

import (
	"context"
	"fmt"
	"testing"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// World is a small workshop ready to count in: workshop W1 with workers A1 to A3, contractor C1, product P1 with operations
// cut and glue, order O1, and session S1 on 2026-10-05. No rate is agreed yet.
type World struct {
	testing.TB
	Ctx       context.Context
	DB        *bun.DB
	Workshop  *piecework.Workshop
	Workers   []piecework.Worker
	Cut, Glue piecework.Operation
	Order     *piecework.ProcessingOrder
	uids      int
}

// NewWorld makes a world in a fresh database.
func NewWorld(t testing.TB) *World {
	t.Helper()
	w := &World{TB: t, Ctx: context.Background(), DB: DB(t), Workshop: piecework.NewWorkshop("W1", "桃木坊")}
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	for i := range 3 {
		worker := piecework.Worker{Code: fmt.Sprintf("A%d", i+1), Name: "王秀英", WorkshopID: w.Workshop.ID, ShareWeight: piecework.ShareWeightOne, Active: true}
		w.Must(piecework.SaveWorker(w.Ctx, w.DB, &worker))
		w.Workers = append(w.Workers, worker)
	}
	contractor := &piecework.Contractor{Code: "C1", Name: "肥城工艺"}
	w.Must(piecework.SaveContractor(w.Ctx, w.DB, contractor))
	product := &piecework.Product{Code: "P1", Name: "绢花", Craft: "artificial_flower"}
	w.Must(piecework.SaveProduct(w.Ctx, w.DB, product))
	w.Cut = piecework.Operation{ProductID: product.ID, Code: "cut", Name: "剪瓣", Seq: 1}
	w.Glue = piecework.Operation{ProductID: product.ID, Code: "glue", Name: "粘花", Seq: 2}
	w.Must(piecework.SaveOperation(w.Ctx, w.DB, &w.Cut))
	w.Must(piecework.SaveOperation(w.Ctx, w.DB, &w.Glue))
	w.Order = &piecework.ProcessingOrder{Code: "O1", WorkshopID: w.Workshop.ID, ContractorID: contractor.ID, ProductID: product.ID,
		Quantity: 5000, UnitFee: Rate(t, "0.9"), OrderedOn: "2026-10-01"}
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order))
	w.Session("S1", "2026-10-05")
	return w
}

// Must ends the test if err is not nil.
func (w *World) Must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// Session opens a session of the world's workshop.
func (w *World) Session(code string, day piecework.Date) {
	w.Helper()
	w.Must(piecework.OpenSession(w.Ctx, w.DB, &piecework.WorkSession{Code: code, WorkshopID: w.Workshop.ID, WorkDate: day, StartsAt: "08:00"}))
}

// Agree adds a rate for every order (order nil) or for one.
func (w *World) Agree(op piecework.Operation, order *piecework.ProcessingOrder, from piecework.Date, rate string) {
	w.Helper()
	r := &piecework.PieceRate{OperationID: op.ID, EffectiveFrom: from, Rate: Rate(w, rate), CreatedBy: "test"}
	if order != nil {
		r.OrderID = order.ID
	}
	w.Must(piecework.AddRate(w.Ctx, w.DB, r))
}

// Count records good pieces of O1 and returns the tally's uid. The tally must be accepted.
func (w *World) Count(session, worker, operation string, good int64) string {
	w.Helper()
	return w.Record(piecework.NewTally{Session: session, Worker: worker, Order: "O1", Operation: operation, Counts: piecework.Counts{Good: good}})
}

// Record records a tally, with a new uid when it has none, and returns the uid. The tally must be accepted.
func (w *World) Record(t piecework.NewTally) string {
	w.Helper()
	if t.UID == "" {
		w.uids++
		t.UID = fmt.Sprintf("u%d", w.uids)
	}
	res, err := piecework.RecordTallies(w.Ctx, w.DB, piecework.Actor{Name: "test"}, []piecework.NewTally{t})
	w.Must(err)
	if res[0].Status != piecework.Accepted {
		w.Fatalf("tally %s: %s %v", t.UID, res[0].Status, res[0].Reason)
	}
	return t.UID
}

// Rate reads a rate.
func Rate(t testing.TB, s string) piecework.Rate {
	t.Helper()
	r, msg := piecework.ParseRate(s)
	if msg != nil {
		t.Fatal(msg)
	}
	return r
}

// Money reads an amount.
func Money(t testing.TB, s string) piecework.Money {
	t.Helper()
	m, msg := piecework.ParseMoney(s)
	if msg != nil {
		t.Fatal(msg)
	}
	return m
}
