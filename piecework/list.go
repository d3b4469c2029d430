package piecework

import (
	"context"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// PageSize is how many rows a list shows at once.
const PageSize = 50

// Filter narrows a list. The zero value is everything the caller may see, first page.
type Filter struct {
	Query        string // words to find in code or name; "" finds all
	WorkshopID   int64  // 0 is every workshop
	WorkerID     int64
	ContractorID int64
	OrderID      int64
	SessionID    int64
	From, To     Date   // inclusive; "" is open
	Status       string // meaning depends on the list; "" is any
	Page         int    // from 1; 0 is the first, and any after the last is the last
}

// Page is one page of a list, with the count of the whole.
type Page[T any] struct {
	Items  []T
	Total  int
	Number int // from 1
}

// Pages is how many pages there are, at least 1.
func (p Page[T]) Pages() int { return max(1, (p.Total+PageSize-1)/PageSize) }

// like adds "column contains the words" for any of the columns, ignoring case for Latin letters.
func like(q *bun.SelectQuery, words string, columns ...string) *bun.SelectQuery {
	words = strings.ToLower(strings.TrimSpace(words))
	if words == "" {
		return q
	}
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(words)
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, c := range columns {
			q = q.WhereOr(`LOWER(`+c+`) LIKE ? ESCAPE '\'`, "%"+escaped+"%")
		}
		return q
	})
}

// between adds an inclusive range of dates; an empty bound is open.
func between(q *bun.SelectQuery, column string, from, to Date) *bun.SelectQuery {
	if from != "" {
		q = q.Where(column+" >= ?", from)
	}
	if to != "" {
		q = q.Where(column+" <= ?", to)
	}
	return q
}

// underOrder keeps what belongs to orders of the workshop and the contractor, or to the one order, that the list is about. The query joins
// the order; column is its id where the list has it.
func (f Filter) underOrder(q *bun.SelectQuery, column string) *bun.SelectQuery {
	if f.WorkshopID != 0 {
		q = q.Where(`"order"."workshop_id" = ?`, f.WorkshopID)
	}
	if f.ContractorID != 0 {
		q = q.Where(`"order"."contractor_id" = ?`, f.ContractorID)
	}
	if f.OrderID != 0 {
		q = q.Where(column+" = ?", f.OrderID)
	}
	return q
}

// List runs q for the page f asks for, narrowed to f's words in columns and, unless dateColumn is "", to f's dates, and
// counts the whole. A page after the last is the last.
func List[T any](ctx context.Context, q *bun.SelectQuery, items *[]T, f Filter, dateColumn string, columns ...string) (Page[T], error) {
	q = like(q, f.Query, columns...)
	if dateColumn != "" {
		q = between(q, dateColumn, f.From, f.To)
	}
	// One after the other: bun's ScanAndCount does both at once on joins they share, which is a race.
	total, err := q.Count(ctx)
	if err != nil {
		return Page[T]{}, fmt.Errorf("count list: %w", err)
	}
	page := Page[T]{Total: int(total)}
	page.Number = min(max(1, f.Page), page.Pages())
	if err := q.Limit(PageSize).Offset(int64(page.Number-1) * PageSize).Scan(ctx); err != nil {
		return Page[T]{}, fmt.Errorf("list: %w", err)
	}
	page.Items = *items
	return page, nil
}

// Named is anything with a code and a name, to choose from.
type Named struct {
	ID         int64
	Code, Name string
}

// AllNamed is everything of model, such as (*Product)(nil), by code, for choosing from.
func AllNamed(ctx context.Context, db bun.IDB, model any) ([]Named, error) {
	var list []Named
	err := db.NewSelect().Model(model).Column("id", "code", "name").Order("code").Scan(ctx, &list)
	return list, wrap("list for choosing", err)
}
