package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"jijian/migrations"
	"jijian/payroll"
	"jijian/piecework"
)

func (a *app) backup() *cobra.Command {
	return command("backup FILE", "Write a consistent copy while everything goes on",
		`Writes all data, as of one moment, into FILE, which is a SQLite database whichever engine is in use. Nobody has to stop
working. An existing file is never overwritten. Keep the copy safe: it holds names and pay. What is sealed in it needs the
key file, which is not in it: keep that apart.`,
		`  jijian backup jijian-2026-10-31.db
  jijian verify --db jijian-2026-10-31.db`,
		cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				if err := backup(ctx, db, args[0]); err != nil {
					return err
				}
				return a.printf("%s written and checked\n", args[0])
			})
		})
}

// backup copies db into a new SQLite file at path. The file is complete or not there.
func backup(ctx context.Context, db *bun.DB, path string) (err error) {
	// The name is taken first, so that a file which appears meanwhile is not overwritten either.
	reserved, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return piecework.Conflict("%s exists already; choose another name", path)
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".backup-*")
	if err == nil {
		defer os.RemoveAll(dir)
		err = writeCopy(ctx, db, filepath.Join(dir, "copy.db"))
	}
	err = errors.Join(err, reserved.Close())
	if err == nil {
		err = os.Rename(filepath.Join(dir, "copy.db"), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return syncPath(filepath.Dir(path))
}

// writeCopy makes a SQLite file of what is in db, checks it and brings it to the disk.
func writeCopy(ctx context.Context, db *bun.DB, path string) error {
	if piecework.IsSQLite(db) {
		if _, err := db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
			return fmt.Errorf("copy the database: %w", err)
		}
	}
	copied, err := piecework.Open(path)
	if err != nil {
		return err
	}
	if !piecework.IsSQLite(db) {
		if _, err = migrations.Up(ctx, copied); err == nil {
			err = copyAll(ctx, db, copied, nil)
		}
	}
	if err == nil {
		err = checkIntegrity(ctx, copied)
	}
	// Closing folds the write-ahead log into the file.
	if err := errors.Join(err, copied.Close(), os.Chmod(path, 0o600)); err != nil {
		return err
	}
	return syncPath(path)
}

// checkIntegrity lets SQLite look through a whole file.
func checkIntegrity(ctx context.Context, db *bun.DB) error {
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	if found != "ok" {
		return fmt.Errorf("the copy is damaged: %s", found)
	}
	rows, err := db.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	defer rows.Close()
	if rows.Next() {
		return errors.New("the copy is damaged: a row refers to one that is missing")
	}
	return rows.Err()
}

// checkOurs makes sure that a SQLite file holds our tables, in whatever version.
func checkOurs(ctx context.Context, db *bun.DB) error {
	n, err := db.NewSelect().TableExpr("sqlite_master").Where("type = 'table' AND name IN ('workshops', 'tallies', 'pay_runs')").Count(ctx)
	if err == nil && n < 3 {
		err = errors.New("it holds no books")
	}
	return err
}

// syncPath brings a file or a folder to the disk. A file is opened to be written, or Windows would refuse.
func syncPath(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	how := os.O_RDWR
	if info.IsDir() {
		how = os.O_RDONLY
	}
	f, err := os.OpenFile(path, how, 0)
	if err != nil {
		return err
	}
	if err = f.Sync(); info.IsDir() {
		err = nil // not every system can do this to a folder; those that cannot need not
	}
	return errors.Join(err, f.Close())
}

func (a *app) restore() *cobra.Command {
	return command("restore FILE", "Read a backup into an empty database",
		`Reads what backup wrote into an empty database of either engine, and verifies the books before it keeps them. A backup of an
older version is brought up to date on the way. Sign-ins last; whoever was signed in signs in again.`,
		`  jijian restore jijian-2026-10-31.db --db data/new.db
  jijian restore jijian-2026-10-31.db --db postgres://jijian@db.example/jijian`,
		cobra.ExactArgs(1), func(ctx context.Context, args []string) (err error) {
			db, err := a.open()
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			done, err := restore(ctx, db, args[0])
			if err != nil {
				return err
			}
			return a.printf("%s restored. %s\n", args[0], checked(done))
		})
}

// restore fills an empty database from a backup: all of it, with sound books, or nothing.
func restore(ctx context.Context, db *bun.DB, path string) (done payroll.Checked, err error) {
	dir, err := os.MkdirTemp("", "jijian-restore-*")
	if err != nil {
		return done, err
	}
	defer os.RemoveAll(dir)
	// A copy is opened, so that the backup itself stays as it is whatever its version.
	opened := filepath.Join(dir, "backup.db")
	if err := copyFile(opened, path); err != nil {
		return done, err
	}
	// The files of a PC that lost power have in their log what was counted last.
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		if err := copyFile(opened+"-wal", path+"-wal"); err != nil {
			return done, err
		}
	}
	from, err := piecework.Open(opened)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := cmp.Or(checkIntegrity(ctx, from), checkOurs(ctx, from)); err != nil {
		return done, fmt.Errorf("%s is not a sound backup: %w", path, err)
	}
	if _, err := migrations.Up(ctx, from); err != nil {
		return done, err
	}
	if _, err := migrations.Up(ctx, db); err != nil {
		return done, err
	}
	err = copyAll(ctx, from, db, func(ctx context.Context, db bun.Tx) error {
		done, err = payroll.Verify(ctx, db)
		return err
	})
	return done, err
}

// copyFile copies a file that is not empty.
func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, in)
	if err == nil && n == 0 {
		err = piecework.Conflict("%s is empty", from)
	}
	return errors.Join(err, out.Close())
}
