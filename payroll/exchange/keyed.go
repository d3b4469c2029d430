package exchange

import (
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// keyed says how a table is read of which every row has a key.
type keyed[T any] struct {
	// column is blamed when a key stands in the file twice.
	column string
	// build makes the thing of a row; nil when it had to report something. What it makes of a row that is not OK is thrown away.
	build func(*Row) *T
	key   func(*T) refKey
	// stored narrows a query to what is stored under the keys of a batch; it may select more.
	stored func(q *bun.SelectQuery, batch []*T) *bun.SelectQuery
	// match, when not nil, is given what is stored and what the file says of it before the two are compared, to read what the query did not.
	match func(old, now []*T) error
	// fields are the contents, each under the name of its column.
	fields []field[T]
	// insert stores new things; nil is a plain insert.
	insert func(items []*T) error
	// refs remembers the table for rows that refer to it; nil when none does.
	refs *refs[T]
	// spoilt is the key of a row that is wrong, as far as it can be told; used with refs.
	spoilt func(*Row) refKey
}

// field is one column of a thing as text.
type field[T any] struct {
	column string
	text   func(*T) string
}

// entry is one row on its way into the database.
type entry[T any] struct {
	row  Row
	item *T
}

// importKeyed reads a table. A key that stands in the file twice is a fault even with the same content; a key that is
// stored must be stored with the same content.
func importKeyed[T any](im *importer, k keyed[T]) {
	firstRow := map[refKey]int{}
	var batch []entry[T]
	im.each(func(row *Row) {
		item := k.build(row)
		if !row.OK || item == nil || !im.valid(row, item) {
			if k.refs != nil {
				k.refs.spoilt[k.spoilt(row)] = true
			}
			return
		}
		key := k.key(item)
		if first, twice := firstRow[key]; twice {
			im.fault(row, k.column, piecework.Msg("the same stands in row %v already", first))
			return
		}
		firstRow[key] = row.Num
		kept := *row
		kept.values = slices.Clone(row.values)
		if batch = append(batch, entry[T]{kept, item}); len(batch) == batchSize {
			storeKeyed(im, &k, batch)
			batch = batch[:0]
		}
	})
	storeKeyed(im, &k, batch)
	if k.refs != nil {
		k.refs.holes = im.sheet.broken
	}
}

// storeKeyed compares a batch with what is stored and inserts what is new.
func storeKeyed[T any](im *importer, k *keyed[T], batch []entry[T]) {
	if len(batch) == 0 || im.err != nil {
		return
	}
	items := make([]*T, len(batch))
	for i := range batch {
		items[i] = batch[i].item
	}
	var list []*T
	if err := k.stored(im.db.NewSelect().Model(&list), items).Scan(im.ctx); err != nil {
		im.fail(err)
		return
	}
	stored := make(map[refKey]*T, len(list))
	for _, item := range list {
		stored[k.key(item)] = item
	}
	if k.match != nil {
		var old, now []*T
		for _, item := range items {
			if was := stored[k.key(item)]; was != nil {
				old, now = append(old, was), append(now, item)
			}
		}
		if err := k.match(old, now); err != nil {
			im.fail(err)
			return
		}
	}
	added := items[:0]
	for i := range batch {
		e := &batch[i]
		old := stored[k.key(e.item)]
		if old == nil {
			added = append(added, e.item)
			continue
		}
		k.compare(im, e, old)
		if k.refs != nil {
			k.refs.found[k.key(old)] = old
		}
	}
	if len(added) == 0 {
		return
	}
	insert := k.insert
	if insert == nil {
		insert = func(items []*T) error {
			_, err := im.db.NewInsert().Model(&items).Exec(im.ctx)
			return err
		}
	}
	if err := insert(added); err != nil {
		im.fail(err)
		return
	}
	im.table().New += int64(len(added))
	if k.refs != nil {
		for _, item := range added {
			k.refs.found[k.key(item)] = item
		}
	}
}

// compare holds a row against what is stored under its key.
func (k *keyed[T]) compare(im *importer, e *entry[T], old *T) {
	for _, f := range k.fields {
		if was := f.text(old); was != f.text(e.item) {
			im.conflict(&e.row, f.column, was)
			return
		}
	}
	im.table().Unchanged++
}

// conflict reports that a row's key is stored with another content.
func (im *importer) conflict(row *Row, column, was string) {
	if kind := im.sheet.table.Columns[im.sheet.table.index(column)].Kind; kind == Code {
		im.fault(row, column, piecework.Msg("is stored already with another %s; change it in the app, or correct the file", column))
		return
	}
	im.fault(row, column, piecework.Msg("is stored already with %q; change it in the app, or correct the file", was))
}
