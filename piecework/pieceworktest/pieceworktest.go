// Package pieceworktest gives tests a real database of their own: a SQLite file, or, when TEST_DATABASE_URL names a
// PostgreSQL server, a database on that server. The same tests run on both; .ci/postgres starts such a server for the
// length of one command.
package pieceworktest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"jijian/migrations"
	"jijian/piecework"
)

const (
	serverVariable = "TEST_DATABASE_URL"
	template       = "jijian_test_template"
)

// DB is a freshly migrated database that no other test sees. It is closed and taken away when t ends.
func DB(t testing.TB) *bun.DB {
	t.Helper()
	return open(t, DSN(t))
}

// DSN names a freshly migrated database that no other test sees, in the form [piecework.Open] and the command line
// take. It is taken away when t ends.
func DSN(t testing.TB) string {
	t.Helper()
	if os.Getenv(serverVariable) != "" {
		if err := postgresTemplate(); err != nil {
			t.Fatal(err)
		}
		return createDatabase(t, template)
	}
	data, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	dsn := EmptyDSN(t)
	if err := os.WriteFile(dsn, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dsn
}

// EmptyDSN names a database without any table, as a new installation finds it. It is taken away when t ends.
func EmptyDSN(t testing.TB) string {
	t.Helper()
	if os.Getenv(serverVariable) != "" {
		return createDatabase(t, "template1")
	}
	return filepath.Join(t.TempDir(), "test.db")
}

// sqliteTemplate is the content of a migrated SQLite file: writing it out is quicker than migrating once a test.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "pieceworktest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if err := migrate(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// postgresTemplate sees to it, once a process, that the server has an up-to-date template. The processes of all test
// packages share it, hence the advisory lock.
var postgresTemplate = sync.OnceValue(func() error {
	ctx := context.Background()
	admin, err := piecework.Open(os.Getenv(serverVariable))
	if err != nil {
		return err
	}
	defer admin.Close()
	conn, err := admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()         // and with it the lock
	const key = 0x6a696a69616e // "jijian"
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(?)", key); err != nil {
		return err
	}
	var exists bool
	if err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = ?)", template).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := conn.ExecContext(ctx, "CREATE DATABASE "+template); err != nil {
			return err
		}
	}
	if err := migrate(ctx, databaseURL(template)); err != nil {
		// Left half done by a crash, or made by a newer program: the next run makes it anew.
		_, dropErr := conn.ExecContext(ctx, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", template))
		return errors.Join(err, dropErr)
	}
	return nil
})

func migrate(ctx context.Context, dsn string) error {
	db, err := piecework.Open(dsn)
	if err != nil {
		return err
	}
	_, err = migrations.Up(ctx, db)
	return errors.Join(err, db.Close())
}

// createDatabase makes a copy of the database from on the PostgreSQL server and drops it when t ends, whoever still
// holds it.
func createDatabase(t testing.TB, from string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	admin := open(t, os.Getenv(serverVariable))
	if _, err := admin.ExecContext(t.Context(), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, from)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)); err != nil {
			t.Error(err)
		}
	})
	return databaseURL(name)
}

// databaseURL names another database on the server of TEST_DATABASE_URL.
func databaseURL(name string) string {
	address, err := url.Parse(os.Getenv(serverVariable))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", serverVariable, err)) // the server has answered at this address already
	}
	address.Path = "/" + name
	return address.String()
}

func open(t testing.TB, dsn string) *bun.DB {
	t.Helper()
	db, err := piecework.Open(dsn)
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
