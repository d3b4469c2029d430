package exchange

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"jijian/piecework/pieceworktest"
)

// manyTallies writes a folder with n tallies of 500 workers in 100 sessions; one in 50 strikes an earlier one.
func manyTallies(tb testing.TB, n int) string {
	tb.Helper()
	dir := tb.TempDir()
	table := func(name, header string, rows int, row func(i int) string) {
		f, err := os.Create(filepath.Join(dir, name+".csv"))
		if err != nil {
			tb.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<20)
		fmt.Fprintln(w, header)
		for i := range rows {
			fmt.Fprintln(w, row(i))
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
		if err := f.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	table("workshops", "code,name", 2, func(i int) string { return fmt.Sprintf("A%d,Workshop %d", i, i) })
	table("contractors", "code,name", 1, func(i int) string { return "C1,Contractor" })
	table("workers", "code,name,workshop", 500, func(i int) string { return fmt.Sprintf("W%03d,Worker %d,A%d", i, i, i%2) })
	table("products", "code,name", 5, func(i int) string { return fmt.Sprintf("P%d,Product %d", i, i) })
	table("operations", "product,code,name,seq", 20, func(i int) string { return fmt.Sprintf("P%d,op%d,Operation,%d", i/4, i%4, i%4) })
	table("orders", "code,workshop,contractor,product,quantity,unit_fee,ordered_on", 10, func(i int) string {
		return fmt.Sprintf("O%d,A%d,C1,P%d,1000000,0.5,2026-09-01", i, i%2, i/2)
	})
	table("rates", "product,operation,effective_from,rate", 20, func(i int) string {
		return fmt.Sprintf("P%d,op%d,2026-09-01,0.%04d", i/4, i%4, 35+i)
	})
	table("sessions", "code,workshop,date", 100, func(i int) string {
		return fmt.Sprintf("S%d,A%d,%s", i, i%2, start.AddDate(0, 0, i/4).Format("2006-01-02"))
	})
	uid := func(i int) string {
		return fmt.Sprintf("0199a%03x-%04x-7000-8000-%012x", i>>16, i&0xffff, uint32(i)*2654435761)
	}
	table("tallies", tallyHeader, n, func(i int) string {
		reverses := ""
		content := i
		if i%50 == 49 {
			content = i - 40
			reverses = uid(content)
		}
		workshop := content % 2
		return fmt.Sprintf("%s,S%d,W%03d,O%d,op%d,%d,0,%d,,%s,%s", uid(i), content*100/n/2*2+workshop, content/7%250*2+workshop,
			content/3%5*2+workshop, content%4, content%90+10, content%3, start.Add(time.Duration(i)*time.Second).Format(time.RFC3339), reverses)
	})
	return dir
}

// A file of many batches, with reversals across and within them, makes chains that hold.
func TestImportManyTallies(t *testing.T) {
	db := pieceworktest.DB(t)
	const n = 12_345
	dir := manyTallies(t, n)
	mustImport(t, db, dir)
	var stored, struck int
	if err := db.NewRaw("SELECT COUNT(*), COUNT(reverses_id) FROM tallies").Scan(t.Context(), &stored, &struck); err != nil {
		t.Fatal(err)
	}
	if stored != n || struck != n/50 {
		t.Errorf("stored %d tallies and %d reversals, want %d and %d", stored, struck, n, n/50)
	}
	verifyChains(t, db)
	if again := mustImport(t, db, dir); again.New() != 0 {
		t.Errorf("the second import added %d rows", again.New())
	}
}

// A fault at the end of a file so long that the database had to put pages aside leaves nothing behind either.
func TestFaultAtTheEndOfALongFile(t *testing.T) {
	dsn := pieceworktest.DSN(t)
	db := openDB(t, dsn)
	mustImport(t, db, writeFolder(t, map[string]string{"workshops": "code,name\nZ,Before\n"}))
	before := snapshot(t, db, dsn)
	db = openDB(t, dsn)
	dir := manyTallies(t, 30_000)
	f, err := os.OpenFile(filepath.Join(dir, "tallies.csv"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("last,S0,W000,O0,op0,-1,,,,,\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Import(t.Context(), db, dir, nil)
	if err == nil || !strings.Contains(err.Error(), `tallies.csv row 30002 column good value "-1"`) {
		t.Errorf("got %v", err)
	}
	if snapshot(t, db, dsn) != before {
		t.Error("the database has changed")
	}
}

// BenchmarkImport imports b.N tallies in one transaction; -benchtime=1000000x is the case of the big month.
func BenchmarkImport(b *testing.B) {
	dir := manyTallies(b, max(b.N, 100))
	db := pieceworktest.DB(b)
	var peak uint64
	b.ResetTimer()
	_, err := Import(b.Context(), db, dir, func(string, int64) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapInuse)
	})
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
}
