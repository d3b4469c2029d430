package piecework

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"jijian/piecework/wal"
)

// Open opens the database a DSN names: a file path or sqlite:PATH (SQLite; folder and file are made when they are missing, for their owner
// alone), or a postgres:// URL. It does not touch the schema.
func Open(dsn string) (*bun.DB, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		pool, err := sql.Open("pgx", dsn)
		if err != nil {
			return nil, fmt.Errorf("open PostgreSQL: %w", err)
		}
		pool.SetMaxOpenConns(8 * runtime.NumCPU())
		pool.SetMaxIdleConns(2 * runtime.NumCPU())
		return bun.NewDB(pool, pgdialect.New()), nil
	}
	path := strings.TrimPrefix(dsn, "sqlite:")
	if path == "" || strings.Contains(path, "://") {
		return nil, InvalidField("db", "%q is neither a file path nor a postgres:// address", dsn)
	}
	if err := makeFile(path); err != nil {
		return nil, fmt.Errorf("make the database: %w", err)
	}
	vfs, err := wal.VFS()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	pool, err := sql.Open("sqlite", sqliteDSN(path, vfs))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	// Readers see the last commit without waiting for the writer; a handful is enough for one machine.
	pool.SetMaxOpenConns(4 * runtime.NumCPU())
	pool.SetMaxIdleConns(4 * runtime.NumCPU())
	return bun.NewDB(pool, sqlitedialect.New()), nil
}

// makeFile makes a SQLite file, and its folder, for the owner alone unless it is there. By itself SQLite would let everybody read it; its log and
// index get the rights of the file.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// sqliteDSN carries every pragma, because one set by Exec would reach a single pooled connection. synchronous=FULL is
// what makes an acknowledged tally survive a power cut; _txlock=immediate makes a transaction wait for its turn at the
// start instead of failing in the middle; recursive_triggers keeps INSERT OR REPLACE from getting past the triggers that
// make tallies append-only; vfs names the file system, that of package wal.
func sqliteDSN(path, vfs string) string {
	q := url.Values{}
	for _, p := range []string{"foreign_keys(1)", "journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(30000)",
		"temp_store(MEMORY)", "cache_size(-16000)", "wal_autocheckpoint(4000)", "recursive_triggers(1)"} {
		q.Add("_pragma", p)
	}
	q.Set("_txlock", "immediate")
	q.Set("vfs", vfs)
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// IsSQLite says whether db is the embedded engine.
func IsSQLite(db bun.IDB) bool { return db.Dialect().Name() == dialect.SQLite }

// InTx runs f in a transaction: all of it happens or nothing. Called on a transaction it nests. A serialization failure
// or deadlock that PostgreSQL reports is tried again, so f must not change anything but the database.
func InTx(ctx context.Context, db bun.IDB, f func(ctx context.Context, db bun.Tx) error) error {
	const tries = 5
	var err error
	for range tries {
		err = db.RunInTx(ctx, nil, f)
		if _, nested := db.(bun.Tx); nested || !retryable(err) {
			return err
		}
	}
	return err
}

func retryable(err error) bool {
	var e interface{ SQLState() string }
	return errors.As(err, &e) && (e.SQLState() == "40001" || e.SQLState() == "40P01")
}

// IsUnique says whether err is the database refusing a duplicate key.
func IsUnique(err error) bool {
	var pg interface{ SQLState() string }
	if errors.As(err, &pg) {
		return pg.SQLState() == "23505"
	}
	var lite interface{ Code() int }
	const constraintUnique, constraintPrimaryKey = 2067, 1555
	return errors.As(err, &lite) && (lite.Code() == constraintUnique || lite.Code() == constraintPrimaryKey)
}

// LockWorkshop makes the transaction db the only one that appends to the workshop's chain or claims its tallies until it
// ends. Lock several workshops in ascending order of id.
func LockWorkshop(ctx context.Context, db bun.IDB, workshopID int64) error {
	res, err := db.ExecContext(ctx, "UPDATE workshops SET chain_seq = chain_seq WHERE id = ?", workshopID)
	if err != nil {
		return fmt.Errorf("lock workshop %d: %w", workshopID, err)
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return NotFound("There is no such workshop.")
	}
	return nil
}

// found turns sql.ErrNoRows into a not-found error with the given sentence and wraps everything else.
func found(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return NotFound(format, args...)
	}
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return nil
}

// inserted explains a duplicate key on field and wraps everything else.
func inserted(err error, field, format string, args ...any) error {
	if IsUnique(err) {
		return InvalidField(field, format, args...)
	}
	if err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	return nil
}
