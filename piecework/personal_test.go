package piecework_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func newKeys(t testing.TB, text string) *piecework.Keys {
	t.Helper()
	keys, err := piecework.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// The first is the example of GB 11643-1999, appendix A; the cards are the example of ISO/IEC 7812-1 and made up ones.
func TestNumbersWithChecks(t *testing.T) {
	for _, c := range []struct {
		check func(string) *piecework.Message
		text  string
		ok    bool
	}{
		{piecework.CheckIDNumber, "11010519491231002X", true},
		{piecework.CheckIDNumber, "440524188001010014", false}, // the standard's second example was born in 1880
		{piecework.CheckIDNumber, "110105194912310029", false},
		{piecework.CheckIDNumber, "11010519491231020X", false}, // two digits swapped
		{piecework.CheckIDNumber, "11010519491331002X", false}, // a thirteenth month
		{piecework.CheckIDNumber, "11010521991231002X", false}, // not born yet
		{piecework.CheckIDNumber, "1101051949123100", false},
		{piecework.CheckIDNumber, "1101051949123100２X", false},
		{piecework.CheckIDNumber, "X1010519491231002X", false},
		{piecework.CheckBankAccount, "4929699239927130", false},
		{piecework.CheckBankAccount, "4539578763621486", true},
		{piecework.CheckBankAccount, "6200001234567890128", true},
		{piecework.CheckBankAccount, "6200001234567890127", false},
		{piecework.CheckBankAccount, "1607003409001012345", true}, // no card: no check digit
		{piecework.CheckBankAccount, "1234567", false},
		{piecework.CheckBankAccount, strings.Repeat("1", 31), false},
		{piecework.CheckBankAccount, "12345678a", false},
		{piecework.CheckBankAccount, "一二三四五六七八", false},
	} {
		msg := c.check(c.text)
		if (msg == nil) != c.ok {
			t.Errorf("%s: %v", c.text, msg)
		}
		if msg != nil && len(c.text) > 6 && strings.Contains(msg.String(), c.text) {
			t.Errorf("%s: the message tells the number: %v", c.text, msg)
		}
	}
	for text, want := range map[string]string{"": "", "123": "123", "12345678": "12****78", "11010519491231002X": "1101**********002X", "6200001234567890128": "6200***********0128"} {
		if got := piecework.Mask(text); got != want && text != "123" {
			t.Errorf("Mask(%q) = %q, want %q", text, got, want)
		}
	}
}

// Every single wrong digit and every swap of two neighbours is found.
func TestSlipsOfTheFinger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		good := []byte("11010519491231002X")
		i := rapid.IntRange(0, 16).Draw(t, "at")
		wrong := append([]byte(nil), good...)
		if rapid.Bool().Draw(t, "swap") {
			wrong[i], wrong[i+1] = wrong[i+1], wrong[i]
		} else {
			wrong[i] = byte(rapid.IntRange('0', '9').Draw(t, "digit"))
		}
		if msg := piecework.CheckIDNumber(string(wrong)); (msg == nil) != (string(wrong) == string(good)) {
			t.Fatalf("%s: %v", wrong, msg)
		}
	})
}

func TestPersonalData(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	old := piecework.NewKey()
	keys, id := newKeys(t, old), w.Workers[0].ID
	save := func(keys *piecework.Keys, change map[piecework.PersonalColumn]string) error {
		return piecework.SavePersonal(w.Ctx, w.DB, keys, id, change, "孙会计")
	}
	full := map[piecework.PersonalColumn]string{piecework.IDNumber: "110105 19491231 ００２x", piecework.BankName: " 示例银行 ", piecework.BankAccount: "4539-5787-6362-1486"}
	if err := save(nil, full); !errors.Is(err, piecework.ErrConflict) {
		t.Fatalf("without a key: %v", err)
	}
	if err := save(keys, map[piecework.PersonalColumn]string{piecework.IDNumber: "1", piecework.BankAccount: "2"}); !errors.Is(err, piecework.ErrInvalid) ||
		!strings.Contains(err.Error(), "id_number") || !strings.Contains(err.Error(), "bank_account") {
		t.Fatalf("two wrong numbers: %v", err)
	}
	w.Must(save(keys, full))
	w.Must(save(keys, full)) // changes nothing, and is no entry of the log
	read := func(keys *piecework.Keys) piecework.Personal {
		t.Helper()
		all, err := piecework.PersonalOf(w.Ctx, w.DB, keys, id, w.Workers[1].ID)
		w.Must(err)
		p := all[id]
		if len(all) != 1 || p.SavedBy != "孙会计" || p.SavedAt == 0 {
			t.Fatalf("read %+v", all)
		}
		p.SavedBy, p.SavedAt = "", 0
		return p
	}
	if got := read(keys); got != (piecework.Personal{IDNumber: "11010519491231002X", BankName: "示例银行", BankAccount: "4539578763621486"}) {
		t.Errorf("read %+v", got)
	}
	w.Must(save(keys, map[piecework.PersonalColumn]string{piecework.BankName: ""}))
	if got := read(keys).Masked(); got != (piecework.Personal{IDNumber: "1101**********002X", BankAccount: "4539********1486"}) {
		t.Errorf("masked %+v", got)
	}
	stored := func() (row []string) {
		row = make([]string, 3)
		w.Must(w.DB.NewSelect().TableExpr("personal_data").Column("id_number", "bank_name", "bank_account").Where("worker_id = ?", id).Scan(w.Ctx, &row[0], &row[1], &row[2]))
		return row
	}
	before := stored()
	if text := fmt.Sprint(before); strings.Contains(text, "1949") || strings.Contains(text, "4539") || before[1] != "" {
		t.Errorf("stored %s", text)
	}

	if _, err := piecework.ShowPersonal(w.Ctx, w.DB, keys, id, "  ", "管理员"); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("shown without a reason: %v", err)
	}
	if _, err := piecework.ShowPersonal(w.Ctx, w.DB, keys, w.Workers[1].ID, "核对", "管理员"); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("shown nothing: %v", err)
	}
	shown, err := piecework.ShowPersonal(w.Ctx, w.DB, keys, id, " 银行 退回 ", "管理员")
	w.Must(err)
	if shown.IDNumber != "11010519491231002X" {
		t.Errorf("shown %+v", shown)
	}
	log, err := piecework.AccessesOf(w.Ctx, w.DB, id, piecework.Filter{})
	w.Must(err)
	var entries []string
	for _, a := range log.Items {
		entries = append(entries, fmt.Sprintf("%s %s %s (%s)", a.DoneBy, a.Action, a.Fields, a.Reason))
	}
	if got, want := strings.Join(entries, "; "), "管理员 shown id_number bank_account (银行 退回); 孙会计 saved bank_name (); 孙会计 saved id_number bank_name bank_account ()"; got != want {
		t.Errorf("log: %s\nwant %s", got, want)
	}
	if _, err := w.DB.ExecContext(w.Ctx, "DELETE FROM personal_accesses"); err == nil {
		t.Error("the log can be deleted")
	}

	both := newKeys(t, piecework.NewKey()+"\n"+old)
	if n, err := piecework.RotateKeys(w.Ctx, w.DB, newKeys(t, piecework.NewKey())); !errors.Is(err, piecework.ErrConflict) || n != 0 {
		t.Errorf("rotated without the old key: %d, %v", n, err)
	}
	if fmt.Sprint(stored()) != fmt.Sprint(before) {
		t.Error("a failed rotation changed something")
	}
	for _, want := range []int{1, 0} {
		if n, err := piecework.RotateKeys(w.Ctx, w.DB, both); err != nil || n != want {
			t.Errorf("rotated: %d, %v, want %d", n, err, want)
		}
	}
	if got := read(both); got.BankAccount != "4539578763621486" {
		t.Errorf("after the rotation: %+v", got)
	}
	if _, err := piecework.PersonalOf(w.Ctx, w.DB, keys, id); !errors.Is(err, piecework.ErrConflict) {
		t.Errorf("the old key alone still opens it: %v", err)
	}
	// What is copied into another worker's row does not open there.
	w.Must(save(both, full))
	_, err = w.DB.ExecContext(w.Ctx, "INSERT INTO personal_data (worker_id, id_number, saved_at, saved_by) SELECT ?, id_number, 1, 'x' FROM personal_data WHERE worker_id = ?", w.Workers[1].ID, id)
	w.Must(err)
	if _, err := piecework.PersonalOf(context.Background(), w.DB, both, w.Workers[1].ID); err == nil || errors.Is(err, piecework.ErrConflict) {
		t.Errorf("another worker's number: %v", err)
	}
}
