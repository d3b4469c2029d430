package exchange

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// settled is a database with an approved and paid October (run 1) and an open November (run 2) that corrects it.
func settled(t testing.TB) *bun.DB {
	t.Helper()
	db := pieceworktest.DB(t)
	files := month()
	files["workers"] += "W3,=HYPERLINK(\"\"x\"\"),A,@phone,\n-W4,-赵六,A,,\n"
	files["workers"] = strings.Replace(files["workers"], `=HYPERLINK(""x"")`, `"=HYPERLINK(""x"")"`, 1)
	files["tallies"] += "u5,S1,W1,O1,glue,125,,,,,\nu6,S2,W1,O1,cut,3000,0,4,10,,\nu7,S2,W3,O1,glue,1,,,,,\nu8,S2,-W4,O2,cut,10,,,,,\n"
	files["adjustments"] += "W3,2026-10-09,bonus,5,\nW1,2026-10-20,damage,3.10,torn\nW1,2026-10-20,deduction,0.5,\n"
	mustImport(t, db, writeFolder(t, files))
	workshop, err := piecework.WorkshopByCode(t.Context(), db, "A")
	if err != nil {
		t.Fatal(err)
	}
	exec := func(q string, args ...any) {
		if _, err := db.ExecContext(t.Context(), q, args...); err != nil {
			t.Fatal(err)
		}
	}
	// Seven hours and a half, and twenty minutes, of W1; W2 never checked out.
	const hour = 60 * 60 * 1000
	const start = 1791417600000 // 2026-10-08T08:00:00+08:00
	exec(`INSERT INTO attendances (session_id, worker_id, check_in, check_out)
		SELECT s.id, w.id, ?, ? FROM work_sessions s, workers w WHERE s.code = 'S1' AND w.code = 'W1'`, start, start+hour*15/2)
	exec(`INSERT INTO attendances (session_id, worker_id, check_in, check_out)
		SELECT s.id, w.id, ?, ? FROM work_sessions s, workers w WHERE s.code = 'S2' AND w.code = 'W1'`, start+24*hour, start+24*hour+hour/3)
	exec(`INSERT INTO attendances (session_id, worker_id, check_in, check_out)
		SELECT s.id, w.id, ?, 0 FROM work_sessions s, workers w WHERE s.code = 'S1' AND w.code = 'W2'`, start)

	run, err := payroll.Settle(t.Context(), db, workshop.ID, "2026-10-01", "2026-10-31", "test")
	if err == nil {
		err = payroll.Approve(t.Context(), db, run.ID, "test")
	}
	if err == nil {
		err = payroll.PayRest(t.Context(), db, run.ID, payroll.Payment{Method: payroll.Cash, PaidOn: "2026-11-05", RecordedBy: "test"})
	}
	if err != nil {
		t.Fatal(err)
	}
	exec("UPDATE pay_runs SET paid_at = ? WHERE id = ?", 1793809800000, run.ID) // 2026-11-05T00:30:00+08:00, a day earlier in UTC
	mustImport(t, db, writeFolder(t, map[string]string{
		"sessions": "code,workshop,date\nS3,A,2026-11-02\n",
		"tallies":  "uid,session,worker,order,operation,good,rework,scrap_workmanship,scrap_material,reverses\nx1,S3,W1,O1,glue,30,,,,\nx2,S3,W1,O1,glue,125,,,,u5\nx3,S3,W2,O1,cut,1000,,,,\n",
	}))
	if _, err := payroll.Settle(t.Context(), db, workshop.ID, "2026-11-01", "2026-11-30", "test"); err != nil {
		t.Fatal(err)
	}
	return db
}

type export struct {
	name  string
	write func(w io.Writer, f Format) error
}

func exports(t testing.TB, db *bun.DB) []export {
	ctx := t.Context()
	list := []export{{"statement", func(w io.Writer, f Format) error {
		return Statement(ctx, db, w, f, "C1", "2026-10-01", "2026-10-31")
	}}}
	for name, write := range RunExports {
		for run := int64(1); run <= 2; run++ {
			list = append(list, export{fmt.Sprintf("%s-%d", name, run), func(w io.Writer, f Format) error { return write(ctx, db, w, f, run) }})
		}
	}
	return list
}

func TestExportsAsCSV(t *testing.T) {
	for _, e := range exports(t, settled(t)) {
		var b bytes.Buffer
		if err := e.write(&b, CSV); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", e.name+".csv")
		if *update {
			if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s:\n%s\nwant\n%s", e.name, b.Bytes(), want)
		}
	}
}

// A workbook says the same as the CSV file, numbers as numbers and everything else as text.
func TestExportsAsWorkbook(t *testing.T) {
	for _, e := range exports(t, settled(t)) {
		name, _, _ := strings.Cut(e.name, "-")
		var asCSV, asXLSX bytes.Buffer
		if err := errors.Join(e.write(&asCSV, CSV), e.write(&asXLSX, XLSX)); err != nil {
			t.Fatal(err)
		}
		want, err := csv.NewReader(&asCSV).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		got := workbookCells(t, asXLSX.Bytes(), name)
		if len(got) != len(want) {
			t.Fatalf("%s has %d rows, want %d", e.name, len(got), len(want))
		}
		numeric := map[string]bool{}
		for _, c := range map[string][]outColumn{"lines": lineColumns, "slips": slipColumns, "payments": paymentColumns, "ledger": ledgerColumns, "statement": statementColumns}[name] {
			numeric[c.name] = c.holds >= pieces
		}
		for y := range want {
			for x, value := range want[y] {
				var c cell
				if x < len(got[y]) {
					c = got[y][x]
				}
				column := want[0][x]
				switch {
				case y == 0:
					if !strings.HasSuffix(c.text, column) {
						t.Errorf("%s: header %q, want %q", e.name, c.text, column)
					}
				case value == "":
					if c.text != "" {
						t.Errorf("%s row %d %s is %q, want a blank", e.name, y+1, column, c.text)
					}
				case numeric[column]:
					if c.form != asNumber || c.text != trimZeros(value) {
						t.Errorf("%s row %d %s is %+v, want the number %s", e.name, y+1, column, c, value)
					}
				default:
					if c.form != asText || c.text != strings.TrimPrefix(value, "'") {
						t.Errorf("%s row %d %s is %+v, want the text %s", e.name, y+1, column, c, value)
					}
				}
			}
		}
	}
}

// workbookCells reads a sheet back with types.
func workbookCells(t *testing.T, content []byte, sheet string) [][]cell {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.xlsx")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	b := &book{}
	faults := &Faults{}
	if err := b.openWorkbook(path, faults); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	// The sheet is none of the import tables, and is named as such with the first row that it holds.
	if len(faults.List) != 1 || !strings.HasSuffix(faults.List[0].File, "sheet "+sheet) {
		t.Fatalf("the sheet is not called %s: %v", sheet, faults.List)
	}
	w := &workbook{zip: b.closer.(*zip.ReadCloser)}
	parts, err := w.readParts()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := w.rows(parts[0].part)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]cell
	for {
		_, cells, err := lines.next()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, append([]cell(nil), cells...))
	}
}

// The figures of an export hold together: lines sum to slips, slips to payments, and the ledger shows the same.
func TestExportsAgree(t *testing.T) {
	db := settled(t)
	read := func(name string, run int64) []map[string]string {
		var b bytes.Buffer
		if err := RunExports[name](t.Context(), db, &b, CSV, run); err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var rows []map[string]string
		for _, r := range records[1:] {
			row := map[string]string{}
			for i, column := range records[0] {
				row[column] = r[i]
			}
			rows = append(rows, row)
		}
		return rows
	}
	money := func(s string) piecework.Money {
		m, msg := piecework.ParseMoney(s)
		if msg != nil {
			t.Fatal(msg)
		}
		return m
	}
	for run := int64(1); run <= 2; run++ {
		net, paid := map[string]piecework.Money{}, map[string]piecework.Money{}
		for _, l := range read("lines", run) {
			net[l["worker"]] = net[l["worker"]].Add(money(l["amount"]))
		}
		for _, p := range read("payments", run) {
			paid[p["worker"]] = money(p["amount"])
		}
		ledger := read("ledger", run)
		for i, s := range read("slips", run) {
			code := s["worker"]
			if got := money(s["gross"]).Sub(money(s["tax"])).Sub(money(s["deductions"])); got.Cmp(money(s["net"])) != 0 || net[code].Cmp(got) != 0 || paid[code].Cmp(got) != 0 {
				t.Errorf("run %d, %s: slip %v, lines %s, paid %s", run, code, s, net[code], paid[code])
			}
			l := ledger[i]
			sum := func(columns ...string) (m piecework.Money) {
				for _, c := range columns {
					m = m.Add(money(l[c]))
				}
				return m
			}
			if l["worker"] != code || sum("piece", "tier", "team", "bonus", "allowance", "make_up", "correction_paid").Cmp(money(s["gross"])) != 0 ||
				sum("tax", "correction_taken", "deduction", "damage", "advance").Cmp(sum("withheld")) != 0 || l["net"] != s["net"] || l["gross"] != s["gross"] {
				t.Errorf("run %d, %s: the ledger says %v and the slip %v", run, code, l, s)
			}
		}
	}
}

func TestExportsRefuse(t *testing.T) {
	db := pieceworktest.DB(t)
	for name, write := range RunExports {
		if err := write(t.Context(), db, io.Discard, CSV, 99); !errors.Is(err, piecework.ErrNotFound) {
			t.Errorf("%s of a run that is not there: %v", name, err)
		}
	}
	if err := Statement(t.Context(), db, io.Discard, CSV, "C9", "2026-10-01", "2026-10-31"); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("statement of nobody: %v", err)
	}
	if err := Statement(t.Context(), db, io.Discard, CSV, "C9", "2026-10-31", "2026-10-01"); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("statement of a period that ends before it begins: %v", err)
	}
	if _, err := ParseFormat("pdf"); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("format pdf: %v", err)
	}
}

func TestDisarm(t *testing.T) {
	for in, want := range map[string]string{"": "", "李华": "李华", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "＝1": "'＝1", "a=1": "a=1", "'=1": "'=1"} {
		if got := disarm(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestNumberCell(t *testing.T) {
	for in, want := range map[string]any{"0.00": 0.0, "12.50": 12.5, "-3.10": -3.1, "0.0035": 0.0035, "123456789012.34": 123456789012.34,
		"9007199254740993": "9007199254740993", "92233720368547758.07": "92233720368547758.07", "": ""} {
		if got := numberCell(in); got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}
