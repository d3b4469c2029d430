package payroll_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/payroll/exchange"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
)

// whole is the export of a worker: its files by name.
func whole(w *pieceworktest.World, keys *piecework.Keys, worker int64) map[string]string {
	w.Helper()
	h, err := payroll.HeldAbout(w.Ctx, w.DB, keys, worker, "管理员")
	w.Must(err)
	var out bytes.Buffer
	w.Must(exchange.Person(&out, h))
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	w.Must(err)
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		w.Must(err)
		data, err := io.ReadAll(r)
		w.Must(err)
		files[f.Name] = string(data)
	}
	return files
}

// Every table that names a worker is part of what she is given, or it is said here why not.
func TestNothingHeldIsForgotten(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	query := "SELECT table_name FROM information_schema.columns WHERE column_name = 'worker_id' AND table_schema = 'public'"
	if piecework.IsSQLite(w.DB) {
		query = "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.name = 'worker_id'"
	}
	var tables []string
	w.Must(w.DB.NewRaw(query).Scan(w.Ctx, &tables))
	h, err := payroll.HeldAbout(w.Ctx, w.DB, nil, w.Workers[0].ID, "test")
	w.Must(err)
	for _, name := range tables {
		if name != "personal_data" && !slices.ContainsFunc(h.Tables, func(t payroll.HeldTable) bool { return t.Name == name }) { // that is given readable
			t.Errorf("%s names a worker and is not in what is held about her", name)
		}
	}
	if len(tables) < 20 {
		t.Errorf("only %d tables name a worker", len(tables))
	}
}

// naming is every column of text in the database in which a name stands, as table.column.
func naming(w *pieceworktest.World, name string) []string {
	w.Helper()
	query := "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'text' AND table_schema = 'public'"
	if piecework.IsSQLite(w.DB) {
		query = "SELECT m.name AS table_name, p.name AS column_name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.type = 'TEXT'"
	}
	var columns []struct{ TableName, ColumnName string }
	w.Must(w.DB.NewRaw(query).Scan(w.Ctx, &columns))
	if len(columns) < 100 {
		w.Fatalf("only %d columns hold text", len(columns))
	}
	var found []string
	for _, c := range columns {
		n, err := w.DB.NewSelect().Table(c.TableName).Where("? LIKE ?", bun.Ident(c.ColumnName), "%"+name+"%").Count(w.Ctx)
		w.Must(err)
		if n > 0 {
			found = append(found, c.TableName+"."+c.ColumnName)
		}
	}
	slices.Sort(found)
	return found
}

// A worker of 2020 has everything that can be kept about one. She takes it with her, is erased, and the books still verify.
func TestExportAndErase(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	keys, err := piecework.ParseKeys(piecework.NewKey())
	w.Must(err)
	her := w.Workers[0]
	her.Name, her.Phone = "李秀兰", "100-0000-0199"
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, &her))
	w.Agree(w.Glue, nil, "2020-01-01", "0.50")
	w.Session("OLD", "2020-01-06")
	w.Count("OLD", "A1", "glue", 10)
	w.Count("OLD", "A2", "glue", 20)
	w.Must(piecework.SavePersonal(w.Ctx, w.DB, keys, her.ID, map[piecework.PersonalColumn]string{piecework.IDNumber: "11010519491231002X", piecework.BankAccount: "4539578763621486"}, "孙会计"))
	w.Must(account.CreateUser(w.Ctx, w.DB, &account.User{Username: "xiulan", Name: her.Name, Role: account.Worker, WorkerID: her.ID}, "correct horse"))
	_, err = w.DB.ExecContext(w.Ctx, "INSERT INTO audit_entries (done_at, user_id, done_by, role, action) VALUES (1, 1, ?, 'worker', 'x')", her.Name)
	w.Must(err)
	// She is named wherever there is room for a text.
	wrong := w.Count("OLD", "A1", "glue", 3)
	w.Record(piecework.NewTally{Session: "OLD", Worker: "A1", Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 3}, Reverses: wrong, Reason: "李秀兰数多了"})
	w.Must(payroll.Adjust(w.Ctx, w.DB, &payroll.Adjustment{WorkerID: her.ID, WorkDate: "2020-01-06", Kind: payroll.Bonus, Amount: piecework.Fen(100), Note: "李秀兰带新人", RecordedBy: "test"}))
	members, err := piecework.MembersByCode(w.Ctx, w.DB, w.Workshop.ID, []string{"A1", "A2"})
	w.Must(err)
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
	w.Must(err)
	_, err = piecework.CodesOf(w.Ctx, w.DB, piecework.WorkerBadge, her.WorkshopID, "test", her.ID)
	w.Must(err)
	_, err = piecework.ReplaceCode(w.Ctx, w.DB, piecework.WorkerBadge, her.ID, "test", "李秀兰弄丢了")
	w.Must(err)
	for _, statement := range []string{
		"INSERT INTO take_homes (id, workshop_id, worker_id, order_id, operation_id, quantity, out_on, note, given_at, given_by) VALUES (1, 1, 1, 1, 1, 5, '2020-01-06', '李秀兰家里', 1, 'test')",
		"INSERT INTO take_home_returns (tally_id, take_home_id, note) VALUES (1, 1, '李秀兰送回')",
		"INSERT INTO take_home_closings (take_home_id, kind, unworked, lost, reason, closed_at, closed_by) VALUES (1, 'closed', 5, 0, '李秀兰不做了', 1, 'test')",
		"INSERT INTO count_agreements (session_id, worker_id, counts, agrees, words, said_at, said_by) VALUES (1, 1, '', FALSE, '李秀兰说少了', 1, '李秀兰'), (1, 1, '', TRUE, '', 1, '李秀兰')",
		"INSERT INTO tally_flags (tally_id, workshop_id, kind, found, allowed, raised_at, decided_at, decided_by, outcome, note) VALUES (1, 1, 'repeat', 1, 1, 1, 1, 'test', 'right', '李秀兰没错')",
	} {
		_, err := w.DB.ExecContext(w.Ctx, statement)
		w.Must(err)
	}
	thread := &piecework.Material{Code: "M1", Name: "线", Unit: "g"}
	w.Must(piecework.SaveMaterial(w.Ctx, w.DB, thread))
	w.Must(piecework.SetOrderMaterial(w.Ctx, w.DB, w.Order.ID, piecework.Need{MaterialID: thread.ID, PerPiece: 1000}))
	for _, m := range []piecework.Movement{{Kind: piecework.Receipt, Quantity: 1_000_000}, {Kind: piecework.Issue, Quantity: 1000, TakeHomeID: 1, Note: "给李秀兰"}} {
		m.OrderID, m.MaterialID, m.MovedOn, m.RecordedBy = w.Order.ID, thread.ID, "2020-01-06", "test"
		w.Must(piecework.Move(w.Ctx, w.DB, &m))
	}
	run := settle(w, "2020-01-01", "2020-01-31")
	w.Must(payroll.Approve(w.Ctx, w.DB, run.ID, "other"))
	slips, err := payroll.SlipsOf(w.Ctx, w.DB, run.ID, her.ID)
	w.Must(err)
	sum := sha256.Sum256([]byte("picture"))
	photo := &piecework.Photo{JPEG: []byte("picture"), SHA256: sum[:], Width: 1, Height: 1}
	_, err = payroll.Raise(w.Ctx, w.DB, slips[0].ID, her.ID, "=我少了两件", her.Name, photo)
	w.Must(err)
	erase := func() error { return payroll.Erase(w.Ctx, w.DB, her.ID, "管理员") }
	refused := func(words string) {
		t.Helper()
		if err := erase(); !errors.Is(err, piecework.ErrConflict) || !strings.Contains(err.Error(), words) {
			t.Errorf("erase: %v, want %q", err, words)
		}
	}
	refused("still works here")
	her.Active = false
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, &her))
	refused("still open")
	_, err = payroll.Answer(w.Ctx, w.DB, 1, payroll.Explained, "李秀兰，件数对", "lead")
	w.Must(err)
	w.Must(payroll.Sign(w.Ctx, w.DB, slips[0].ID, her.ID, "1,1 900,300", her.Name))
	refused("still open") // she is owed her pay
	w.Must(payroll.Pay(w.Ctx, w.DB, payroll.Payment{RunID: run.ID, WorkerID: her.ID, Method: payroll.Cash, PaidOn: "2020-02-05", Note: "李秀兰亲收", RecordedBy: "test"}))

	files := whole(w, keys, her.ID)
	var all struct {
		Worker   string
		Personal map[string]string           `json:"personal_data"`
		Tables   map[string][]map[string]any `json:"tables"`
	}
	w.Must(json.Unmarshal([]byte(files["person.json"]), &all))
	if all.Worker != "A1" || all.Personal["id_number"] != "11010519491231002X" || len(all.Tables["tallies"]) != 3 || len(all.Tables["slip_lines"]) != 2 || len(all.Tables["signatures"]) != 1 ||
		all.Tables["workers"][0]["name"] != "李秀兰" || all.Tables["slip_payments"][0]["paid_on"] != "2020-02-05" || all.Tables["users"][0]["username"] != "xiulan" {
		t.Errorf("person.json: %s", files["person.json"])
	}
	if !strings.Contains(files["disputes.csv"], "'=我少了两件") || files["photos/1.jpg"] != "picture" || strings.Contains(fmt.Sprint(files), "$argon2") {
		t.Errorf("files: %v", files)
	}
	for _, text := range []string{"李秀兰数多了", "李秀兰带新人", "李秀兰家里", "李秀兰送回", "李秀兰不做了", "李秀兰说少了", "李秀兰没错", "给李秀兰", "李秀兰，件数对", "李秀兰亲收"} {
		if !strings.Contains(files["person.json"], text) {
			t.Errorf("%s was written about her and is not in what she is given", text)
		}
	}
	if other := whole(w, nil, w.Workers[1].ID); strings.Contains(fmt.Sprint(other), "李秀兰") || strings.Contains(fmt.Sprint(other), "xiulan") {
		t.Error("what is held about another tells of her")
	}
	if sealed := whole(w, nil, her.ID)["person.json"]; !strings.Contains(sealed, `"sealed_without_key": true`) || strings.Contains(sealed, "19491231") {
		t.Errorf("without the key: %s", sealed)
	}

	before, err := payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
	w.Must(erase())
	after, err := payroll.Verify(w.Ctx, w.DB)
	w.Must(err)
	if before != after {
		t.Errorf("verified %+v before and %+v after", before, after)
	}
	var told []string
	stays, err := payroll.StaysAbout(w.Ctx, w.DB, her.ID)
	w.Must(err)
	for _, s := range stays {
		told = append(told, s.What.Format+": "+s.Text)
	}
	if got, want := strings.Join(told, "; "), "Why a tally was struck: 李秀兰数多了; Note on a line of a slip: 李秀兰带新人"; got != want {
		t.Errorf("said to stay: %s, want %s", got, want)
	}
	if got, want := strings.Join(naming(w, "李秀兰"), " "), "slip_lines.note tallies.reason"; got != want {
		t.Errorf("she is still named in %s; said was %s", got, want)
	}
	renamed, err := piecework.WorkerByID(w.Ctx, w.DB, team.ID)
	w.Must(err)
	if !strings.Contains(renamed.Name, payroll.Erased) || !strings.Contains(renamed.Name, w.Workers[1].Name) {
		t.Errorf("her team is called %s", renamed.Name)
	}
	for table, free := range map[string]string{"take_homes": "note", "take_home_returns": "note", "slip_payments": "note", "count_agreements": "words said_by",
		"material_movements": "note", "acknowledgements": "acknowledged_by", "audit_entries": "done_by"} {
		rows, err := w.DB.QueryContext(w.Ctx, "SELECT * FROM "+table+" LIMIT 0")
		w.Must(err)
		columns, err := rows.Columns()
		w.Must(errors.Join(err, rows.Close()))
		for _, c := range columns {
			if _, err := w.DB.ExecContext(w.Ctx, "UPDATE "+table+" SET "+c+" = "+c); (err == nil) != strings.Contains(" "+free+" ", " "+c+" ") {
				t.Errorf("changing %s of %s: %v", c, table, err)
			}
		}
	}
	left := fmt.Sprint(whole(w, keys, her.ID))
	for _, gone := range []string{"100-0000-0199", "11010519491231002X", "4539578763621486", "xiulan", "少了两件", "900,300", "picture"} {
		if strings.Contains(left, gone) {
			t.Errorf("%s is still kept", gone)
		}
	}
	if !strings.Contains(left, payroll.Erased) || !strings.Contains(left, "personal_accesses.csv") {
		t.Errorf("left is %s", left)
	}
	if _, err := w.DB.ExecContext(w.Ctx, "DELETE FROM acknowledgements"); err == nil {
		t.Error("acknowledgements can be deleted")
	}
	lately := w.Workers[1]
	lately.Active = false
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, &lately))
	w.Count("S1", "A2", "glue", 5)
	if err := payroll.Erase(w.Ctx, w.DB, lately.ID, "管理员"); !errors.Is(err, piecework.ErrConflict) || !strings.Contains(err.Error(), "2029-10-06") {
		t.Errorf("erase within three years: %v", err)
	}
}

// Nobody is erased while work of hers is unpaid, be it a team's, nor before the last day on which she was here is long enough ago.
func TestWhoIsOwedWorkIsNotErased(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	members, err := piecework.MembersByCode(w.Ctx, w.DB, w.Workshop.ID, []string{"A1", "A2"})
	w.Must(err)
	team, err := piecework.TeamOf(w.Ctx, w.DB, w.Workshop.ID, members)
	w.Must(err)
	w.Session("OLD", "2020-01-06")
	wrong := w.Count("OLD", team.Code, "glue", 10)
	attend(w, 0, 60)
	her := w.Workers[0]
	her.Active = false
	w.Must(piecework.SaveWorker(w.Ctx, w.DB, &her))
	if after, err := payroll.EraseAfter(w.Ctx, w.DB, her.ID); err != nil || after != "2029-10-06" {
		t.Errorf("who was here on 2026-10-05 may be erased from %s on, %v", after, err)
	}
	_, err = w.DB.ExecContext(w.Ctx, "DELETE FROM attendances")
	w.Must(err)
	erase := func() error { return payroll.Erase(w.Ctx, w.DB, her.ID, "管理员") }
	wantKind(t, "erase while work waits for a rate", erase(), piecework.ErrConflict)
	w.Record(piecework.NewTally{Session: "OLD", Worker: team.Code, Order: "O1", Operation: "glue", Counts: piecework.Counts{Good: 10}, Reverses: wrong, Reason: "not theirs"})
	w.Must(erase())
}
