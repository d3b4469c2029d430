package piecework

import (
	"cmp"
	"context"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"
)

// Use is where the material of one need of an order is. Nothing is unexplained: Received = SentBack + Needed + Lost + AtHome + Here.
type Use struct {
	OrderMaterial
	Received Measure
	SentBack Measure
	// Pieces is how many pieces have taken the material: good ones and scrap of either kind. What waits for rework has taken it too, and
	// counts as soon as it is good or scrap.
	Pieces int64
	Needed Measure // PerPiece × Pieces
	AtHome Measure // with workers who still have pieces of it
	Here   Measure // in the house by the books; less than 0: more was used than the books know of
	// Lost is what counts found missing, and what did not come back from homes that are done with their pieces.
	Lost    Measure
	Allowed Measure // of Needed, by the order's rate
	Places  []Place // where it was issued to

	counts map[int64]pieces // by operation
	spent  decimal.Decimal  // on all receipts, each at its own cost
}

// pieces is how many good and scrapped pieces an operation has.
type pieces struct {
	OperationID int64
	N           int64
}

// Place is a session or a lot of take-home work that material was issued to.
type Place struct {
	SessionID, TakeHomeID int64
	WorkerID              int64 // 0: to the session as a whole
	Issued, BroughtBack   Measure
	Pieces                int64
	Needed                Measure // for the pieces that were made there
	Done                  bool    // no more pieces of it are to come

	Session *WorkSession
	Worker  *Worker
}

// Missing is what was issued, not needed and not brought back: until it is done what is still there, then what was lost.
func (p *Place) Missing() Measure { return p.Issued - p.BroughtBack - p.Needed }

// Excess is how much more was lost than the rate allows, never less than 0.
func (u *Use) Excess() Measure { return max(0, u.Lost-u.Allowed) }

// Cost is what the material costs the workshop: of its own all that was used or lost, of the contractor's what was lost beyond the rate.
func (u *Use) Cost() Money {
	if u.Own {
		return u.CostOf(u.Needed + u.Lost)
	}
	return u.LossCost()
}

// LossCost is the part of Cost that is for what was lost beyond the rate.
func (u *Use) LossCost() Money { return u.CostOf(u.Excess()) }

// CostOf is what so much of the material costs, rounded once to the fen: at what its receipts cost on average, weighted by how much each
// brought, or at the order's cost where nothing was received.
func (u *Use) CostOf(q Measure) Money {
	if u.Received <= 0 {
		return q.Cost(u.UnitCost)
	}
	share := new(big.Rat).Mul(u.spent.Rat(), big.NewRat(int64(q), int64(u.Received)))
	return RoundRat(share)
}

// UnitPrice is what a unit costs on average, to six decimals, for showing it.
func (u *Use) UnitPrice() Rate {
	if u.Received <= 0 {
		return u.UnitCost
	}
	per := u.spent.DivRound(decimal.New(int64(u.Received), -measurePlaces), RatePlaces)
	return Millionths(per.Shift(RatePlaces).IntPart())
}

// StillNeeded is what the pieces that are not begun will take, without any loss.
func (u *Use) StillNeeded(quantity int64) Measure { return u.PerPiece.Times(max(0, quantity-u.Pieces)) }

// Short is by how much the material there is falls short of what the order still needs.
func (u *Use) Short(quantity int64) Measure {
	return max(0, u.StillNeeded(quantity)-u.Here-u.AtHome)
}

// MaterialFor is for how many pieces the material that came and was not sent back suffices: that of which there is least. ok is false
// when nothing says what a piece needs.
func MaterialFor(uses []Use) (n int64, ok bool) {
	for _, u := range uses {
		if came := int64((u.Received - u.SentBack) / u.PerPiece); !ok || came < n {
			n, ok = came, true
		}
	}
	return n, ok
}

// outAt is what is at the place that a movement names.
func (u *Use) outAt(m *Movement) Measure {
	for _, p := range u.Places {
		if p.SessionID == m.SessionID && p.TakeHomeID == m.TakeHomeID && p.WorkerID == m.WorkerID {
			return p.Issued - p.BroughtBack
		}
	}
	return 0
}

// useOf is the use of one material of an order, which must be among its needs.
func useOf(ctx context.Context, db bun.IDB, o *ProcessingOrder, materialID int64) (*Use, error) {
	list, err := MaterialUse(ctx, db, o)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].MaterialID == materialID {
			return &list[i], nil
		}
	}
	return nil, InvalidField("material", "the order does not need this material: add it to the order first")
}

// MaterialUse says of every material that some orders need what has become of it, by order and code of the material.
func MaterialUse(ctx context.Context, db bun.IDB, list ...*ProcessingOrder) ([]Use, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids, loss := make([]int64, len(list)), map[int64]int64{}
	for i, o := range list {
		ids[i], loss[o.ID] = o.ID, o.LossAllowed
	}
	needs, err := orderMaterials(ctx, db, ids)
	if err != nil || len(needs) == 0 {
		return nil, err
	}
	counts, err := piecesOf(ctx, db, list, ids)
	if err != nil {
		return nil, err
	}
	var moved []Movement
	if err := db.NewSelect().Model(&moved).Relation("Session").Relation("Worker").Where("mm.order_id IN (?)", bun.List(ids)).Order("mm.id").Scan(ctx); err != nil {
		return nil, wrap("read movements", err)
	}
	uses := make([]Use, len(needs))
	at := map[[2]int64]*Use{}
	for i, n := range needs {
		uses[i] = Use{OrderMaterial: n, counts: counts[n.OrderID]}
		at[[2]int64{n.OrderID, n.MaterialID}] = &uses[i]
	}
	for i := range moved {
		if u := at[[2]int64{moved[i].OrderID, moved[i].MaterialID}]; u != nil {
			u.move(&moved[i])
		}
	}
	for i := range uses { // where everything was struck, nothing happened
		uses[i].Places = slices.DeleteFunc(uses[i].Places, func(p Place) bool { return p.Issued == 0 && p.BroughtBack == 0 })
	}
	if err := countPlaces(ctx, db, uses); err != nil {
		return nil, err
	}
	for i := range uses {
		uses[i].close(loss[uses[i].OrderID])
	}
	return uses, nil
}

// piecesOf is how many good and scrapped pieces each operation of some orders has. Pieces that come back from a contractor and are
// worked on again take no new material.
func piecesOf(ctx context.Context, db bun.IDB, list []*ProcessingOrder, orderIDs []int64) (map[int64]map[int64]pieces, error) {
	var rows []struct {
		OrderID, OperationID, N int64
	}
	err := db.NewSelect().Model((*orderSum)(nil)).ColumnExpr("op.order_id, op.operation_id, op.good + op.scrap_workmanship + op.scrap_material AS n").
		Where("op.order_id IN (?)", bun.List(orderIDs)).Scan(ctx, &rows)
	counts := map[int64]map[int64]pieces{}
	for _, r := range rows {
		if counts[r.OrderID] == nil {
			counts[r.OrderID] = map[int64]pieces{}
		}
		counts[r.OrderID][r.OperationID] = pieces{r.OperationID, r.N}
	}
	if err != nil {
		return nil, wrap("count pieces", err)
	}
	for _, o := range list {
		_, again, err := Returns(ctx, db, o)
		if err != nil {
			return nil, err
		}
		for op, c := range again {
			if at := counts[o.ID]; at != nil {
				at[op] = pieces{op, at[op].N - c.Good - c.ScrapWorkmanship - c.ScrapMaterial}
			}
		}
	}
	return counts, nil
}

// move adds a movement.
func (u *Use) move(m *Movement) {
	u.Here += m.inHouse()
	q := m.sign() * m.Quantity
	switch m.Kind {
	case Receipt:
		u.Received += q
		cost := m.UnitCost
		if cost.IsZero() {
			cost = u.UnitCost
		}
		u.spent = u.spent.Add(decimal.New(int64(q), -measurePlaces).Mul(cost.Decimal()))
	case SentBack:
		u.SentBack += q
	case Stocktake:
		u.Lost -= q
	default:
		i := slices.IndexFunc(u.Places, func(p Place) bool {
			return p.SessionID == m.SessionID && p.TakeHomeID == m.TakeHomeID && p.WorkerID == m.WorkerID
		})
		if i < 0 {
			i = len(u.Places)
			u.Places = append(u.Places, Place{SessionID: m.SessionID, TakeHomeID: m.TakeHomeID, WorkerID: m.WorkerID, Session: m.Session, Worker: m.Worker})
		}
		if m.Kind == Issue {
			u.Places[i].Issued += q
		} else {
			u.Places[i].BroughtBack += q
		}
	}
}

// close works out what follows from the movements and the pieces.
func (u *Use) close(allowed int64) {
	if u.OperationID != 0 {
		u.Pieces = u.counts[u.OperationID].N
	} else {
		for _, p := range u.counts {
			u.Pieces = max(u.Pieces, p.N)
		}
	}
	u.Pieces = max(0, u.Pieces)
	u.Needed = u.PerPiece.Times(u.Pieces)
	u.Here -= u.Needed
	for i := range u.Places {
		p := &u.Places[i]
		p.Needed = u.PerPiece.Times(p.Pieces)
		if p.TakeHomeID == 0 {
			continue // within the house
		}
		u.Here += p.Needed // these pieces took nothing from the house
		if p.Done {
			u.Lost += p.Missing()
		} else {
			u.AtHome += p.Missing()
		}
	}
	u.Allowed = u.Needed.Share(allowed)
}

// countPlaces fills in how many pieces were made where material was issued to, and whether it is done there.
func countPlaces(ctx context.Context, db bun.IDB, uses []Use) error {
	lots, sessions := map[int64]bool{}, map[int64]bool{}
	for _, u := range uses {
		for _, p := range u.Places {
			if lots[p.TakeHomeID] = true; p.SessionID != 0 {
				sessions[p.SessionID] = true
			}
		}
	}
	delete(lots, 0)
	made, err := lotPieces(ctx, db, keys(lots))
	if err != nil {
		return err
	}
	counted, err := sessionPieces(ctx, db, keys(sessions))
	if err != nil {
		return err
	}
	for i := range uses {
		u := &uses[i]
		for k := range u.Places {
			p := &u.Places[k]
			if p.TakeHomeID != 0 {
				lot := made[p.TakeHomeID]
				if p.Done = lot.Done; u.OperationID == 0 || u.OperationID == lot.OperationID {
					p.Pieces = lot.N
				}
				continue
			}
			p.Done = p.Session != nil && !p.Session.Open()
			byOperation := map[int64]int64{}
			for _, c := range counted {
				if c.SessionID == p.SessionID && c.OrderID == u.OrderID && (p.WorkerID == 0 || p.WorkerID == c.WorkerID) && (u.OperationID == 0 || u.OperationID == c.OperationID) {
					byOperation[c.OperationID] += c.N
				}
			}
			for _, n := range byOperation {
				p.Pieces = max(p.Pieces, n)
			}
		}
	}
	return nil
}

// keys are the keys of a set in order.
func keys(set map[int64]bool) []int64 {
	list := make([]int64, 0, len(set))
	for id := range set {
		list = append(list, id)
	}
	slices.SortFunc(list, cmp.Compare)
	return list
}

type lotCount struct {
	pieces
	Done bool
}

// lotPieces is how many pieces came back from lots, and whether no more are to come.
func lotPieces(ctx context.Context, db bun.IDB, ids []int64) (map[int64]lotCount, error) {
	counts := map[int64]lotCount{}
	if len(ids) == 0 {
		return counts, nil
	}
	var rows []struct {
		ID, OperationID, N int64
		Out                bool
	}
	err := db.NewSelect().Model((*TakeHome)(nil)).ColumnExpr("th.id, th.operation_id, "+takeHomeOpen+" AS out").
		ColumnExpr(`(SELECT CAST(COALESCE(SUM(t.good + t.scrap_workmanship + t.scrap_material), 0) AS BIGINT) FROM take_home_returns AS tr
			JOIN tallies AS t ON t.id = tr.tally_id WHERE tr.take_home_id = th.id AND NOT EXISTS (SELECT 1 FROM tallies AS x WHERE x.reverses_id = t.id)) AS n`).
		Where("th.id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	for _, r := range rows {
		counts[r.ID] = lotCount{pieces{r.OperationID, r.N}, !r.Out}
	}
	return counts, wrap("count what came back", err)
}

type sessionCount struct {
	SessionID, OrderID, WorkerID, OperationID, N int64
}

// sessionPieces is how many good and scrapped pieces were counted in sessions.
func sessionPieces(ctx context.Context, db bun.IDB, ids []int64) ([]sessionCount, error) {
	var rows []sessionCount
	if len(ids) == 0 {
		return nil, nil
	}
	err := db.NewSelect().Model((*SessionProgress)(nil)).ColumnExpr("sp.session_id, sp.order_id, sp.worker_id, sp.operation_id, sp.good + sp.scrap_workmanship + sp.scrap_material AS n").
		Where("sp.session_id IN (?)", bun.List(ids)).Scan(ctx, &rows)
	return rows, wrap("count what was made", err)
}
