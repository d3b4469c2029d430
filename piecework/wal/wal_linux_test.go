package wal_test

import (
	"bytes"
	"database/sql"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// thirtyPages is a transaction that changes some thirty pages.
const thirtyPages = "UPDATE facts SET body = body || ? WHERE id % 10 = 0"

// many opens a database of three hundred rows, thirty of them on pages of their own.
func many(t *testing.T, vfs string) (*sql.DB, string) {
	path := filepath.Join(t.TempDir(), "books.db")
	db := open(t, path, vfs)
	exec(t, db, "PRAGMA journal_mode=WAL")
	exec(t, db, "PRAGMA synchronous=FULL")
	exec(t, db, "CREATE TABLE facts (id INTEGER PRIMARY KEY, body TEXT)")
	exec(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO facts SELECT i, hex(zeroblob(150)) FROM n")
	exec(t, db, thirtyPages, "") // the statement is known and the log has its place on the disk
	return db, path
}

// TestACommitIsWrittenByFewCalls counts what the operating system is asked to write.
func TestACommitIsWrittenByFewCalls(t *testing.T) {
	calls := map[string]int{}
	for _, vfs := range []string{"", ours(t)} {
		db, _ := many(t, vfs)
		before := written(t)
		exec(t, db, thirtyPages, "x")
		calls[vfs] = written(t) - before
	}
	if usual, own := calls[""], calls[ours(t)]; own > usual/4 || usual < 20 {
		t.Errorf("%d calls, SQLite by itself %d", own, usual)
	}
}

// written is how often this process has asked to write.
func written(t *testing.T) int {
	data, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(data, []byte("syscw: "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.Atoi(string(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestWhatTheDiskRefusesIsNotCommitted lets the disk refuse to write for a while. What was refused is not there afterwards, and what comes
// when the disk is well again is.
func TestWhatTheDiskRefusesIsNotCommitted(t *testing.T) {
	for _, transaction := range []struct {
		name, query string
		spills      bool // pages are written before the commit
	}{{"of one page", "UPDATE facts SET body = body || ? WHERE id = 1", false}, {"of many", thirtyPages, false}, {"larger than the cache", thirtyPages, true}} {
		t.Run(transaction.name, func(t *testing.T) {
			db, path := many(t, ours(t))
			if transaction.spills {
				exec(t, db, "PRAGMA cache_size=5")
			}
			before := content(t, db)
			heal := readOnly(t, path+"-wal")
			for range 3 {
				if _, err := db.Exec(transaction.query, "refused"); err == nil || !strings.Contains(err.Error(), "disk I/O error") {
					t.Fatalf("%v, want to be told of the disk", err)
				}
			}
			if got := content(t, db); !maps.Equal(got, before) {
				t.Error("what is there can no longer be read")
			}
			heal()
			if got := content(t, db); !maps.Equal(got, before) {
				t.Error("what was refused can be read")
			}
			if got := content(t, open(t, copyOf(t, path), "")); !maps.Equal(got, before) {
				t.Error("what was refused would be there after a crash")
			}
			exec(t, db, transaction.query, "kept")
			after := content(t, db)
			if maps.Equal(after, before) {
				t.Error("what was stored later cannot be read")
			}
			for name, from := range map[string]string{"in use": path, "after a crash": copyOf(t, path)} {
				if got := content(t, open(t, from, "")); !maps.Equal(got, after) {
					t.Errorf("%s: the files hold something else", name)
				}
			}
		})
	}
}

// TestWhatIsNotOnDiskIsNotCommitted lets the disk take what is written and fail to keep it.
func TestWhatIsNotOnDiskIsNotCommitted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	db := open(t, path, ours(t))
	exec(t, db, "PRAGMA journal_mode=WAL")
	exec(t, db, "PRAGMA synchronous=FULL")
	exec(t, db, "CREATE TABLE facts (id INTEGER PRIMARY KEY, body TEXT)")
	exec(t, db, "INSERT INTO facts VALUES (1, 'kept')")
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0) // takes everything; to be made durable it refuses
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	heal := replaced(t, path+"-wal", null)
	if _, err := db.Exec("INSERT INTO facts VALUES (2, 'lost')"); err == nil || !strings.Contains(err.Error(), "1034") {
		t.Errorf("%v, want the disk's refusal (1034)", err)
	}
	heal()
	want := map[int]string{1: "kept"}
	for name, from := range map[string]string{"in use": path, "after a crash": copyOf(t, path)} {
		if got := content(t, open(t, from, "")); !maps.Equal(got, want) {
			t.Errorf("%s: the files hold %v", name, got)
		}
	}
}

// readOnly makes every write to an open file fail until heal is called.
func readOnly(t *testing.T, path string) (heal func()) {
	t.Helper()
	reading, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	return replaced(t, path, reading)
}

// replaced lets all that go to an open file go to another until heal is called.
func replaced(t *testing.T, path string, by *os.File) (heal func()) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var undo []func()
	for _, e := range list {
		if target, _ := os.Readlink("/proc/self/fd/" + e.Name()); target != path || e.Name() == strconv.Itoa(int(by.Fd())) { // the folder itself is closed by now
			continue
		}
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		kept, err := syscall.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		replace := func(by int) {
			if err := syscall.Dup3(by, fd, syscall.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
		}
		replace(int(by.Fd()))
		undo = append(undo, func() { replace(kept); syscall.Close(kept) })
	}
	if len(undo) == 0 {
		t.Fatalf("%s is not open", path)
	}
	return func() {
		for _, f := range undo {
			f()
		}
	}
}
