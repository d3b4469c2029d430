package migrations

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite"
)

// emptyDB opens a database without any table: a SQLite file, or with TEST_DATABASE_URL a schema of its own there.
// It opens the engines by itself because migrations knows no room of ours.
func emptyDB(t *testing.T) *bun.DB {
	t.Helper()
	var db *bun.DB
	if server := os.Getenv("TEST_DATABASE_URL"); server != "" {
		schema := "m" + strings.ToLower(rand.Text())
		admin := must(sql.Open("pgx", server))(t)
		must(admin.Exec("CREATE SCHEMA " + schema))(t)
		t.Cleanup(func() {
			must(admin.Exec("DROP SCHEMA " + schema + " CASCADE"))(t)
			admin.Close()
		})
		sep := "?"
		if strings.Contains(server, "?") {
			sep = "&"
		}
		db = bun.NewDB(must(sql.Open("pgx", server+sep+"search_path="+schema))(t), pgdialect.New())
	} else {
		file := "file:" + filepath.Join(t.TempDir(), "test.db") + "?_pragma=foreign_keys(1)&_txlock=immediate"
		db = bun.NewDB(must(sql.Open("sqlite", file))(t), sqlitedialect.New())
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestUpTwice(t *testing.T) {
	db, ctx := emptyDB(t), t.Context()

	pending := must(Pending(ctx, db))(t)
	if len(pending) == 0 || pending[0] != "20261123000001_work" {
		t.Fatalf("pending in an empty database: %v", pending)
	}
	if again := must(Pending(ctx, db))(t); len(again) != len(pending) {
		t.Errorf("asking what is pending changed it to %v", again)
	}
	applied := must(Up(ctx, db))(t)
	if fmt.Sprint(applied) != fmt.Sprint(pending) {
		t.Errorf("applied %v of %v", applied, pending)
	}
	if again := must(Up(ctx, db))(t); len(again) != 0 {
		t.Errorf("applied a second time: %v", again)
	}
	if left := must(Pending(ctx, db))(t); len(left) != 0 {
		t.Errorf("still pending: %v", left)
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	db, ctx := emptyDB(t), t.Context()
	broken := fstest.MapFS{
		"20260101000001_good.tx.up.sql":   {Data: []byte("CREATE TABLE good (id {{.ID}});")},
		"20260101000002_broken.tx.up.sql": {Data: []byte("CREATE TABLE half (id {{.ID}});\n--bun:split\nCREATE TABLE good (id {{.ID}});")},
	}
	for try := range 2 {
		applied, err := up(ctx, db, broken)
		if err == nil {
			t.Fatalf("try %d: the broken migration passed", try)
		}
		if want := []string{"[20260101000001_good]", "[]"}[try]; fmt.Sprint(applied) != want {
			t.Errorf("try %d: applied %v, want %v", try, applied, want)
		}
		if _, err := db.Exec("SELECT * FROM half"); err == nil {
			t.Fatalf("try %d: the first half of the broken migration stayed", try)
		}
		if left := must(pending(ctx, db, broken))(t); fmt.Sprint(left) != "[20260101000002_broken]" {
			t.Errorf("try %d: pending is %v", try, left)
		}
	}

	broken["20260101000002_broken.tx.up.sql"].Data = []byte("CREATE TABLE half (id {{.ID}});")
	if applied := must(up(ctx, db, broken))(t); fmt.Sprint(applied) != "[20260101000002_broken]" {
		t.Errorf("after mending: applied %v", applied)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	db, ctx := emptyDB(t), t.Context()
	newer := fstest.MapFS{
		"20260101000001_a.tx.up.sql": {Data: []byte("CREATE TABLE a (id {{.ID}});")},
		"20260101000002_b.tx.up.sql": {Data: []byte("CREATE TABLE b (id {{.ID}});")},
	}
	must(up(ctx, db, newer))(t)
	older := fstest.MapFS{"20260101000001_a.tx.up.sql": newer["20260101000001_a.tx.up.sql"]}
	for name, err := range map[string]error{
		"up":      second(up(ctx, db, older)),
		"pending": second(pending(ctx, db, older)),
	} {
		if err == nil || !strings.Contains(err.Error(), "20260101000002") {
			t.Errorf("%s on a newer database: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestLockOfACrash(t *testing.T) {
	db, ctx := emptyDB(t), t.Context()
	m := must(migrator(db, files))(t)
	must(0, m.Init(ctx))(t)
	must(0, m.Lock(ctx))(t)

	if applied, err := Up(ctx, db); err == nil || !strings.Contains(err.Error(), "jijian migrate --unlock") {
		t.Fatalf("while locked: applied %v, error %v", applied, err)
	}
	must(0, Unlock(ctx, db))(t)
	if applied := must(Up(ctx, db))(t); len(applied) == 0 {
		t.Error("nothing applied after unlocking")
	}
	// Up has given its own lock back.
	must(0, m.Lock(ctx))(t)
}

func TestUnlockEmptyDatabase(t *testing.T) {
	must(0, Unlock(t.Context(), emptyDB(t)))(t)
}

// interrupted is a set of migrations whose reader gives up as soon as the first one is opened.
type interrupted struct {
	fstest.MapFS
	giveUp func()
}

func (f interrupted) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".sql") {
		f.giveUp()
	}
	return f.MapFS.Open(name)
}

func TestInterruptedUpGivesItsLockBack(t *testing.T) {
	db := emptyDB(t)
	one := fstest.MapFS{"1_a.tx.up.sql": {Data: []byte("CREATE TABLE a (id {{.ID}});")}}
	ctx, cancel := context.WithCancel(t.Context())
	if applied, err := up(ctx, db, interrupted{one, cancel}); !errors.Is(err, context.Canceled) || len(applied) != 0 {
		t.Fatalf("interrupted: applied %v, error %v", applied, err)
	}
	if applied := must(up(t.Context(), db, one))(t); len(applied) != 1 {
		t.Errorf("afterwards applied %v", applied)
	}
}

func TestForbid(t *testing.T) {
	db, ctx := emptyDB(t), t.Context()
	must(up(ctx, db, fstest.MapFS{"1_book.tx.up.sql": {Data: []byte(`CREATE TABLE book (id {{.ID}}, word TEXT);
--bun:split
{{.Forbid "book" "UPDATE"}}
--bun:split
{{.Forbid "book" "DELETE"}}`)}}))(t)
	must(db.Exec("INSERT INTO book (word) VALUES ('ink')"))(t)

	statements := []string{"UPDATE book SET word = 'chalk'", "DELETE FROM book"}
	if db.Dialect().Name() != sqlitedialect.New().Name() {
		statements = append(statements, "TRUNCATE book")
	}
	for _, statement := range statements {
		if _, err := db.Exec(statement); err == nil || !strings.Contains(err.Error(), "book is append-only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	var word string
	if err := db.QueryRow("SELECT word FROM book").Scan(&word); err != nil || word != "ink" {
		t.Errorf("the row now reads %q, %v", word, err)
	}

	_, err := up(ctx, db, fstest.MapFS{
		"1_book.tx.up.sql":  {Data: []byte(`SELECT 1`)},
		"2_wrong.tx.up.sql": {Data: []byte(`{{.Forbid "book" "SELECT"}}`)},
	})
	if err == nil {
		t.Error("forbade SELECT")
	}
}
