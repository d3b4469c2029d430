package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// month is a small month of work in two workshops, one file an entry, that breaks no rule.
func month() map[string]string {
	return map[string]string{
		"workshops":   "code,name,timezone,currency\nA,桃都手工坊,Asia/Shanghai,CNY\nB,Second workshop,,\n",
		"contractors": "code,name,phone\nC1,泰山饰品,0538-1234567\n",
		"workers": "code,name,workshop,phone,share_weight\nW1,李华,A,13800138000,1.2\nW2,\"Wang, \"\"Mei\"\"\",A,,\n" +
			"V1,张三,B,,1\n",
		"products":   "code,name,craft\nP1,绢花,artificial_flower\nP2,Earring,earring\n",
		"operations": "product,code,name,seq\nP1,cut,裁剪,1\nP1,glue,粘合,2\nP2,cut,Cut,1\n",
		"orders": "code,workshop,contractor,product,quantity,unit_fee,ordered_on,due_on\n" +
			"O1,A,C1,P1,10000,0.35,2026-09-28,2026-10-31\nO2,A,C1,P2,500,1.5,2026-10-01,\nO3,B,C1,P1,500,0.4,2026-10-01,\n",
		"rates": "product,operation,order,effective_from,rate\nP1,cut,,2026-10-01,0.0035\nP1,glue,,2026-10-01,0.12\n" +
			"P1,cut,O1,2026-10-15,0.004\nP2,cut,,2026-10-01,0.05\n",
		"sessions": "code,workshop,date,starts_at,ends_at\nS1,A,2026-10-08,08:00,17:30\nS2,A,2026-10-09,,\nT1,B,2026-10-08,,\n",
		"tallies": "uid,session,worker,order,operation,good,rework,scrap_workmanship,scrap_material,recorded_at,reverses\n" +
			"u1,S1,W1,O1,cut,120,1,2,3,2026-10-08T09:30:00+08:00,\n" +
			"u2,S1,W2,O1,glue,50,,,,,\n" +
			"u3,S2,W1,O1,cut,120,1,2,3,,u1\n" +
			"u4,S2,W1,O2,cut,7,,,,,\n" +
			"v1,T1,V1,O3,cut,9,,,,,\n",
		"adjustments": "worker,date,kind,amount,note\nW1,2026-10-08,allowance,10.00,lunch\nW1,2026-10-08,allowance,10,lunch\nW2,2026-10-09,advance,200.5,\n",
		"deliveries":  "code,order,date,quantity,accepted,rejected,returned,note\nD1,O1,2026-10-20,100,90,4,6,first\nD2,O1,2026-10-21,50,,,,\n",
	}
}

func writeFolder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if !strings.Contains(name, ".") {
			name += ".csv"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func mustImport(t testing.TB, db *bun.DB, path string) Result {
	t.Helper()
	res, err := Import(t.Context(), db, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// dump is everything the import tables hold, in a form that two databases can be compared by.
func dump(t testing.TB, db *bun.DB) string {
	t.Helper()
	var b strings.Builder
	for _, q := range []string{
		"SELECT code, name, timezone, currency, chain_seq FROM workshops ORDER BY code",
		"SELECT code, name, phone FROM contractors ORDER BY code",
		"SELECT w.code, w.name, s.code, w.phone, w.share_weight FROM workers w JOIN workshops s ON s.id = w.workshop_id ORDER BY w.code",
		"SELECT code, name, craft FROM products ORDER BY code",
		"SELECT p.code, o.code, o.name, o.seq FROM operations o JOIN products p ON p.id = o.product_id ORDER BY p.code, o.code",
		`SELECT o.code, w.code, c.code, p.code, o.quantity, o.unit_fee, CAST(o.ordered_on AS TEXT), COALESCE(CAST(o.due_on AS TEXT), '') FROM processing_orders o
			JOIN workshops w ON w.id = o.workshop_id JOIN contractors c ON c.id = o.contractor_id JOIN products p ON p.id = o.product_id ORDER BY o.code`,
		`SELECT p.code, op.code, COALESCE(o.code, ''), CAST(r.effective_from AS TEXT), r.rate FROM piece_rates r JOIN products p ON p.id = r.product_id
			JOIN operations op ON op.id = r.operation_id LEFT JOIN processing_orders o ON o.id = r.order_id ORDER BY 1, 2, 3, 4`,
		"SELECT s.code, w.code, CAST(s.work_date AS TEXT), s.starts_at, s.ends_at FROM work_sessions s JOIN workshops w ON w.id = s.workshop_id ORDER BY s.code",
		`SELECT t.uid, s.code, w.code, o.code, p.code, t.good, t.rework, t.scrap_workmanship, t.scrap_material, COALESCE(r.uid, ''), CAST(t.work_date AS TEXT), t.chain_seq
			FROM tallies t JOIN work_sessions s ON s.id = t.session_id JOIN workers w ON w.id = t.worker_id JOIN processing_orders o ON o.id = t.order_id
			JOIN operations p ON p.id = t.operation_id LEFT JOIN tallies r ON r.id = t.reverses_id ORDER BY t.uid`,
		"SELECT w.code, CAST(a.work_date AS TEXT), a.kind, a.amount, a.note FROM adjustments a JOIN workers w ON w.id = a.worker_id ORDER BY 1, 2, 3, 4, 5",
		`SELECT d.code, o.code, CAST(d.delivered_on AS TEXT), d.quantity, COALESCE(a.accepted, 0), COALESCE(a.rejected, 0), COALESCE(a.returned, 0), d.note
			FROM deliveries d JOIN processing_orders o ON o.id = d.order_id LEFT JOIN acceptances a ON a.delivery_id = d.id ORDER BY d.code`,
	} {
		rows, err := db.QueryContext(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := rows.Columns()
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				if raw, ok := v.([]byte); ok {
					v = string(raw)
				}
				fmt.Fprintf(&b, "%v|", v)
			}
			b.WriteByte('\n')
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const monthDump = `A|桃都手工坊|Asia/Shanghai|CNY|4|
B|Second workshop|Asia/Shanghai|CNY|1|

C1|泰山饰品|0538-1234567|

V1|张三|B||1000000|
W1|李华|A|13800138000|1200000|
W2|Wang, "Mei"|A||1000000|

P1|绢花|artificial_flower|
P2|Earring|earring|

P1|cut|裁剪|1|
P1|glue|粘合|2|
P2|cut|Cut|1|

O1|A|C1|P1|10000|350000|2026-09-28|2026-10-31|
O2|A|C1|P2|500|1500000|2026-10-01||
O3|B|C1|P1|500|400000|2026-10-01||

P1|cut||2026-10-01|3500|
P1|cut|O1|2026-10-15|4000|
P1|glue||2026-10-01|120000|
P2|cut||2026-10-01|50000|

S1|A|2026-10-08|08:00|17:30|
S2|A|2026-10-09|||
T1|B|2026-10-08|||

u1|S1|W1|O1|cut|120|1|2|3||2026-10-08|1|
u2|S1|W2|O1|glue|50|0|0|0||2026-10-08|2|
u3|S2|W1|O1|cut|120|1|2|3|u1|2026-10-09|%d|
u4|S2|W1|O2|cut|7|0|0|0||2026-10-09|%d|
v1|T1|V1|O3|cut|9|0|0|0||2026-10-08|1|

W1|2026-10-08|allowance|1000|lunch|
W1|2026-10-08|allowance|1000|lunch|
W2|2026-10-09|advance|20050||

D1|O1|2026-10-20|100|90|4|6|first|
D2|O1|2026-10-21|50|0|0|0||

`

// wantDump is what month leaves in the database. u3 strikes a tally of its own batch and so waits for the end of the file.
var wantDump = fmt.Sprintf(monthDump, 4, 3)

func TestImport(t *testing.T) {
	db := pieceworktest.DB(t)
	told := map[string]int64{}
	res, err := Import(t.Context(), db, writeFolder(t, month()), func(table string, rows int64) { told[table] = rows })
	if err != nil {
		t.Fatal(err)
	}
	if got := dump(t, db); got != wantDump {
		t.Errorf("stored\n%s\nwant\n%s", got, wantDump)
	}
	want := map[string]int64{"workshops": 2, "contractors": 1, "workers": 3, "products": 2, "operations": 3, "orders": 3, "rates": 4,
		"sessions": 3, "tallies": 5, "adjustments": 3, "deliveries": 2}
	for _, r := range res.Tables {
		if r.New != want[r.Name] || r.Unchanged != 0 || told[r.Name] != r.New {
			t.Errorf("%+v, progress %d, want %d new", r, told[r.Name], want[r.Name])
		}
	}
	verifyChains(t, db)
}

// verifyChains recomputes the chain of every workshop.
func verifyChains(t testing.TB, db *bun.DB) {
	t.Helper()
	workshops, err := piecework.Workshops(t.Context(), db, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workshops {
		var last []byte
		n := int64(0)
		for link, err := range piecework.TallyLinks(t.Context(), db, w.ID) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			if last = piecework.Link(last, link.Content); link.Seq != n || !bytes.Equal(last, link.Hash) {
				t.Fatalf("the chain of %s breaks at %s", w.Code, link.Name)
			}
		}
		if n != w.ChainSeq || !bytes.Equal(last, w.ChainHash) {
			t.Errorf("the chain of %s has %d links and its head says %d", w.Code, n, w.ChainSeq)
		}
	}
}

func TestImportTwiceChangesNothing(t *testing.T) {
	dsn := pieceworktest.DSN(t)
	dir := writeFolder(t, month())
	db := openDB(t, dsn)
	mustImport(t, db, dir)
	before := snapshot(t, db, dsn)
	db = openDB(t, dsn)
	res := mustImport(t, db, dir)
	if res.New() != 0 || !strings.Contains(res.String(), "Nothing has changed") {
		t.Errorf("the second import says:\n%s", res)
	}
	if want := mustImport(t, pieceworktest.DB(t), dir); len(want.Tables) == len(res.Tables) {
		for i, r := range res.Tables {
			if r.Unchanged != want.Tables[i].New {
				t.Errorf("%s: %d unchanged, want %d", r.Name, r.Unchanged, want.Tables[i].New)
			}
		}
	}
	if after := snapshot(t, db, dsn); after != before {
		t.Error("the second import changed the database")
	}
}

// openDB opens a database that the test closes itself, to look at the file.
func openDB(t testing.TB, dsn string) *bun.DB {
	t.Helper()
	db, err := piecework.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// snapshot closes db and returns everything in it: the bytes of the SQLite file, or what the tables of PostgreSQL hold.
func snapshot(t testing.TB, db *bun.DB, dsn string) string {
	t.Helper()
	if !piecework.IsSQLite(db) {
		return dump(t, db)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The rows of one file may refer to what is in the database only, in any order of columns, with CRLF and a byte order mark.
func TestImportOneTableIntoAFilledDatabase(t *testing.T) {
	db := pieceworktest.DB(t)
	mustImport(t, db, writeFolder(t, month()))
	res := mustImport(t, db, writeFolder(t, map[string]string{
		"tallies": "\xEF\xBB\xBFgood,operation,uid,order,worker,session\r\n\"11\",cut,n1,O1,W1,S1\r\n\r\n,,,,,\r\n12,glue,n2,O1,W2,S2\r\n",
	}))
	if res.New() != 2 {
		t.Errorf("got %s", res)
	}
	verifyChains(t, db)
}

// A reversal may stand before the tally it strikes, in the file and in the batch.
func TestReversalBeforeItsOriginal(t *testing.T) {
	db := pieceworktest.DB(t)
	files := month()
	rows := strings.Split(strings.TrimSpace(files["tallies"]), "\n")
	files["tallies"] = strings.Join([]string{rows[0], rows[3], rows[5], rows[4], rows[2], rows[1]}, "\n")
	mustImport(t, db, writeFolder(t, files))
	var struck int
	if err := db.NewRaw("SELECT COUNT(*) FROM tallies t JOIN tallies o ON o.id = t.reverses_id WHERE t.uid = 'u3' AND o.uid = 'u1'").Scan(t.Context(), &struck); err != nil || struck != 1 {
		t.Errorf("u1 is struck %d times, %v", struck, err)
	}
	verifyChains(t, db)
}

// Like adjustments are counted: a file that shows one more than was imported adds one.
func TestAdjustmentsAreCounted(t *testing.T) {
	db := pieceworktest.DB(t)
	mustImport(t, db, writeFolder(t, month()))
	more := "worker,date,kind,amount,note\n" + strings.Repeat("W1,2026-10-08,allowance,10,lunch\n", 3)
	res := mustImport(t, db, writeFolder(t, map[string]string{"adjustments": more}))
	if a := res.Tables[0]; a.New != 1 || a.Unchanged != 2 {
		t.Errorf("got %+v, want 1 new and 2 unchanged", a)
	}
}

// What is imported above the amount from which a workshop wants a second person waits for one, as what is entered does.
func TestLargeAdjustmentsWaitForASecondPerson(t *testing.T) {
	db := pieceworktest.DB(t)
	files := month()
	adjustments := files["adjustments"]
	delete(files, "adjustments")
	mustImport(t, db, writeFolder(t, files))
	if _, err := db.ExecContext(t.Context(), "UPDATE workshops SET second_person_above = 10000"); err != nil {
		t.Fatal(err)
	}
	mustImport(t, db, writeFolder(t, map[string]string{"adjustments": adjustments}))
	var waiting []string
	if err := db.NewRaw("SELECT kind FROM adjustments WHERE needs_approval").Scan(t.Context(), &waiting); err != nil || len(waiting) != 1 || waiting[0] != "advance" {
		t.Errorf("%v wait for a second person, %v", waiting, err)
	}
}

func TestImportStopsWhenCancelled(t *testing.T) {
	db := pieceworktest.DB(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Import(ctx, db, writeFolder(t, month()), nil); err == nil {
		t.Error("a cancelled import went through")
	}
}

// refused imports one table into db and returns the only fault.
func refused(t *testing.T, db *bun.DB, table, content string) string {
	t.Helper()
	_, err := Import(t.Context(), db, writeFolder(t, map[string]string{table: content}), nil)
	var faults *Faults
	if !errors.As(err, &faults) || len(faults.List) != 1 {
		t.Fatalf("got %v, want one fault", err)
	}
	return faults.List[0].String()
}

// A uid that stands in the file twice is found however far apart the rows are.
func TestSameUIDFarApart(t *testing.T) {
	db := pieceworktest.DB(t)
	mustImport(t, db, writeFolder(t, month()))
	var b strings.Builder
	b.WriteString(tallyHeader + "\n")
	for i := range 2*batchSize + 10 {
		fmt.Fprintf(&b, "n%d,S1,W1,O1,cut,1,,,,,\n", i)
	}
	b.WriteString("n3,S1,W1,O1,cut,1,,,,,\n")
	want := fmt.Sprintf(`tallies.csv row %d column uid value "n3": the same stands in this file already`, 2*batchSize+12)
	if got := refused(t, db, "tallies", b.String()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A closed session or order takes what was counted before it closed, and nothing later.
func TestImportIntoWhatIsClosed(t *testing.T) {
	db := pieceworktest.DB(t)
	mustImport(t, db, writeFolder(t, month()))
	const closed = 1792000000000 // 2026-10-14
	for _, q := range []string{"UPDATE work_sessions SET closed_at = ? WHERE code = 'S2'", "UPDATE processing_orders SET closed_at = ? WHERE code = 'O2'"} {
		if _, err := db.ExecContext(t.Context(), q, closed); err != nil {
			t.Fatal(err)
		}
	}
	row := func(session, order, at string) string {
		return tallyHeader + "\nz1," + session + ",W1," + order + ",cut,1,,,," + at + ",\n"
	}
	if got, want := refused(t, db, "tallies", row("S2", "O1", "")), `tallies.csv row 2 column session value "S2": is closed`; !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
	if got, want := refused(t, db, "tallies", row("S1", "O2", "2026-10-20T08:00:00Z")), `tallies.csv row 2 column order value "O2": is closed`; !strings.HasPrefix(got, want) {
		t.Errorf("got %s", got)
	}
	if res := mustImport(t, db, writeFolder(t, map[string]string{"tallies": row("S2", "O2", "2026-10-09T08:00:00Z")})); res.New() != 1 {
		t.Errorf("got %s", res)
	}
	// What was imported before is still the same.
	if res := mustImport(t, db, writeFolder(t, map[string]string{"tallies": month()["tallies"]})); res.New() != 0 {
		t.Errorf("got %s", res)
	}
}

// Imported deliveries name bundles under the rules of the form, and what is read a second time is the same.
func TestImportedDeliveriesNameBundles(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	made, err := piecework.CutTickets(w.Ctx, w.DB, piecework.Cut{OrderID: w.Order.ID, Size: 50, Quantity: 150, By: "test"})
	w.Must(err)
	var codes []string
	for _, ticket := range made {
		codes = append(codes, ticket.Code().String())
		for _, op := range []string{"cut", "glue"} {
			w.Record(piecework.NewTally{Session: "S1", Worker: "A1", Order: "O1", Operation: op, Ticket: ticket.Code().String(), Counts: piecework.Counts{Good: ticket.Quantity}})
		}
	}
	read := func(rows ...string) (Result, error) {
		text := strings.NewReplacer("T1", codes[0], "T2", made[1].Code().Short(), "T3", codes[2]).Replace(strings.Join(rows, "\n"))
		return Import(w.Ctx, w.DB, writeFolder(t, map[string]string{"deliveries": "code,order,date,quantity,accepted,returned,bundles\n" + text + "\n"}), nil)
	}
	good := []string{"D1,O1,2026-10-20,70,70,,T1:20 T2", "D2,O1,2026-10-21,30,20,10,T1", "D3,O1,2026-10-22,10,,,T1:10", "D4,O1,2026-10-22,5,5,,"}
	for _, c := range []struct{ row, says string }{
		{"D1,O1,2026-10-20,70,,,T1:20 Q9", "row 2 column bundles value"},
		{"D1,O1,2026-10-20,70,,,T1:20 T1", "bundle 1 is named twice"},
		{"D1,O1,2026-10-20,71,,,T1:20 T2", `column quantity value "71": the bundles that are named make 70 pieces`},
		{"D1,O1,2026-10-20,51,,,T1:51", "of bundle 1 only 50 pieces can be delivered"},
		{"D1,O1,2026-10-20,0,,,T1", `column quantity value "0": must be between 1`},
		{"D1,O1,2026-10-20,70,60,10,T1:20 T2", `column accepted value "60": the delivery names its bundles`},
		{"D1,O1,2026-10-20,50,,,T1\nD2,O1,2026-10-20,50,,,T1", "row 3 column bundles"},
	} {
		if _, err := read(c.row); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.row, err, c.says)
		}
	}
	if res, err := read(good...); err != nil || res.New() != 4 {
		t.Fatalf("%v: %v", res, err)
	}
	for i, want := range []piecework.BundleFlow{{Delivered: 60, Accepted: 40, Returned: 10}, {Delivered: 50, Accepted: 50}, {}} {
		flows, err := piecework.BundleFlows(w.Ctx, w.DB, w.Order.ID)
		w.Must(err)
		if got := flows[made[i].ID]; got.Delivered != want.Delivered || got.Accepted != want.Accepted || got.Returned != want.Returned {
			t.Errorf("bundle %d: %+v, want %+v", i+1, got, want)
		}
	}
	if res, err := read(append(good, "D5,O1,2026-10-23,50,,,T3")...); err != nil || res.New() != 1 {
		t.Errorf("read again with one more: %v: %v", res, err)
	}
	for _, c := range []struct{ row, says string }{
		{"D1,O1,2026-10-20,70,70,,T1:30 T2:40", "row 2 column bundles"}, // other parts
		{"D4,O1,2026-10-22,5,5,,T3:5", "row 2 column bundles"},          // it named none
		{"D1,O1,2026-10-20,70,70,,", ""},                                // says nothing of them
	} {
		res, err := read(c.row)
		if c.says == "" && (err != nil || res.New() != 0) || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, %v, want %q", c.row, res, err, c.says)
		}
	}
}

// What both sides have confirmed stands: no import adds a decision to its days, nor a delivery to a quote.
func TestImportLeavesConfirmedStatementsAlone(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	statement, err := piecework.MakeStatement(w.Ctx, w.DB, w.Workshop.ID, w.Order.ContractorID, "2026-10-01", "2026-10-31", "test")
	w.Must(err)
	w.Must(statement.Confirm(w.Ctx, w.DB, false, "孙会计"))
	w.Must(statement.Confirm(w.Ctx, w.DB, true, "肥城工艺"))
	quote := *w.Order
	quote.ID, quote.Code, quote.Quote = 0, "Q1", true
	w.Must(piecework.SaveOrder(w.Ctx, w.DB, &quote))
	for rows, want := range map[string]string{
		"D1,O1,2026-10-31,10,10": "delivery D1: Both sides have confirmed the statement through 2026-10-31",
		"D1,Q1,2026-11-02,10,":   "delivery D1: Order Q1 is only offered",
		"D3,O1,2026-10-31,10,":   "", // nothing is decided yet
		"D2,O1,2026-11-01,10,9":  "",
	} {
		dir := t.TempDir()
		w.Must(os.WriteFile(filepath.Join(dir, "deliveries.csv"), []byte("code,order,date,quantity,accepted\n"+rows+"\n"), 0o600))
		if _, err := Import(w.Ctx, w.DB, dir, nil); err == nil && want != "" || err != nil && (want == "" || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", rows, err, want)
		}
	}
	var out strings.Builder
	w.Must(Statement(w.Ctx, w.DB, &out, CSV, "C1", "2026-10-01", "2026-10-31"))
	if !strings.Contains(out.String(), "owed,,1,confirmed") {
		t.Errorf("the version does not stand in it:\n%s", out.String())
	}
}
