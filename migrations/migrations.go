// Package migrations brings a database up to the schema this program was built for. One append-only set of files serves
// SQLite and PostgreSQL; the few words in which the two differ are filled in by a template. There is no way back down:
// a mistake is mended by the next file.
package migrations

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/migrate"
)

//go:embed *.tx.up.sql
var files embed.FS

// Up applies what is pending, each file in a transaction of its own, and names what it applied. At the first failure it
// stops: the failing file leaves nothing behind and is tried again the next time. It fails when another process is
// migrating, and when a newer program has migrated this database already.
func Up(ctx context.Context, db *bun.DB) (applied []string, err error) {
	return up(ctx, db, files)
}

// Pending names what Up would apply. It only reads. It fails when a newer program has migrated this database already.
func Pending(ctx context.Context, db *bun.DB) ([]string, error) {
	return pending(ctx, db, files)
}

// Unlock takes away the lock that a crash during Up left behind. Nobody may be migrating meanwhile.
func Unlock(ctx context.Context, db *bun.DB) error {
	m, err := migrator(db, files)
	if err != nil {
		return err
	}
	if err := m.Init(ctx); err != nil {
		return fmt.Errorf("prepare for unlocking: %w", err)
	}
	if err := m.Unlock(ctx); err != nil {
		return fmt.Errorf("unlock the schema: %w", err)
	}
	return nil
}

func up(ctx context.Context, db *bun.DB, fsys fs.FS) (applied []string, err error) {
	// Most starts find nothing to do, and must not need the right to write the schema for that.
	if names, err := pending(ctx, db, fsys); err != nil || len(names) == 0 {
		return nil, err
	}
	m, err := migrator(db, fsys)
	if err != nil {
		return nil, err
	}
	if err := m.Init(ctx); err != nil {
		return nil, fmt.Errorf("prepare for migrating: %w", err)
	}
	if err := m.Lock(ctx); err != nil {
		return nil, fmt.Errorf("the schema is locked; when no other process is migrating, run jijian migrate --unlock: %w", err)
	}
	defer func() { err = errors.Join(err, m.Unlock(context.WithoutCancel(ctx))) }()

	group, err := m.Migrate(ctx)
	done := group.Migrations
	if err != nil {
		if len(done) > 0 {
			done = done[:len(done)-1] // bun lists the file that failed, too
		}
		err = fmt.Errorf("migrate: %w", err)
	}
	return names(done), err
}

func pending(ctx context.Context, db *bun.DB, fsys fs.FS) ([]string, error) {
	m, err := migrator(db, fsys)
	if err != nil {
		return nil, err
	}
	all, err := m.MigrationsWithStatus(ctx)
	if err != nil {
		// A database that was never migrated has no list of migrations to read.
		if fresh, freshErr := isFresh(ctx, db); freshErr != nil || !fresh {
			return nil, fmt.Errorf("read the list of migrations: %w", errors.Join(err, freshErr))
		}
		discovered, err := discover(fsys)
		if err != nil {
			return nil, err
		}
		return names(discovered.Sorted()), nil
	}
	unknown, err := m.MissingMigrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the list of migrations: %w", err)
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("a newer version of this program has migrated the database (to %s): use that version",
			unknown[len(unknown)-1].Name)
	}
	return names(all.Unapplied()), nil
}

// isFresh says whether db has no table of applied migrations. It asks only after reading that table failed.
func isFresh(ctx context.Context, db *bun.DB) (bool, error) {
	query := "SELECT COUNT(*) FROM sqlite_master WHERE name = 'bun_migrations'"
	if db.Dialect().Name() == dialect.PG {
		query = "SELECT COUNT(to_regclass('bun_migrations'))"
	}
	var n int
	err := db.QueryRowContext(ctx, query).Scan(&n)
	return n == 0, err
}

func discover(fsys fs.FS) (*migrate.Migrations, error) {
	discovered := migrate.NewMigrations()
	if err := discovered.Discover(fsys); err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	return discovered, nil
}

func migrator(db *bun.DB, fsys fs.FS) (*migrate.Migrator, error) {
	discovered, err := discover(fsys)
	if err != nil {
		return nil, err
	}
	w, ok := vocabulary[db.Dialect().Name()]
	if !ok {
		return nil, fmt.Errorf("there is no schema for %s", db.Dialect().Name())
	}
	// Without the first option a migration that fails counts as applied and is never tried again.
	return migrate.NewMigrator(db, discovered, migrate.WithMarkAppliedOnSuccess(true), migrate.WithTemplateData(w)), nil
}

func names(ms migrate.MigrationSlice) []string {
	var list []string
	for _, m := range ms {
		list = append(list, m.String())
	}
	return list
}
