// Package demotest gives tests the demo month, as of the evening of 23 November 2026 or of another day, in a database of their own. On SQLite it is
// made once a process and then copied, which is a hundred times as quick.
package demotest

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"jijian/payroll/demo"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// Today is the day of the demo: 6 weeks of work lie behind it, and two sessions are open.
const Today piecework.Date = "2026-11-23"

// Evening is 20:00 of a day where the demo's workshops are, when their sessions of that day are over.
func Evening(day piecework.Date) time.Time { return day.Time().Add(12 * time.Hour) }

// files are the filled SQLite files, by the day they are of.
var files struct {
	sync.Mutex
	of map[piecework.Date][]byte
}

// DSN names a database that holds the demo, in the form that [piecework.Open] and the command line take. It is taken away
// when t ends.
func DSN(t testing.TB) string {
	t.Helper()
	return dsnOf(t, Today)
}

func dsnOf(t testing.TB, day piecework.Date) string {
	t.Helper()
	dsn := pieceworktest.DSN(t)
	if _, err := os.Stat(dsn); err != nil { // a server, not a file
		fill(t, dsn, day)
		return dsn
	}
	files.Lock()
	defer files.Unlock()
	if data, made := files.of[day]; made {
		if err := os.WriteFile(dsn, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return dsn
	}
	fill(t, dsn, day)
	data, err := os.ReadFile(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if files.of == nil {
		files.of = map[piecework.Date][]byte{}
	}
	files.of[day] = data
	return dsn
}

// DB is a database that holds the demo. It is closed and taken away when t ends.
func DB(t testing.TB) *bun.DB {
	t.Helper()
	return DBOf(t, Today)
}

// DBOf is a database that holds the demo as of the evening of another day. It is closed and taken away when t ends.
func DBOf(t testing.TB, day piecework.Date) *bun.DB {
	t.Helper()
	db, err := piecework.Open(dsnOf(t, day))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func fill(t testing.TB, dsn string, day piecework.Date) {
	t.Helper()
	db, err := piecework.Open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // and with it the write-ahead log becomes part of the file
	if err := demo.Fill(t.Context(), db, demo.Seed, Evening(day)); err != nil {
		t.Fatal(err)
	}
}
