package piecework

import (
	"context"
	"database/sql"
	"math/bits"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// tx is a transaction in which the queries of the record path run: through bun, or as they are through sql.
type tx struct {
	bun.IDB
	sql interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
	statements *statements // nil: none is kept prepared
}

// inTx makes a tx of a transaction that somebody has begun.
func inTx(db bun.Tx) tx { return tx{IDB: db, sql: db.Tx} }

// statements keeps queries prepared that a connection is asked again with every commit, so that it reads each of them once.
type statements struct {
	conn  *sql.Conn
	known map[statement]*sql.Stmt
}

// statement is a query for a number of rows.
type statement struct {
	query *rowQuery
	rows  int
}

// rowQuery is a query about several rows at once: before, then each row, with commas between them, then after. In a row, a question
// mark stands for each value.
type rowQuery struct{ before, row, after string }

// width is how many values a row has.
func (q *rowQuery) width() int { return strings.Count(q.row, "?") }

// marks is a row of n values.
func marks(n int) string { return "(?" + strings.Repeat(",?", n-1) + ")" }

// maxRows is how many rows one query carries. It is a power of two: queries come in such sizes only, so that few must be prepared.
const maxRows = 128

// text is the query for a number of rows, as the engine wants it.
func (q *rowQuery) text(sqlite bool, rows int) string {
	text := q.before + q.row + strings.Repeat(","+q.row, rows-1) + q.after
	if sqlite {
		return text
	}
	var b strings.Builder
	for i, part := range strings.Split(text, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}

// prepared is the statement for a query, or nil when none is kept.
func (t tx) prepared(ctx context.Context, q *rowQuery, rows int) (*sql.Stmt, error) {
	if t.statements == nil {
		return nil, nil
	}
	key := statement{q, rows}
	stmt := t.statements.known[key]
	if stmt == nil {
		var err error
		if stmt, err = t.statements.conn.PrepareContext(ctx, q.text(IsSQLite(t), rows)); err != nil {
			return nil, err
		}
		t.statements.known[key] = stmt
	}
	return stmt, nil
}

// exec runs a query for n rows; row appends the values of one.
func (t tx) exec(ctx context.Context, q *rowQuery, n int, row func(args []any, i int) []any) error {
	for i := 0; i < n; {
		size := min(maxRows, 1<<(bits.Len(uint(n-i))-1))
		args := make([]any, 0, size*q.width())
		for range size {
			args = row(args, i)
			i++
		}
		stmt, err := t.prepared(ctx, q, size)
		switch {
		case err != nil:
		case stmt != nil:
			_, err = stmt.ExecContext(ctx, args...)
		default:
			_, err = t.sql.ExecContext(ctx, q.text(IsSQLite(t), size), args...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// query asks for rows by values and hands each row that is found to scan. The query takes one value a row.
func (t tx) query(ctx context.Context, q *rowQuery, values []any, scan func(*sql.Rows) error) error {
	for len(values) > 0 {
		part := values[:min(len(values), maxRows)]
		values = values[len(part):]
		size := 1 << bits.Len(uint(len(part)-1)) // the last value is asked for again to fill up
		for len(part) < size {
			part = append(part[:len(part):len(part)], part[len(part)-1])
		}
		if err := t.queryPart(ctx, q, size, part, scan); err != nil {
			return err
		}
	}
	return nil
}

func (t tx) queryPart(ctx context.Context, q *rowQuery, n int, values []any, scan func(*sql.Rows) error) error {
	stmt, err := t.prepared(ctx, q, n)
	if err != nil {
		return err
	}
	var rows *sql.Rows
	if stmt != nil {
		rows, err = stmt.QueryContext(ctx, values...)
	} else {
		rows, err = t.sql.QueryContext(ctx, q.text(IsSQLite(t), n), values...)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
