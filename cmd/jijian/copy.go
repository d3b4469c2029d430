package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// left behind when data moves to another database: they open doors that should not move along, or would be sent twice.
var leftBehind = []string{"web_sessions", "setup_codes", "invitations", "known_devices", "outbox"}

// table is a table as both engines have it.
type table struct {
	name    string
	columns []column
	parents []string // tables it refers to
}

// column is a column with the type that SQLite has for it.
type column struct{ Name, Type string }

// value is what is written for what was read: SQLite reads a truth as a number, PostgreSQL a day as a moment.
func (c column) value(v any) any {
	switch v := v.(type) {
	case int64:
		if c.Type == "BOOLEAN" {
			return v != 0
		}
	case time.Time:
		return piecework.DateOf(v)
	}
	return v
}

// has says whether the table has a column of that name.
func (t *table) has(name string) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.Name == name })
}

// copyAll copies every row of one database into another with the same schema and no data, in one transaction on either side:
// what is read is of one moment, and all of it is written or nothing. At least one of the two is SQLite. before, if not
// nil, must agree before the copy is kept.
func copyAll(ctx context.Context, from, to *bun.DB, before func(context.Context, bun.Tx) error) error {
	lite := from
	if !piecework.IsSQLite(lite) {
		lite = to
	}
	tables, err := tablesOf(ctx, lite)
	if err != nil {
		return err
	}
	oneMoment := &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	if piecework.IsSQLite(from) {
		oneMoment = nil // every transaction is
	}
	return from.RunInTx(ctx, oneMoment, func(ctx context.Context, from bun.Tx) error {
		return to.RunInTx(ctx, nil, func(ctx context.Context, to bun.Tx) error {
			if err := clear(ctx, to, tables); err != nil {
				return err
			}
			for _, t := range tables {
				if err := t.copy(ctx, from, to); err != nil {
					return fmt.Errorf("copy %s: %w", t.name, err)
				}
			}
			if before == nil {
				return nil
			}
			return before(ctx, to)
		})
	})
}

// tablesOf lists the tables of a SQLite file, each after those it refers to.
func tablesOf(ctx context.Context, db *bun.DB) ([]table, error) {
	var names []string
	err := db.NewRaw(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'bun\_%' ESCAPE '\' ORDER BY name`).Scan(ctx, &names)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var waiting, sorted []table
	for _, name := range names {
		if slices.Contains(leftBehind, name) {
			continue
		}
		t := table{name: name}
		if err := db.NewRaw("SELECT name, type FROM pragma_table_info(?) ORDER BY cid", name).Scan(ctx, &t.columns); err != nil {
			return nil, fmt.Errorf("list columns: %w", err)
		}
		if err := db.NewRaw(`SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)`, name).Scan(ctx, &t.parents); err != nil {
			return nil, fmt.Errorf("list references: %w", err)
		}
		waiting = append(waiting, t)
	}
	for len(waiting) > 0 {
		next := slices.IndexFunc(waiting, func(t table) bool {
			return !slices.ContainsFunc(waiting, func(other table) bool { return other.name != t.name && slices.Contains(t.parents, other.name) })
		})
		if next < 0 {
			return nil, fmt.Errorf("the tables %s and others refer to each other in a circle", waiting[0].name)
		}
		sorted = append(sorted, waiting[next])
		waiting = slices.Delete(waiting, next, next+1)
	}
	return sorted, nil
}

// people are the tables that tell whether a database is in use. Other tables may have rows that came with the schema.
var people = []string{"users", "workshops", "contractors", "products", "areas"}

// clear makes sure that nobody uses the database and takes away what came with the schema, since the copy brings its own.
func clear(ctx context.Context, db bun.Tx, tables []table) error {
	for _, t := range slices.Backward(tables) {
		var n int
		if err := db.NewSelect().TableExpr("?", bun.Ident(t.name)).ColumnExpr("COUNT(*)").Scan(ctx, &n); err != nil {
			return fmt.Errorf("look into %s: %w", t.name, err)
		}
		if n == 0 {
			continue
		}
		if slices.Contains(people, t.name) {
			return piecework.Conflict("The database is not empty: it holds %d %s. A backup is restored only into an empty one.", n, t.name)
		}
		if _, err := db.ExecContext(ctx, "DELETE FROM ?", bun.Ident(t.name)); err != nil {
			return piecework.Conflict("The database is not empty: it holds %d %s. A backup is restored only into an empty one.", n, t.name)
		}
	}
	return nil
}

// order is how the rows of a table are copied: those that others of the same table refer to come first.
func (t *table) order() string {
	for _, name := range []string{"level", "id"} {
		if t.has(name) {
			return name
		}
	}
	return t.columns[0].Name
}

// batch is how many rows are written at once.
const batch = 200

// copy copies the rows of one table and, on PostgreSQL, sets its counter behind the last of them.
func (t *table) copy(ctx context.Context, from, to bun.Tx) error {
	rows, err := from.QueryContext(ctx, fmt.Sprintf(`SELECT %s FROM "%s" ORDER BY "%s"`, t.list(), t.name, t.order()))
	if err != nil {
		return err
	}
	defer rows.Close()
	row, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range row {
		into[i] = &row[i]
	}
	var values []any
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range row {
			values = append(values, t.columns[i].value(v))
		}
		if len(values) == batch*len(t.columns) {
			if err := t.insert(ctx, to, values); err != nil {
				return err
			}
			values = values[:0]
		}
	}
	if err := cmp.Or(rows.Err(), t.insert(ctx, to, values)); err != nil {
		return err
	}
	return t.countOn(ctx, to)
}

// list is the columns as SQL has them.
func (t *table) list() string {
	quoted := make([]string, len(t.columns))
	for i, c := range t.columns {
		quoted[i] = `"` + c.Name + `"`
	}
	return strings.Join(quoted, ", ")
}

// insert writes the values of whole rows, one row after the other.
func (t *table) insert(ctx context.Context, db bun.Tx, values []any) error {
	if len(values) == 0 {
		return nil
	}
	row := "(" + strings.Repeat("?, ", len(t.columns)-1) + "?)"
	more := strings.Repeat(", "+row, len(values)/len(t.columns)-1)
	_, err := db.ExecContext(ctx, fmt.Sprintf(`INSERT INTO "%s" (%s) VALUES %s%s`, t.name, t.list(), row, more), values...)
	return err
}

// countOn lets PostgreSQL give the next row a number that is free. SQLite sees by itself.
func (t *table) countOn(ctx context.Context, db bun.Tx) error {
	if piecework.IsSQLite(db) || !t.has("id") {
		return nil
	}
	_, err := db.ExecContext(ctx, fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('"%s"', 'id'), COALESCE(MAX(id), 0) + 1, false) FROM "%s"`, t.name, t.name))
	return err
}
