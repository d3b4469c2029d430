package demo_test

import (
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/payroll/demo"
	"jijian/payroll/demo/demotest"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
)

// shortest and longest are todays that make the demo short and long: a Sunday right after a February, and the last day of a
// month after a long one.
const shortest, longest piecework.Date = "2026-03-01", "2026-08-31"

func count(t *testing.T, db *bun.DB, query string) int {
	t.Helper()
	var n int
	if err := db.NewRaw("SELECT COUNT(*) FROM "+query).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheDemoHasEverythingAMonthHas(t *testing.T) {
	for _, today := range []piecework.Date{demotest.Today, shortest, longest} {
		t.Run(string(today), func(t *testing.T) {
			db := demotest.DBOf(t, today)
			for _, want := range []struct {
				query    string
				min, max int
			}{
				{"areas WHERE level = 3", 1, 1},
				{"workshops", 2, 2},
				{"contractors", 4, 4},
				{"workers WHERE NOT team", 40, 40},
				{"team_members", 2, 2},
				{"tallies JOIN workers ON workers.id = tallies.worker_id WHERE team", 30, 200},
				{"slip_lines WHERE kind = 'team'", 4, 40},
				{"slip_lines WHERE kind = 'premium'", 6, 30},
				{"slip_lines WHERE kind = 'guarantee'", 1, 15},
				{"tallies WHERE unit_ug > 0", 50, 2000},
				{"(SELECT DISTINCT craft FROM products) AS x", 4, 4},
				{"operations", 12, 30},
				{"piece_rates WHERE rate = 3500", 1, 1},
				{"piece_rates WHERE order_id IS NOT NULL", 2, 9},
				{"rate_samples", 10, 40},
				{"work_sessions", 40, 200},
				{fmt.Sprintf("work_sessions WHERE closed_at = 0 AND work_date = '%s'", today), 2, 2},
				{"work_sessions WHERE closed_at = 0", 2, 2},
				{"attendances", 500, 5000},
				{"tallies", 3000, 12000},
				{"tallies WHERE reverses_id IS NOT NULL", 20, 300},
				{"tallies WHERE scrap_workmanship > 0", 20, 2000},
				{"tallies WHERE scrap_material > 0", 20, 2000},
				{"deliveries", 10, 300},
				{"acceptances WHERE rejected > 0", 3, 300},
				{"acceptances WHERE returned > 0", 3, 300},
				{"pay_runs WHERE status = 'draft'", 1, 1},
				{"pay_runs WHERE status = 'approved'", 1, 1},
				{"pay_runs WHERE status = 'paid'", 2, 2},
				{"pay_runs WHERE order_id IS NOT NULL AND status = 'paid'", 1, 1},
				{"slip_lines JOIN slips ON slips.id = slip_lines.slip_id JOIN pay_runs ON pay_runs.id = slips.run_id WHERE kind = 'arrears' AND pay_runs.order_id IS NOT NULL", 1, 20},
				{"pay_runs WHERE approved_alone", 0, 0},
				{"slips WHERE version = 2", 1, 1},
				{"acknowledgements", 20, 30},
				{"disputes WHERE answered_at = 0", 1, 1},
				{"disputes JOIN slips ON slips.id = disputes.corrected_slip_id WHERE outcome = 'corrected' AND version = 2", 1, 1},
				{"carries WHERE kind = 'advance' AND amount > 10000", 1, 9},
				{"carries WHERE kind = 'damage'", 1, 9},
				{"slip_lines WHERE corrects_run_id IS NOT NULL", 1, 9},
				{fmt.Sprintf("processing_orders WHERE closed_at = 0 AND due_on BETWEEN '%s' AND '%s'", today, today.AddDays(7)), 2, 4},
				{"contractor_statements WHERE workshop_at > 0 AND contractor_at > 0", 2, 2},
				{"codes WHERE kind = 'W'", 40, 40},
				{"bundle_tickets", 150, 600},
				{"users", 7, 7},
				{"take_homes", 3, 3},
				{"material_movements WHERE kind = 'receipt'", 4, 4},
				{"material_movements WHERE kind = 'count' AND quantity < 0", 1, 1},
				{"processing_orders WHERE quote", 1, 1},
				{"processing_orders WHERE end_reason <> ''", 1, 1},
				{"order_photos WHERE sample", 1, 1},
				{"take_home_returns", 2, 2},
				{"take_home_closings WHERE lost > 0", 1, 1},
				{"workshops WHERE wage_region = '山东二类' AND NOT top_up", 1, 1},
				{"income_types WHERE type = 'labour'", 2, 2},
				{"income_types WHERE type = 'salary'", 1, 1},
				{"slips WHERE tax > 0", 2, 6},
			} {
				if n := count(t, db, want.query); n < want.min || n > want.max {
					t.Errorf("%s: %d, want %d to %d", want.query, n, want.min, want.max)
				}
			}
			if _, err := payroll.Verify(t.Context(), db); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNothingIsCountedLaterThanNow(t *testing.T) {
	for _, clock := range []string{"01:00", "08:20", "14:15"} {
		now, err := time.Parse(time.RFC3339, string(demotest.Today)+"T"+clock+":00+08:00")
		if err != nil {
			t.Fatal(err)
		}
		db := pieceworktest.DB(t)
		if err := demo.Fill(t.Context(), db, demo.Seed, now); err != nil {
			t.Fatalf("at %s: %v", clock, err)
		}
		newest, err := demo.Newest(t.Context(), db)
		if err != nil || newest != demotest.Today {
			t.Errorf("at %s the newest session is of %q: %v", clock, newest, err)
		}
		ms := now.UnixMilli()
		for _, query := range []string{"tallies WHERE recorded_at > %d", "attendances WHERE check_in > %d"} {
			if n := count(t, db, fmt.Sprintf(query, ms)); n != 0 {
				t.Errorf("at %s: %d of %s", clock, n, query)
			}
		}
		if _, err := payroll.Verify(t.Context(), db); err != nil {
			t.Errorf("at %s: %v", clock, err)
		}
	}
}

func TestTheDraftHasSomethingToReview(t *testing.T) {
	db := demotest.DB(t)
	runs, err := payroll.Runs(t.Context(), db, piecework.Filter{Status: string(payroll.Draft)})
	if err != nil {
		t.Fatal(err)
	}
	review, err := payroll.ReviewOf(t.Context(), db, &runs.Items[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(review.WithoutRate) == 0 || review.WithoutRate[0].Operation.Code != "dye" {
		t.Errorf("work without a rate: %+v", review.WithoutRate)
	}
	if n := len(review.UnderMinimum); n < 1 || n > 2 || review.TaxChanged {
		t.Errorf("%d slips under the minimum wage, want one or two that stand out; tax changed: %t", n, review.TaxChanged)
	}
	if review.Previous == nil {
		t.Error("there is no run to compare with")
	}
}

func TestNoOperationIsAheadOfTheOneBefore(t *testing.T) {
	db := demotest.DB(t)
	for page := 1; ; page++ {
		orders, err := piecework.Orders(t.Context(), db, piecework.Filter{Page: page})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range orders.Items {
			progress, err := piecework.OrderProgress(t.Context(), db, o.ID)
			if err != nil {
				t.Fatal(err)
			}
			done, spoilt := map[int64]int64{}, int64(0)
			for _, p := range progress {
				done[p.OperationID] = p.Good
				spoilt += p.ScrapWorkmanship + p.ScrapMaterial
			}
			full, err := piecework.OrderByID(t.Context(), db, o.ID)
			if err != nil {
				t.Fatal(err)
			}
			before := o.Quantity + spoilt // as many are begun besides
			for _, op := range full.Product.Operations {
				if done[op.ID] > before {
					t.Errorf("order %s: %s has done %d pieces of %d", o.Code, op.Code, done[op.ID], before)
				}
				before = done[op.ID]
			}
		}
		if page >= orders.Pages() {
			break
		}
	}
}

func TestPayIsOfAKindThatPeopleEarn(t *testing.T) {
	db := demotest.DB(t)
	run, err := payroll.RunByID(t.Context(), db, 2)
	if err != nil {
		t.Fatal(err)
	}
	slips, err := payroll.SlipsOf(t.Context(), db, run.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(slips) != 20 {
		t.Errorf("%d slips, want one for each of the crew", len(slips))
	}
	for _, s := range slips {
		if s.Gross.Cmp(piecework.Fen(30_00)) < 0 || s.Gross.Cmp(piecework.Fen(2500_00)) > 0 {
			t.Errorf("%s earns %s in half a month", s.Worker.Code, s.Gross)
		}
	}
}

func TestEverySignInWorks(t *testing.T) {
	db := demotest.DB(t)
	roles := map[account.Role]bool{}
	for _, s := range demo.SignIns {
		u, err := account.Authenticate(t.Context(), db, s.Username, s.Secret())
		if err != nil {
			t.Fatalf("%s: %v", s.Username, err)
		}
		roles[u.Role] = true
		if u.Role == account.Worker && u.Worker.Name != s.Name || u.Role == account.Contractor && u.Contractor.Name != s.Name {
			t.Errorf("%s signs in as somebody else", s.Username)
		}
	}
	for _, r := range account.Roles {
		if !roles[r] {
			t.Errorf("no sign-in for the role %s", r)
		}
	}
}

// content is what two fillings of the same seed must share; moments of storing differ.
func content(t *testing.T, db *bun.DB) (lines []string) {
	t.Helper()
	if err := db.NewRaw("SELECT uid || ' ' || good || ' ' || recorded_at || ' ' || worker_id FROM tallies ORDER BY id").Scan(t.Context(), &lines); err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestTheSameSeedMakesTheSameMonth(t *testing.T) {
	again := pieceworktest.DB(t)
	if err := demo.Fill(t.Context(), again, demo.Seed, demotest.Evening(demotest.Today)); err != nil {
		t.Fatal(err)
	}
	a, b := content(t, demotest.DB(t)), content(t, again)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("the months differ")
	}
}

func TestTheDemoGoesOnlyIntoAnEmptyDatabase(t *testing.T) {
	db := demotest.DB(t)
	there, err := demo.Ready(t.Context(), db)
	if err != nil || !there {
		t.Errorf("ready: %v, %v", there, err)
	}
	if err := demo.Fill(t.Context(), db, demo.Seed, demotest.Evening(demotest.Today)); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("filled a second time: %v", err)
	}
	w := pieceworktest.NewWorld(t)
	if err := demo.Fill(w.Ctx, w.DB, demo.Seed, demotest.Evening(demotest.Today)); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("filled over real data: %v", err)
	}
	if n := count(t, w.DB, "tallies"); n != 0 {
		t.Errorf("%d tallies in a database that was refused", n)
	}
}

// TestTheDemoTiesOut: nothing in the month is unexplained, and what was struck although it was delivered has its name.
func TestTheDemoTiesOut(t *testing.T) {
	db := demotest.DB(t)
	orders, err := piecework.Orders(t.Context(), db, piecework.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	gaps := map[payroll.GapKind]int64{}
	for _, o := range orders.Items {
		tie, err := payroll.TieOutOf(t.Context(), db, o.ID)
		if err != nil || !tie.Ties() {
			t.Fatalf("order %s: %v, %+v", o.Code, err, tie)
		}
		for _, g := range tie.Gaps {
			gaps[g.Kind] += g.Pieces
		}
	}
	for _, kind := range []payroll.GapKind{payroll.GapAccepted, payroll.GapUndecided, payroll.GapRejected, payroll.GapStock, payroll.GapRework, payroll.GapScrapWorkmanship} {
		if gaps[kind] <= 0 {
			t.Errorf("%s: %d", kind, gaps[kind])
		}
	}
	if gaps[payroll.GapTwice] != 0 || gaps[payroll.GapUncounted] >= 0 {
		t.Errorf("counted twice %d, not counted %d", gaps[payroll.GapTwice], gaps[payroll.GapUncounted])
	}
}

// TestTheDemosStatementIsThatOfASecondBookkeeper adds the full month of the first contractor up again in fractions, from the rows.
func TestTheDemosStatementIsThatOfASecondBookkeeper(t *testing.T) {
	db := demotest.DB(t)
	list, err := piecework.Statements(t.Context(), db, piecework.Filter{})
	if err != nil || len(list.Items) != 3 {
		t.Fatalf("statements: %v, %d", err, len(list.Items))
	}
	for _, s := range list.Items {
		var rows []struct{ Accepted, UnitFee int64 }
		err := db.NewRaw(`SELECT a.accepted, o.unit_fee FROM acceptances a JOIN deliveries d ON d.id = a.delivery_id JOIN processing_orders o ON o.id = d.order_id
			WHERE o.contractor_id = ? AND o.workshop_id = ? AND a.decided_on BETWEEN ? AND ?`, s.ContractorID, s.WorkshopID, s.PeriodFrom, s.PeriodTo).Scan(t.Context(), &rows)
		if err != nil || len(rows) < 5 {
			t.Fatalf("rows: %v, %d", err, len(rows))
		}
		fees := new(big.Int)
		for _, r := range rows {
			fen := big.NewRat(r.Accepted*r.UnitFee, 10_000)
			fen.Add(fen, big.NewRat(1, 2))
			fees.Add(fees, new(big.Int).Div(fen.Num(), fen.Denom()))
		}
		if fees.Int64() != s.Fees.Fen() || !s.Opening.IsZero() || s.Closing.Cmp(s.Fees.Sub(s.Charged).Sub(s.Received)) != 0 {
			t.Errorf("%s: fees %s, want %d fen; %+v", s.Contractor.Name, s.Fees, fees, s)
		}
	}
}
