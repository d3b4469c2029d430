package payroll_test

import (
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestPayingInParts(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	w.Agree(w.Glue, nil, "2026-10-01", "0.50")
	w.Count("S1", "A1", "glue", 200)
	w.Count("S1", "A2", "glue", 100)
	run := settle(w, "2026-10-01", "2026-10-31")
	pay := func(worker int, amount string, method payroll.Method, note string) error {
		t.Helper()
		return payroll.Pay(w.Ctx, w.DB, payroll.Payment{RunID: run.ID, WorkerID: w.Workers[worker].ID, Amount: pieceworktest.Money(t, amount), Method: method, Note: note, RecordedBy: "books"})
	}
	status := func(want payroll.RunStatus) {
		t.Helper()
		r, err := payroll.RunByID(w.Ctx, w.DB, run.ID)
		w.Must(err)
		if r.Status != want {
			t.Errorf("the run is %s, want %s", r.Status, want)
		}
		if _, err := payroll.Verify(w.Ctx, w.DB); err != nil {
			t.Error(err)
		}
	}
	wantKind(t, "pay a draft", pay(0, "10", payroll.Cash, ""), piecework.ErrConflict)
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	wantKind(t, "pay by shell money", pay(0, "10", "cowrie", ""), piecework.ErrInvalid)
	wantKind(t, "pay more than is owed", pay(0, "100.01", payroll.Cash, ""), piecework.ErrInvalid)
	wantKind(t, "pay who has no slip", pay(2, "1", payroll.Cash, ""), piecework.ErrNotFound)
	w.Must(pay(0, "60", payroll.WeChat, ""))
	wantKind(t, "take back without a reason", pay(0, "-60", payroll.WeChat, ""), piecework.ErrInvalid)
	wantKind(t, "take back more than was received", pay(0, "-60.01", payroll.WeChat, "wrong account"), piecework.ErrInvalid)
	w.Must(pay(0, "-60", payroll.WeChat, "wrong account"))
	w.Must(pay(0, "40", payroll.Bank, ""))
	_, err := payroll.Reissue(w.Ctx, w.DB, run.ID, w.Workers[0].ID, "a mistake", "other")
	wantKind(t, "issue a slip again that is paid in part", err, piecework.ErrConflict)
	status(payroll.Approved)
	w.Must(payroll.PayRest(w.Ctx, w.DB, run.ID, payroll.Payment{Method: payroll.Cash, PaidOn: "2026-11-05", RecordedBy: "books"}))
	status(payroll.PaidOut)
	wantKind(t, "pay once more", pay(0, "0", payroll.Cash, ""), piecework.ErrConflict)
	wantKind(t, "pay all once more", payroll.PayRest(w.Ctx, w.DB, run.ID, payroll.Payment{Method: payroll.Cash}), piecework.ErrConflict)
	list, err := payroll.PaymentsOf(w.Ctx, w.DB, run.ID, w.Workers[0].ID)
	w.Must(err)
	if len(list) != 4 || list[3].Amount.String() != "60.00" || list[3].PaidOn != "2026-11-05" {
		t.Errorf("payments: %+v", list)
	}
	w.Must(pay(1, "-50", payroll.Cash, "she was not there"))
	status(payroll.Approved)
	w.Must(pay(1, "0", payroll.Alipay, ""))
	status(payroll.PaidOut)
	if _, err := w.DB.ExecContext(w.Ctx, "DELETE FROM slip_payments"); err == nil {
		t.Error("payments can be deleted")
	}
}
