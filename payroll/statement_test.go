package payroll_test

import (
	"errors"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// fact is one thing between a workshop and a contractor as a second bookkeeper wrote it down, in fen; fees are above zero.
type fact struct {
	day piecework.Date
	fen int64
	fee bool
}

// fenOf is pieces × fee, rounded half up to the fen, in fractions.
func fenOf(pieces, millionths int64) int64 {
	if millionths < 0 {
		return -fenOf(pieces, -millionths)
	}
	exact := big.NewRat(pieces*millionths, 10_000) // in fen
	exact.Add(exact, big.NewRat(1, 2))
	return new(big.Int).Div(exact.Num(), exact.Denom()).Int64()
}

// TestStatementsAreThoseOfASecondBookkeeper: every sum of a statement is, to the fen, what somebody else works out from the same facts in
// fractions; what a period ends with the next begins with; and the ages of what is owed sum to it.
func TestStatementsAreThoseOfASecondBookkeeper(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		k := &piecework.Contractor{Code: fmt.Sprintf("K%d", n), Name: "某加工商"}
		w.Must(piecework.SaveContractor(w.Ctx, w.DB, k))
		var facts []fact
		first := piecework.Date("2026-06-01")
		day := func() piecework.Date { return first.AddDays(rapid.IntRange(0, 90).Draw(t, "day")) }
		for i := range rapid.IntRange(1, 2).Draw(t, "orders") {
			o := *w.Order
			o.ID, o.Code, o.ContractorID, o.UnitFee = 0, fmt.Sprintf("K%d-%d", n, i), k.ID, piecework.Millionths(rapid.Int64Range(0, 3_000_000).Draw(t, "fee"))
			w.Must(piecework.SaveOrder(w.Ctx, w.DB, &o))
			mode := rapid.SampledFrom([]piecework.TierMode{piecework.Marginal, piecework.Whole}).Draw(t, "mode")
			// From a day on another agreement holds, by which pieces are priced apart.
			w.Must(piecework.AgreeFees(w.Ctx, w.DB, o.ID, "2026-11-01", []piecework.OrderFee{{Fee: piecework.Millionths(500_000)}}, "test"))
			above, more := rapid.Int64Range(1, 200).Draw(t, "above"), rapid.Int64Range(0, 3_000_000).Draw(t, "more")
			w.Must(piecework.AgreeFees(w.Ctx, w.DB, o.ID, "", []piecework.OrderFee{{Above: above, Mode: mode, Fee: piecework.Millionths(more)}}, "test"))
			before, own, raised := int64(0), int64(0), false
			for j := range rapid.IntRange(0, 5).Draw(t, "deliveries") {
				d := &piecework.Delivery{Code: fmt.Sprintf("%s-D%d", o.Code, j), OrderID: o.ID, DeliveredOn: rapid.SampledFrom([]piecework.Date{first, first, "2026-11-01"}).Draw(t, "delivered"), Quantity: rapid.Int64Range(1, 150).Draw(t, "quantity"), RecordedBy: "test"}
				w.Must(piecework.Deliver(w.Ctx, w.DB, d))
				a := &piecework.Acceptance{DeliveryID: d.ID, Accepted: rapid.Int64Range(1, d.Quantity).Draw(t, "accepted"), DecidedOn: day(), RecordedBy: "test"}
				w.Must(piecework.Accept(w.Ctx, w.DB, a))
				low := max(0, min(a.Accepted, above-before))
				switch first := o.UnitFee.Millionths(); {
				case d.DeliveredOn != "2026-06-01":
					facts = append(facts, fact{a.DecidedOn, fenOf(a.Accepted, 500_000), true})
				case mode == piecework.Marginal:
					facts = append(facts, fact{a.DecidedOn, fenOf(low, first), true}, fact{a.DecidedOn, fenOf(a.Accepted-low, more), true})
				case before+a.Accepted <= above:
					facts, own = append(facts, fact{a.DecidedOn, fenOf(a.Accepted, first), true}), own+a.Accepted
				case !raised: // what was accepted at the first fee is priced anew, once
					facts, raised = append(facts, fact{a.DecidedOn, fenOf(a.Accepted, more), true}, fact{a.DecidedOn, fenOf(own, more-first), true}), true
				default:
					facts = append(facts, fact{a.DecidedOn, fenOf(a.Accepted, more), true})
				}
				before += a.Accepted
			}
			for range rapid.IntRange(0, 2).Draw(t, "chargebacks") {
				cb := &piecework.Chargeback{OrderID: o.ID, ChargedOn: day(), Amount: piecework.Fen(rapid.Int64Range(1, 20000).Draw(t, "charged")), Fault: piecework.FaultOther,
					Bearer: rapid.SampledFrom([]piecework.Bearer{piecework.BearsWorkshop, piecework.BearsContractor}).Draw(t, "bearer"), Reason: "x", RecordedBy: "test"}
				_, err := payroll.ChargeBack(w.Ctx, w.DB, cb)
				w.Must(err)
				if cb.Bearer == piecework.BearsWorkshop {
					facts = append(facts, fact{cb.ChargedOn, -cb.Amount.Fen(), false})
				}
			}
		}
		var received int64
		for range rapid.IntRange(0, 3).Draw(t, "payments") {
			p := &piecework.ContractorPayment{WorkshopID: w.Workshop.ID, ContractorID: k.ID, ReceivedOn: day(), Amount: piecework.Fen(rapid.Int64Range(1, 50000).Draw(t, "paid")), Method: "bank", RecordedBy: "test"}
			w.Must(piecework.ReceivePayment(w.Ctx, w.DB, p))
			facts = append(facts, fact{p.ReceivedOn, -p.Amount.Fen(), false})
			received += p.Amount.Fen()
		}
		var last int64
		for from := first; from < "2026-09-01"; {
			to := from.AddDays(rapid.IntRange(0, 60).Draw(t, "days"))
			st, err := piecework.StatementOf(w.Ctx, w.DB, w.Workshop.ID, k.ID, from, to)
			w.Must(err)
			var opening, fees, taken int64
			for _, f := range facts {
				switch {
				case f.day < from:
					opening += f.fen
				case f.day > to:
				case f.fee:
					fees += f.fen
				default:
					taken -= f.fen
				}
			}
			if got := [4]int64{st.Opening.Fen(), st.Fees.Fen(), st.Charged.Add(st.Received).Fen(), st.Closing.Fen()}; got != [4]int64{opening, fees, taken, opening + fees - taken} || opening != last {
				t.Fatalf("%s to %s: %v, want %d %d %d, the last ended with %d", from, to, got, opening, fees, taken, last)
			}
			aged, err := piecework.Age(w.Ctx, w.DB, w.Workshop.ID, k.ID, to)
			w.Must(err)
			debts := aged.Ahead.Neg()
			for _, d := range aged.Debts {
				debts = debts.Add(d.Rest)
			}
			if aged.Total().Cmp(st.Closing) != 0 || aged.Ahead.Sign() < 0 || debts.Cmp(st.Closing) != 0 {
				t.Fatalf("%s: aged %+v, owed %s", to, aged, st.Closing)
			}
			last, from = st.Closing.Fen(), to.AddDays(1)
		}
	})
}

// TestAgesOfWhatIsOwed: what was paid settles the oldest first.
func TestAgesOfWhatIsOwed(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for i, day := range []piecework.Date{"2026-06-01", "2026-07-20", "2026-08-20", "2026-09-25"} {
		d := &piecework.Delivery{Code: fmt.Sprintf("D%d", i), OrderID: w.Order.ID, DeliveredOn: day, Quantity: 100, RecordedBy: "test"}
		w.Must(piecework.Deliver(w.Ctx, w.DB, d))
		w.Must(piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: d.ID, Accepted: 100, DecidedOn: day, RecordedBy: "test"}))
	}
	for _, c := range []struct{ pay, want string }{
		{"30", "90.00 90.00 90.00 60.00 0.00"}, {"60", "90.00 90.00 90.00 0.00 0.00"}, {"100", "90.00 80.00 0.00 0.00 0.00"}, {"-20", "90.00 90.00 10.00 0.00 0.00"}, {"200", "0.00 0.00 0.00 0.00 10.00"},
	} {
		w.Must(piecework.ReceivePayment(w.Ctx, w.DB, &piecework.ContractorPayment{WorkshopID: w.Workshop.ID, ContractorID: w.Order.ContractorID, ReceivedOn: "2026-09-26",
			Amount: pieceworktest.Money(t, c.pay), Method: "bank", RecordedBy: "test"}))
		a, err := piecework.Age(w.Ctx, w.DB, w.Workshop.ID, w.Order.ContractorID, "2026-09-30")
		w.Must(err)
		if got := fmt.Sprint(a.Days30, a.Days60, a.Days90, a.Older, a.Ahead); got != c.want {
			t.Errorf("after %s: %s, want %s", c.pay, got, c.want)
		}
	}
}

// TestBothSidesConfirmAStatement: a version is confirmed by each side once, only the latest, only while it says what the books say; then
// nothing more can be entered for its days.
func TestBothSidesConfirmAStatement(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	conflict := func(err error) {
		t.Helper()
		if !errors.Is(err, piecework.ErrConflict) {
			t.Errorf("%v, want a conflict", err)
		}
	}
	deliver := func(code string, day piecework.Date) error {
		d := &piecework.Delivery{Code: code, OrderID: w.Order.ID, DeliveredOn: "2026-10-02", Quantity: 100, RecordedBy: "test"}
		w.Must(piecework.Deliver(w.Ctx, w.DB, d))
		return piecework.Accept(w.Ctx, w.DB, &piecework.Acceptance{DeliveryID: d.ID, Accepted: 100, DecidedOn: day, RecordedBy: "test"})
	}
	version := func() (*piecework.ContractorStatement, error) {
		return piecework.MakeStatement(w.Ctx, w.DB, w.Workshop.ID, w.Order.ContractorID, "2026-10-01", "2026-10-31", "王组长")
	}
	w.Must(deliver("D1", "2026-10-03"))
	v1, err := version()
	w.Must(err)
	_, err = version()
	conflict(err)
	w.Must(v1.Confirm(w.Ctx, w.DB, true, "陈老板"))
	w.Must(deliver("D2", "2026-10-04"))
	conflict(v1.Confirm(w.Ctx, w.DB, false, "王组长")) // the books say more by now
	v2, err := version()
	w.Must(err)
	if v2.Version != 2 || v2.Closing.String() != "180.00" {
		t.Fatalf("version %d: %s", v2.Version, v2.Closing)
	}
	conflict(v1.Confirm(w.Ctx, w.DB, false, "王组长"))
	w.Must(v2.Confirm(w.Ctx, w.DB, false, "王组长"))
	w.Must(v2.Confirm(w.Ctx, w.DB, true, "陈老板"))
	stored, err := piecework.StatementByID(w.Ctx, w.DB, v2.ID)
	w.Must(err)
	if !stored.Confirmed() || stored.WorkshopBy != "王组长" || stored.ContractorBy != "陈老板" {
		t.Errorf("%+v", stored)
	}
	conflict(deliver("D3", "2026-10-31"))
	conflict(piecework.ReceivePayment(w.Ctx, w.DB, &piecework.ContractorPayment{WorkshopID: w.Workshop.ID, ContractorID: w.Order.ContractorID, ReceivedOn: "2026-09-01",
		Amount: piecework.Fen(1), Method: "bank", RecordedBy: "test"}))
	cb := &piecework.Chargeback{OrderID: w.Order.ID, ChargedOn: "2026-10-31", Amount: piecework.Fen(1), Fault: piecework.FaultOther, Bearer: piecework.BearsWorkshop, Reason: "x", RecordedBy: "test"}
	_, err = payroll.ChargeBack(w.Ctx, w.DB, cb)
	conflict(err)
	_, err = version()
	conflict(err)
	w.Must(deliver("D4", "2026-11-01"))
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
		t.Error(err)
	}
	_, err = w.DB.NewRaw("UPDATE acceptances SET decided_on = '2026-11-02' WHERE id = 1").Exec(w.Ctx)
	w.Must(err)
	if _, err := payroll.Verify(w.Ctx, w.DB); err == nil {
		t.Error("verify does not see that a confirmed statement no longer holds")
	}
}

// TestWorkersBearWhatTheTicketTracesToThem: by shares of what they made, exact to the fen, capped by their pay; and nobody bears anything
// where the ticket leads to nobody.
func TestWorkersBearWhatTheTicketTracesToThem(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Cut, nil, "2026-10-01", "0.35")
	tickets, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: 100, Quantity: 300, By: "test"})
	w.Must(err)
	code := func(i int) string { return tickets[i].Code().String() }
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, []piecework.TeamMember{{WorkerID: w.Workers[0].ID, ShareWeight: 1_000_000}, {WorkerID: w.Workers[1].ID, ShareWeight: 2_000_000}})
	w.Must(err)
	w.Record(piecework.NewTally{Session: "S1", Worker: "A3", Order: "O1", Operation: "cut", Ticket: code(0), Counts: piecework.Counts{Good: 100}})
	w.Record(piecework.NewTally{Session: "S1", Worker: team.Code, Order: "O1", Operation: "cut", Ticket: code(1), Counts: piecework.Counts{Good: 100}})
	for _, c := range []struct {
		ticket string
		op     int64
		bearer piecework.Bearer
		fault  piecework.Fault
		amount string
		want   string // shares by worker, or why not
	}{
		{code(0), w.Cut.ID, piecework.BearsWorker, piecework.FaultWorkmanship, "10.00", "[A3 10.00]"},
		{code(1), w.Cut.ID, piecework.BearsWorker, piecework.FaultWorkmanship, "10.00", "[A1 3.33 A2 6.67]"},
		{code(1), w.Cut.ID, piecework.BearsWorkshop, piecework.FaultWorkmanship, "10.00", "[]"},
		{code(2), w.Cut.ID, piecework.BearsWorker, piecework.FaultWorkmanship, "10.00", "bearer: no worker can bear this: Nobody was credited at this operation on ticket " + code(2) + ": it cannot be traced who made these pieces."},
		{code(0), w.Glue.ID, piecework.BearsWorker, piecework.FaultWorkmanship, "10.00", "bearer: no worker can bear this: Nobody was credited at this operation on ticket " + code(0) + ": it cannot be traced who made these pieces."},
		{code(0), 0, piecework.BearsWorker, piecework.FaultWorkmanship, "10.00", "bearer: no worker can bear this: At which operation the fault was made is not known: it cannot be traced who made it."},
		{"", w.Cut.ID, piecework.BearsWorker, piecework.FaultWorkmanship, "10.00", "bearer: no worker can bear this: No bundle ticket is known: it cannot be traced who made these pieces."},
		{code(0), w.Cut.ID, piecework.BearsWorker, piecework.FaultMaterial, "10.00", "bearer: a worker bears only what is the fault of the work"},
		{"T0000000", w.Cut.ID, piecework.BearsWorkshop, piecework.FaultWorkmanship, "10.00", `ticket: "T0000000" is no bundle ticket of this order`},
	} {
		cb := &piecework.Chargeback{OrderID: w.Order.ID, ChargedOn: "2026-10-06", Amount: pieceworktest.Money(t, c.amount), Fault: c.fault, Bearer: c.bearer,
			OperationID: c.op, Ticket: c.ticket, Reason: "掉色", RecordedBy: "test"}
		_, err := payroll.ChargeBack(w.Ctx, w.DB, cb)
		got := []string{}
		for _, s := range cb.Shares {
			got = append(got, s.Worker.Code, s.Amount.String())
		}
		said := fmt.Sprint(got)
		if err != nil {
			said = err.Error()
		}
		if said != c.want {
			t.Errorf("%+v: %s", c, said)
		}
	}
	charged, err := piecework.ChargedBack(w.Ctx, w.DB, w.Order.ID)
	w.Must(err)
	if got := charged[w.Order.ID]; got.Total.String() != "30.00" || got.ByWorkers.String() != "20.00" {
		t.Errorf("charged back %+v", got)
	}
	run, err := payroll.Settle(w.Ctx, w.DB, w.Workshop.ID, "2026-10-01", "2026-10-31", "test")
	w.Must(err)
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, run.ID, w.Workers[2].ID)
	w.Must(err)
	if s := slips[0]; s.Gross.String() != "35.00" || s.Deductions.String() != "7.00" || s.CarriedForward.String() != "3.00" {
		t.Errorf("of 10.00 a fifth of 35.00 is taken and the rest carried: %s %s %s", s.Gross, s.Deductions, s.CarriedForward)
	}
	if err := payroll.WithdrawChargeback(w.Ctx, w.DB, 1, "test"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("a run has taken the share: %v", err)
	}
	w.Must(payroll.Discard(w.Ctx, w.DB, run.ID))
	w.Must(payroll.WithdrawChargeback(w.Ctx, w.DB, 1, "test"))
	if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
		t.Error(err)
	}
}
