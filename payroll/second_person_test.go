package payroll_test

import (
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestASecondPersonApproves(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Workshop.SecondPersonAbove = 100_00
	w.Must(piecework.SaveWorkshop(w.Ctx, w.DB, w.Workshop))
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	w.Count("S1", "A1", "glue", 1000)
	adjust(w, 0, "2026-10-05", payroll.Bonus, "100.00")
	big := &payroll.Adjustment{WorkerID: w.Workers[0].ID, WorkDate: "2026-10-05", Kind: payroll.Bonus, Amount: pieceworktest.Money(w, "100.01"), RecordedBy: "test"}
	w.Must(payroll.Adjust(w.Ctx, w.DB, big))
	run := settle(w, "2026-10-01", "2026-10-31")
	total := func(want string) {
		t.Helper()
		sum, err := payroll.TotalsOf(w.Ctx, w.DB, run.ID)
		w.Must(err)
		if sum.Gross.String() != want {
			t.Errorf("the run pays %s, want %s", sum.Gross, want)
		}
	}
	total("600.00")
	review, err := payroll.ReviewOf(w.Ctx, w.DB, run)
	w.Must(err)
	if review.Approvals != 1 || review.Adjustments != 0 || review.Nothing() {
		t.Errorf("the review counts %d approvals and %d late adjustments", review.Approvals, review.Adjustments)
	}
	wantKind(t, "approve one's own bonus", payroll.ApproveAdjustment(w.Ctx, w.DB, big.ID, "test"), piecework.ErrForbidden)
	w.Must(payroll.ApproveAdjustment(w.Ctx, w.DB, big.ID, "other"))
	wantKind(t, "approve it twice", payroll.ApproveAdjustment(w.Ctx, w.DB, big.ID, "third"), piecework.ErrConflict)
	w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
	total("700.01")
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
}

// An advance of 100 at 40 a run: 40, nothing while it is put off, 40, 20. Every run says what is left.
func TestAnAdvanceIsTakenBackInParts(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	advance := &payroll.Adjustment{WorkerID: w.Workers[0].ID, WorkDate: "2026-10-05", Kind: payroll.Advance, Amount: pieceworktest.Money(w, "100"),
		Instalment: pieceworktest.Money(w, "40"), RecordedBy: "test"}
	w.Must(payroll.Adjust(w.Ctx, w.DB, advance))
	for i, month := range []struct{ day, from, to, taken, carried piecework.Date }{
		{"2026-10-06", "2026-10-01", "2026-10-31", "40.00", "60.00"},
		{"2026-11-06", "2026-11-01", "2026-11-30", "0.00", "60.00"},
		{"2026-12-06", "2026-12-01", "2026-12-31", "40.00", "20.00"},
		{"2027-01-06", "2027-01-01", "2027-01-31", "20.00", "0.00"},
	} {
		code := "M" + string(rune('1'+i))
		w.Session(code, month.day)
		w.Count(code, "A1", "glue", 1000)
		run := settle(w, month.from, month.to)
		if i == 1 {
			w.Must(payroll.Postpone(w.Ctx, w.DB, advance.ID, "2026-12-01"))
			wantKind(t, "approve a draft whose advance was put off since", payroll.Approve(w.Ctx, w.DB, run.ID, "other"), piecework.ErrConflict)
			w.Must(payroll.Recompute(w.Ctx, w.DB, run.ID))
		}
		sum, err := payroll.TotalsOf(w.Ctx, w.DB, run.ID)
		w.Must(err)
		if sum.Deductions.String() != string(month.taken) || sum.CarriedForward.String() != string(month.carried) {
			t.Errorf("%s takes %s and carries %s, want %s and %s", month.from, sum.Deductions, sum.CarriedForward, month.taken, month.carried)
		}
		w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
		if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
			t.Error(err)
		}
	}
	for _, wrong := range []payroll.Adjustment{
		{Kind: payroll.Advance, Instalment: pieceworktest.Money(w, "100.01")}, {Kind: payroll.Bonus, Instalment: pieceworktest.Money(w, "1")}, {Kind: payroll.Damage, NotBefore: "2026-10-01"}} {
		wrong.WorkerID, wrong.WorkDate, wrong.Amount = w.Workers[0].ID, "2026-10-05", pieceworktest.Money(w, "100")
		wantKind(t, "a wrong plan", payroll.Adjust(w.Ctx, w.DB, &wrong), piecework.ErrInvalid)
	}
	wantKind(t, "put off nothing", payroll.Postpone(w.Ctx, w.DB, 99, ""), piecework.ErrNotFound)
}
