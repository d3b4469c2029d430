package piecework

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// TestTallyColumns holds the columns that are written by hand to those of the type.
func TestTallyColumns(t *testing.T) {
	var want []string
	for _, f := range bun.NewDB(nil, sqlitedialect.New()).Table(reflect.TypeFor[Tally]()).DataFields {
		want = append(want, f.Name)
	}
	got := strings.Split(tallyColumns, ", ")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("written are %q, a tally has %q", got, want)
	}
	if n := len(new(Tally).appendRow(nil)); n != len(got) {
		t.Errorf("%d values for %d columns", n, len(got))
	}
}

func TestQueryText(t *testing.T) {
	q := &rowQuery{"INSERT INTO a VALUES ", marks(2), " RETURNING b"}
	for _, tt := range []struct {
		sqlite bool
		rows   int
		want   string
	}{
		{true, 1, "INSERT INTO a VALUES (?,?) RETURNING b"},
		{true, 2, "INSERT INTO a VALUES (?,?),(?,?) RETURNING b"},
		{false, 2, "INSERT INTO a VALUES ($1,$2),($3,$4) RETURNING b"},
	} {
		if got := q.text(tt.sqlite, tt.rows); got != tt.want {
			t.Errorf("%d rows: %q, want %q", tt.rows, got, tt.want)
		}
	}
}
