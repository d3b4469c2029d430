package wal_test

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"jijian/piecework/wal"
)

// open opens a file on one connection, by our file system or, with vfs "", by SQLite's own.
func open(t testing.TB, path, vfs string) *sql.DB {
	t.Helper()
	dsn := "file:" + path
	if vfs != "" {
		dsn += "?vfs=" + vfs
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func ours(t testing.TB) string {
	t.Helper()
	name, err := wal.VFS()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// fataler is what a test and a step of a property have in common.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

func exec(t fataler, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// content is the rows of a database that SQLite finds sound.
func content(t fataler, db *sql.DB) map[int]string {
	t.Helper()
	var sound string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		t.Fatalf("integrity: %s, %v", sound, err)
	}
	rows, err := db.Query("SELECT id, body FROM facts")
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	defer rows.Close()
	all := map[int]string{}
	for rows.Next() {
		var id int
		var body string
		if err := rows.Scan(&id, &body); err != nil {
			t.Fatalf("read: %v", err)
		}
		all[id] = body
	}
	if rows.Err() != nil {
		t.Fatalf("read: %v", rows.Err())
	}
	return all
}

// TestWhateverIsCommittedIsInTheFiles writes at random through our file system, from two connections in turn, with transactions far larger
// than the cache, some of them taken back as a whole or in part. After each of them SQLite's own file system finds exactly what was committed: in the files
// themselves while they are in use, and in a copy of them, which is what a crash at this moment would leave.
func TestWhateverIsCommittedIsInTheFiles(t *testing.T) {
	vfs, dir, n := ours(t), t.TempDir(), 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		path := filepath.Join(dir, fmt.Sprintf("%d.db", n))
		db := open(t, path, vfs)
		defer db.Close()
		exec(r, db, fmt.Sprintf("PRAGMA page_size=%d", rapid.SampledFrom([]int{512, 4096, 65536}).Draw(r, "page size")))
		exec(r, db, "PRAGMA journal_mode=WAL")
		second := open(t, path, vfs)
		defer second.Close()
		for _, c := range []*sql.DB{db, second} {
			exec(r, c, "PRAGMA synchronous="+rapid.SampledFrom([]string{"FULL", "NORMAL", "OFF"}).Draw(r, "synchronous"))
			exec(r, c, "PRAGMA wal_autocheckpoint=40")
			exec(r, c, "PRAGMA cache_size=10")
		}
		exec(r, db, "CREATE TABLE facts (id INTEGER PRIMARY KEY, body TEXT)")
		exec(r, db, "CREATE INDEX bodies ON facts (body)")
		other := open(t, path, "")
		defer other.Close()
		want := map[int]string{}
		change := func(m map[int]string) {
			for range rapid.IntRange(1, 60).Draw(r, "changes") {
				id := rapid.IntRange(1, 80).Draw(r, "id")
				if rapid.IntRange(0, 4).Draw(r, "delete") == 0 {
					exec(r, db, "DELETE FROM facts WHERE id = ?", id)
					delete(m, id)
					continue
				}
				body := fmt.Sprintf("%0*d", rapid.SampledFrom([]int{1, 300, 9000}).Draw(r, "length"), rapid.IntRange(0, 1_000_000).Draw(r, "body"))
				exec(r, db, "INSERT OR REPLACE INTO facts VALUES (?, ?)", id, body)
				m[id] = body
			}
		}
		for range rapid.IntRange(1, 6).Draw(r, "transactions") {
			if rapid.Bool().Draw(r, "the other's turn") {
				db, second = second, db
			}
			next := maps.Clone(want)
			exec(r, db, "BEGIN IMMEDIATE")
			change(next)
			if rapid.Bool().Draw(r, "savepoint") {
				exec(r, db, "SAVEPOINT part")
				change(maps.Clone(next))
				exec(r, db, "ROLLBACK TO part")
				change(next)
			}
			if rapid.IntRange(0, 3).Draw(r, "rollback") == 0 {
				exec(r, db, "ROLLBACK")
			} else {
				exec(r, db, "COMMIT")
				want = next
			}
			if got := content(r, other); !maps.Equal(got, want) {
				r.Fatalf("another connection sees %d rows, %d were committed", len(got), len(want))
			}
			if got := content(r, open(t, copyOf(r, path), "")); !maps.Equal(got, want) {
				r.Fatalf("after a crash there would be %d rows, %d were committed", len(got), len(want))
			}
			switch rapid.IntRange(0, 4).Draw(r, "then") {
			case 0:
				exec(r, db, "PRAGMA wal_checkpoint(TRUNCATE)")
			case 1:
				exec(r, db, "VACUUM")
			}
		}
		for _, c := range []*sql.DB{db, second} {
			if got := content(r, c); !maps.Equal(got, want) {
				r.Fatalf("%d rows are seen, %d were committed", len(got), len(want))
			}
		}
	})
}

// TestWhatWasTakenBackStaysAway takes back a transaction larger than the cache and commits another from a second connection, whose pages
// come to lie where those of the first would have been.
func TestWhatWasTakenBackStaysAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	first, second := open(t, path, ours(t)), open(t, path, ours(t))
	exec(t, first, "PRAGMA journal_mode=WAL")
	exec(t, first, "CREATE TABLE facts (id INTEGER PRIMARY KEY, body TEXT)")
	exec(t, first, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO facts SELECT i, hex(zeroblob(150)) FROM n")
	exec(t, first, "PRAGMA wal_checkpoint(TRUNCATE)") // nothing is read from the log below
	exec(t, first, "PRAGMA cache_size=5")
	want := content(t, second)
	exec(t, first, "BEGIN IMMEDIATE")
	exec(t, first, "UPDATE facts SET body = body || 'taken back' WHERE id % 10 = 0")
	exec(t, first, "ROLLBACK")
	exec(t, second, "UPDATE facts SET body = body || 'kept' WHERE id % 10 = 5")
	for id := range want {
		if id%10 == 5 {
			want[id] += "kept"
		}
	}
	copied := copyOf(t, path)
	for name, db := range map[string]*sql.DB{"the second": second, "the first": first, "SQLite by itself": open(t, path, ""), "after a crash": open(t, copied, "")} {
		if got := content(t, db); !maps.Equal(got, want) {
			t.Errorf("%s finds other rows than were committed", name)
		}
	}
	exec(t, first, "UPDATE facts SET body = '' WHERE id = 1")
	want[1] = ""
	if got := content(t, open(t, copyOf(t, path), "")); !maps.Equal(got, want) {
		t.Error("the next commit of the first brings back what it took back")
	}
}

// copyOf copies a database and its log beside it.
func copyOf(t fataler, path string) string {
	t.Helper()
	to := path + "-copy"
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(to + suffix) // of the copy before
		if suffix == "-shm" {
			continue // lost in a crash
		}
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatalf("copy: %v", err)
		}
		if err := os.WriteFile(to+suffix, data, 0o600); err != nil {
			t.Fatalf("copy: %v", err)
		}
	}
	return to
}

// TestPaddedCommits has SQLite fill the last sector of a commit, as it does for disks that may spoil what lies beside what they write. It
// then writes a page in two parts, and each of them, even one as long as a header, is in the log when the commit is.
func TestPaddedCommits(t *testing.T) {
	const page = 512
	path := filepath.Join(t.TempDir(), "books.db")
	db := open(t, path, ours(t)+"&psow=0")
	for _, pragma := range []string{fmt.Sprintf("page_size=%d", page), "journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"} {
		exec(t, db, "PRAGMA "+pragma)
	}
	exec(t, db, "CREATE TABLE facts (id INTEGER PRIMARY KEY, body TEXT)")
	for id := range 100 {
		exec(t, db, "INSERT INTO facts VALUES (?, hex(zeroblob(?)))", id, id*id%3*page/2)
		log, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		if rest := (log.Size() - 32) % (24 + page); rest != 0 {
			t.Fatalf("after commit %d a frame of the log has %d bytes", id, rest)
		}
	}
}
