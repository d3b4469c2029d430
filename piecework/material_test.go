package piecework_test

import (
	"flag"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// measure reads a quantity.
func measure(t testing.TB, s string) piecework.Measure {
	t.Helper()
	m, msg := piecework.ParseMeasure(s)
	if msg != nil {
		t.Fatal(msg)
	}
	return m
}

// cloth adds a material of which a piece of order O1 needs so much at its operation cut.
func cloth(w *pieceworktest.World, code, perPiece string, change ...func(*piecework.Need)) piecework.Need {
	w.Helper()
	m := &piecework.Material{Code: code, Name: "绢布", Unit: "m"}
	w.Must(piecework.SaveMaterial(w.Ctx, w.DB, m))
	n := piecework.Need{MaterialID: m.ID, OperationID: w.Cut.ID, PerPiece: measure(w, perPiece), UnitCost: pieceworktest.Rate(w, "12.5")}
	for _, f := range change {
		f(&n)
	}
	w.Must(piecework.SetOrderMaterial(w.Ctx, w.DB, w.Order.ID, n))
	return n
}

// cutAtHome gives out a lot of pieces to be cut at home.
func cutAtHome(w *pieceworktest.World, quantity int64) *piecework.TakeHome {
	w.Helper()
	th := &piecework.TakeHome{WorkerID: w.Workers[1].ID, OrderID: w.Order.ID, OperationID: w.Cut.ID, Quantity: quantity, OutOn: "2026-10-05", GivenBy: "test"}
	w.Must(piecework.GiveOut(w.Ctx, w.DB, th))
	return th
}

// use is what has become of the only material of the world's order.
func use(w *pieceworktest.World) piecework.Use {
	w.Helper()
	o, err := piecework.OrderByID(w.Ctx, w.DB, w.Order.ID)
	w.Must(err)
	list, err := piecework.MaterialUse(w.Ctx, w.DB, o)
	w.Must(err)
	if len(list) != 1 {
		w.Fatalf("%d materials", len(list))
	}
	return list[0]
}

func TestMeasure(t *testing.T) {
	for text, want := range map[string]piecework.Measure{"0": 0, "1.25": 1_250_000, "0.000001": 1, "1000000000": piecework.MaxMeasure} {
		if m := measure(t, text); m != want || m.String() != text {
			t.Errorf("%s is %d and written %s", text, m, m)
		}
	}
	for _, bad := range []string{"", "-1", "1e3", "1,5", "0.0000001", "1000000000.000001", " 1"} {
		if m, msg := piecework.ParseMeasure(bad); msg == nil {
			t.Errorf("%q is %s", bad, m)
		}
	}
	m := measure(t, "3.333333")
	if m.Times(3) != 9_999_999 || m.Share(250) != 83_333 || m.Cost(pieceworktest.Rate(t, "0.15")).String() != "0.50" {
		t.Errorf("%s %s %s", m.Times(3), m.Share(250), m.Cost(pieceworktest.Rate(t, "0.15")))
	}
}

func TestMaterialIsUsedAndLost(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Order.LossAllowed = 200
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order))
	n := cloth(w, "M1", "0.25")
	move := func(kind piecework.MovementKind, quantity string, change ...func(*piecework.Movement)) error {
		m := &piecework.Movement{OrderID: w.Order.ID, MaterialID: n.MaterialID, Kind: kind, Quantity: measure(t, quantity), MovedOn: "2026-10-05", Document: "SH-7", RecordedBy: "test"}
		if kind == piecework.Stocktake {
			m.Counted, m.Quantity = m.Quantity, 0
		}
		for _, f := range change {
			f(m)
		}
		return piecework.Move(w.Ctx, w.DB, m)
	}
	lot := cutAtHome(w, 40)
	home := func(m *piecework.Movement) { m.TakeHomeID = lot.ID }
	bench := func(m *piecework.Movement) { m.SessionID, m.WorkerID = 1, w.Workers[0].ID }
	refused(t, move(piecework.SentBack, "1"), piecework.ErrInvalid, "only 0 m in the house")
	w.Must(move(piecework.Receipt, "100"))
	refused(t, move(piecework.Issue, "10"), piecework.ErrInvalid, "choose one session")
	refused(t, move(piecework.Receipt, "10", home), piecework.ErrInvalid, "only material that is issued")
	refused(t, move(piecework.Issue, "100.1", home), piecework.ErrInvalid, "only 100 m in the house")
	w.Must(move(piecework.Issue, "12", home))
	w.Must(move(piecework.Issue, "30", bench))
	refused(t, move(piecework.BroughtBack, "12.5", home), piecework.ErrInvalid, "only 12 m were issued there")
	see := func(when, want string) {
		t.Helper()
		u := use(w)
		got := fmt.Sprintf("received %s, back %s, needed %s, home %s, here %s, lost %s, allowed %s, over %s", u.Received, u.SentBack, u.Needed, u.AtHome, u.Here, u.Lost, u.Allowed, u.Excess())
		if got != want {
			t.Errorf("%s: %s\nwant %s", when, got, want)
		}
	}
	see("issued", "received 100, back 0, needed 0, home 12, here 88, lost 0, allowed 0, over 0")
	w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: "cut", Counts: piecework.Counts{Good: 100, Rework: 9, ScrapWorkmanship: 3, ScrapMaterial: 1}})
	see("made, with scrap, without what waits for rework", "received 100, back 0, needed 26, home 12, here 62, lost 0, allowed 0.52, over 0")
	w.Must(bringBack(w, lot.ID, "h", "", piecework.Counts{Good: 38, ScrapWorkmanship: 2}))
	see("back from home, two metres short", "received 100, back 0, needed 36, home 0, here 62, lost 2, allowed 0.72, over 1.28")
	w.Must(move(piecework.BroughtBack, "1.5", home))
	see("and brought the rest", "received 100, back 0, needed 36, home 0, here 63.5, lost 0.5, allowed 0.72, over 0")
	w.Must(move(piecework.Stocktake, "62"))
	see("counted", "received 100, back 0, needed 36, home 0, here 62, lost 2, allowed 0.72, over 1.28")
	u := use(w)
	if u.LossCost().String() != "16.00" || u.Cost().String() != "16.00" || u.Short(5000) != measure(t, "1152") {
		t.Errorf("costs %s of %s, %s short", u.LossCost(), u.Cost(), u.Short(5000))
	}
	if n, ok := piecework.MaterialFor([]piecework.Use{u}); n != 400 || !ok {
		t.Errorf("material for %d pieces, %v", n, ok)
	}
	if n, ok := piecework.MaterialFor(nil); n != 0 || ok {
		t.Errorf("no material is for %d pieces, %v", n, ok)
	}
	if p := u.Places[1]; p.Missing() != measure(t, "4") || p.Done {
		t.Errorf("the bench misses %s", p.Missing())
	}
	own := n
	own.Own = true
	w.Must(piecework.SetOrderMaterial(w.Ctx, w.DB, w.Order.ID, own))
	if u := use(w); u.Cost().String() != "475.00" { // 38 m × 12.50
		t.Errorf("own material costs %s", u.Cost())
	}
	list, err := piecework.Movements(w.Ctx, w.DB, piecework.Filter{OrderID: w.Order.ID})
	w.Must(err)
	first, count := list.Items[len(list.Items)-1].ID, list.Items[0].ID
	w.Must(piecework.ReverseMovement(w.Ctx, w.DB, count, "数错了", "test"))
	refused(t, piecework.ReverseMovement(w.Ctx, w.DB, count, "数错了", "test"), piecework.ErrConflict, "struck already")
	refused(t, piecework.ReverseMovement(w.Ctx, w.DB, first, "", "test"), piecework.ErrInvalid, "is required")
	refused(t, piecework.ReverseMovement(w.Ctx, w.DB, first, "重\x00了", "test"), piecework.ErrInvalid, "cannot be printed")
	w.Must(piecework.ReverseMovement(w.Ctx, w.DB, first, "单子重了", "test"))
	see("struck", "received 0, back 0, needed 36, home 0, here -36.5, lost 0.5, allowed 0.72, over 0")
	refused(t, piecework.SetOrderMaterial(w.Ctx, w.DB, w.Order.ID, piecework.Need{MaterialID: n.MaterialID}), piecework.ErrConflict, "has moved")
	if _, err := w.DB.ExecContext(w.Ctx, "DELETE FROM material_movements"); err == nil {
		t.Error("movements were deleted")
	}
	w.Must(piecework.EndOrder(w.Ctx, w.DB, w.Order.ID, "客户取消", "test"))
	refused(t, move(piecework.Receipt, "1"), piecework.ErrConflict, "closed")
}

func TestOrdersTakeOverMaterials(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	m := &piecework.Material{Code: "M1", Name: "铁丝", Unit: "kg"}
	w.Must(piecework.SaveMaterial(w.Ctx, w.DB, m))
	refused(t, piecework.SaveMaterial(w.Ctx, w.DB, &piecework.Material{Code: "M1", Name: "x", Unit: "kg"}), piecework.ErrInvalid, "taken")
	refused(t, piecework.SetProductMaterial(w.Ctx, w.DB, w.Order.ProductID, piecework.Need{MaterialID: m.ID, OperationID: 99, PerPiece: 1}), piecework.ErrInvalid, "choose an operation")
	w.Must(piecework.SetProductMaterial(w.Ctx, w.DB, w.Order.ProductID, piecework.Need{MaterialID: m.ID, PerPiece: 7}))
	w.Must(piecework.SetProductMaterial(w.Ctx, w.DB, w.Order.ProductID, piecework.Need{MaterialID: m.ID, PerPiece: 5, Own: true}))
	w.Order.ID, w.Order.Code = 0, "O2"
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order))
	if u := use(w); u.PerPiece != 5 || !u.Own || u.OperationID != 0 {
		t.Errorf("the order took over %+v", u.Need)
	}
	w.Must(piecework.SetOrderMaterial(w.Ctx, w.DB, w.Order.ID, piecework.Need{MaterialID: m.ID, PerPiece: 6}))
	w.Order.AgainID, w.Order.ID, w.Order.Code = w.Order.ID, 0, "O3"
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order))
	if u := use(w); u.PerPiece != 6 || u.Own {
		t.Errorf("the repeated order took over %+v", u.Need)
	}
	other := &piecework.Product{Code: "P2", Name: "耳环", Craft: "earring"}
	w.Must(piecework.SaveProduct(w.Ctx, w.DB, other))
	changed := *w.Order
	changed.AgainID, changed.ID, changed.Code, changed.ProductID = w.Order.ID, 0, "O4", other.ID
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, &changed))
	if uses, err := piecework.MaterialUse(w.Ctx, w.DB, &changed); err != nil || len(uses) != 0 || changed.AgainID != 0 {
		t.Errorf("an order of another product repeats order %d and took over %+v, %v", changed.AgainID, uses, err)
	}
	w.Must(piecework.SetOrderMaterial(w.Ctx, w.DB, w.Order.ID, piecework.Need{MaterialID: m.ID}))
	w.Must(piecework.SetProductMaterial(w.Ctx, w.DB, w.Order.ProductID, piecework.Need{MaterialID: m.ID}))
	list, err := piecework.ProductMaterials(w.Ctx, w.DB, w.Order.ProductID)
	w.Must(err)
	if len(list) != 0 {
		t.Errorf("the product still needs %+v", list)
	}
}

// TestMaterialsTieOut does at random what happens to material and keeps its own account of what is in the house and at home, thing by
// thing. The books must say the same, and nothing may be unexplained.
func TestMaterialsTieOut(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	nth := 0
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	w.Must(checks.Value.Set("12")) // each is long, and goes through the whole of the books
	defer checks.Value.Set(before)
	rapid.Check(t, func(t *rapid.T) {
		nth++
		w.Order.ID, w.Order.Code = 0, fmt.Sprintf("R%d", nth)
		w.Must(piecework.SaveOrder(w.Ctx, w.DB, w.Order))
		n := cloth(w, fmt.Sprintf("R%d", nth), "0.3")
		per := n.PerPiece
		var house, home, lost, received piecework.Measure
		type done struct {
			id   int64
			undo func()
		}
		var undo []done
		var tallies []string
		lot := cutAtHome(w, 1000)
		move := func(kind piecework.MovementKind, q piecework.Measure, at int64, effect func(sign piecework.Measure)) {
			m := &piecework.Movement{OrderID: w.Order.ID, MaterialID: n.MaterialID, Kind: kind, Quantity: q, Counted: q, TakeHomeID: at, MovedOn: "2026-10-05", RecordedBy: "test"}
			if err := piecework.Move(w.Ctx, w.DB, m); err != nil {
				return // there is not so much of it: it cannot have happened
			}
			effect(1)
			if kind != piecework.Stocktake { // a later one may build on it
				undo = append(undo, done{m.ID, func() { effect(-1) }})
			}
		}
		move(piecework.Receipt, 30_000_000, 0, func(s piecework.Measure) { house += s * 30_000_000; received += s * 30_000_000 })
		move(piecework.Issue, 20_000_000, lot.ID, func(s piecework.Measure) { house -= s * 20_000_000; home += s * 20_000_000 })
		undo = nil
		for range rapid.IntRange(10, 20).Draw(t, "steps") {
			q := piecework.Measure(rapid.Int64Range(1, 50_000_000).Draw(t, "quantity"))
			pieces := rapid.Int64Range(1, 40).Draw(t, "pieces")
			switch rapid.SampledFrom([]string{"receipt", "receipt", "issue", "back", "sent", "count", "made", "home", "strike", "undo"}).Draw(t, "what") {
			case "receipt":
				move(piecework.Receipt, q, 0, func(s piecework.Measure) { house += s * q; received += s * q })
			case "sent":
				move(piecework.SentBack, q, 0, func(s piecework.Measure) { house -= s * q; received -= s * q })
			case "issue":
				move(piecework.Issue, q, lot.ID, func(s piecework.Measure) { house -= s * q; home += s * q })
			case "back":
				move(piecework.BroughtBack, q, lot.ID, func(s piecework.Measure) { house += s * q; home -= s * q })
			case "count":
				move(piecework.Stocktake, q, 0, func(piecework.Measure) { lost += house - q; house = q })
			case "made":
				tallies = append(tallies, w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: w.Order.Code, Operation: "cut", Counts: piecework.Counts{Good: pieces, ScrapMaterial: 1}}))
				amount := per * piecework.Measure(pieces+1)
				house -= amount
				undo = append(undo, done{-int64(len(tallies)), func() { house += amount }})
			case "home":
				w.Must(bringBack(w, lot.ID, fmt.Sprintf("h%d-%d", nth, len(tallies)), "", piecework.Counts{Good: 1}))
				tallies = append(tallies, "")
				home -= per
			case "strike", "undo":
				if len(undo) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(undo)-1).Draw(t, "which")
				if d := undo[i]; d.id > 0 {
					w.Must(piecework.ReverseMovement(w.Ctx, w.DB, d.id, "记错了", "test"))
				} else {
					uid := tallies[-d.id-1]
					w.Record(piecework.NewTally{UID: "x" + uid, Session: "S1", Worker: "A1", Order: w.Order.Code, Operation: "cut", Reverses: uid, Counts: countsOf(w, uid)})
				}
				undo[i].undo()
				undo = append(undo[:i], undo[i+1:]...)
			}
		}
		u := use(w)
		if u.Here != house || u.AtHome != home || u.Lost != lost || u.Received-u.SentBack != received {
			t.Fatalf("the books have %s here, %s at home, %s lost, %s in all; want %s, %s, %s, %s", u.Here, u.AtHome, u.Lost, u.Received-u.SentBack, house, home, lost, received)
		}
		if rest := u.Received - u.SentBack - u.Needed - u.Lost - u.AtHome - u.Here; rest != 0 {
			t.Fatalf("%s is unexplained", rest)
		}
	})
}

func countsOf(w *pieceworktest.World, uid string) piecework.Counts {
	w.Helper()
	list, err := piecework.Tallies(w.Ctx, w.DB, piecework.Filter{Query: uid})
	w.Must(err)
	for _, t := range list.Items {
		if t.UID == uid {
			return t.Counts
		}
	}
	w.Fatalf("no tally %s", uid)
	return piecework.Counts{}
}
