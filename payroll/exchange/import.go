package exchange

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// recordedBy is the name that the books show for what was imported.
const recordedBy = "import"

// batchSize is how many rows share one look-up and one insert.
const batchSize = 1000

// Result is what an import did, table by table in the order in which they were read.
type Result struct{ Tables []TableResult }

// TableResult is what became of the rows of one table.
type TableResult struct {
	Name      string
	New       int64 // rows that are stored now
	Unchanged int64 // rows that were stored before with the same content
}

// New is how many rows of all tables are stored now that were not before.
func (r Result) New() int64 {
	var n int64
	for _, t := range r.Tables {
		n += t.New
	}
	return n
}

// String lists the tables with their rows, and says so when everything had been imported before.
func (r Result) String() string {
	var b strings.Builder
	for _, t := range r.Tables {
		fmt.Fprintf(&b, "%-12s %9d new %9d unchanged\n", t.Name, t.New, t.Unchanged)
	}
	if r.New() == 0 {
		b.WriteString("Nothing has changed: every row was imported before.\n")
	}
	return b.String()
}

// Import reads the folder of CSV files or the .xlsx workbook at path into db: all of it in one transaction, or, when
// anything is wrong, nothing. Then the error is a [*Faults]. The same key must always mean the same content, so importing a
// file twice changes nothing the second time; a row whose key is stored with other content is a fault. Adjustments have no
// key: rows with the same worker, date, kind, amount and note are counted, and as many are added as earlier imports left
// missing. progress, when not nil, is told now and then how many rows of a table have been read.
func Import(ctx context.Context, db *bun.DB, path string, progress func(table string, rows int64)) (Result, error) {
	var result Result
	if progress == nil {
		progress = func(string, int64) {}
	}
	errNothingNew := errors.New("nothing new")
	err := piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		im := newImporter(ctx, db, progress)
		if err := im.run(path); err != nil {
			return err
		}
		result = im.result
		if result.New() == 0 {
			return errNothingNew // leaves the database file untouched
		}
		return nil
	})
	switch {
	case errors.Is(err, errNothingNew):
		return result, nil
	case piecework.IsUnique(err):
		return Result{}, piecework.Conflict("While this was imported, somebody recorded the same. Nothing was imported; try again.")
	case err != nil:
		return Result{}, err
	}
	return result, nil
}

// importer is one import under way. It lives as long as its transaction, and so does the context it holds.
type importer struct {
	ctx      context.Context
	db       bun.Tx
	now      piecework.Instant
	progress func(table string, rows int64)
	faults   Faults
	result   Result
	sheet    *sheet // being read
	// err is the first failure that is not the file's fault; reading stops at it.
	err error

	workshops   refs[piecework.Workshop]
	contractors refs[piecework.Contractor]
	workers     refs[piecework.Worker]
	products    refs[piecework.Product]
	operations  refs[piecework.Operation]
	orders      refs[piecework.ProcessingOrder]
	sessions    refs[piecework.WorkSession]
}

func newImporter(ctx context.Context, db bun.Tx, progress func(string, int64)) *importer {
	return &importer{ctx: ctx, db: db, now: piecework.Now(), progress: progress,
		workshops: newRefs[piecework.Workshop](), contractors: newRefs[piecework.Contractor](), workers: newRefs[piecework.Worker](),
		products: newRefs[piecework.Product](), operations: newRefs[piecework.Operation](),
		orders: newRefs[piecework.ProcessingOrder](), sessions: newRefs[piecework.WorkSession]()}
}

func (im *importer) run(path string) error {
	b, err := open(path)
	if err != nil {
		return err
	}
	defer b.Close()
	for _, s := range b.sheets {
		im.sheet = s
		im.result.Tables = append(im.result.Tables, TableResult{Name: s.table.Name})
		importers[s.table.Name](im)
		if im.err != nil {
			return fmt.Errorf("import %s: %w", s.name, im.err)
		}
		if im.faults.enough() {
			break
		}
	}
	return im.faults.err()
}

// importers reads each table of Tables.
var importers = map[string]func(*importer){
	"workshops":   (*importer).importWorkshops,
	"contractors": (*importer).importContractors,
	"workers":     (*importer).importWorkers,
	"products":    (*importer).importProducts,
	"operations":  (*importer).importOperations,
	"orders":      (*importer).importOrders,
	"rates":       (*importer).importRates,
	"sessions":    (*importer).importSessions,
	"tallies":     (*importer).importTallies,
	"adjustments": (*importer).importAdjustments,
	"deliveries":  (*importer).importDeliveries,
}

// fail keeps the first failure that is not the file's fault.
func (im *importer) fail(err error) {
	if im.err == nil {
		im.err = err
	}
}

// table is the tally of the table being read.
func (im *importer) table() *TableResult { return &im.result.Tables[len(im.result.Tables)-1] }

// fault blames one cell for what the row says as a whole. A row with a cell that cannot be read says nothing as a whole.
func (im *importer) fault(row *Row, column string, msg *piecework.Message) {
	if row.OK {
		im.faultInCell(row, column, msg)
	}
}

func (im *importer) faultInCell(row *Row, column string, msg *piecework.Message) {
	value := ""
	if im.sheet.table.index(column) < 0 {
		column = ""
	} else {
		value = row.at(column).raw
	}
	im.faults.add(im.sheet.fault(row.Num, column, value, msg))
}

// each reads the table row by row.
func (im *importer) each(visit func(*Row)) {
	n := int64(0)
	err := im.sheet.each(&im.faults, func(row *Row) error {
		if n++; n%batchSize == 0 {
			im.progress(im.sheet.table.Name, n)
			im.fail(im.ctx.Err())
		}
		visit(row)
		return im.err
	})
	im.progress(im.sheet.table.Name, n)
	if err != nil {
		im.fail(err)
	}
}

// valid reports what a thing's own rules find wrong with the row it was made of.
func (im *importer) valid(row *Row, item any) bool {
	v, ok := item.(interface{ Validate() error })
	if !ok {
		return true
	}
	err := v.Validate()
	var invalid *piecework.Invalid
	if errors.As(err, &invalid) {
		for _, f := range invalid.Fields {
			im.fault(row, f.Field, &f.Message)
		}
	} else if err != nil {
		im.fail(err)
	}
	return err == nil
}

// refs is things of one kind that rows refer to by code, read once each.
type refs[T any] struct {
	found map[refKey]*T // nil: there is none
	// spoilt are keys of rows of this import that were wrong. Rows that refer to them are not blamed for it.
	spoilt map[refKey]bool
	// holes says that a row could not be taken apart, so that any code may have been in it.
	holes bool
}

// refKey is a code, within a product for operations (scope 0 elsewhere).
type refKey struct {
	scope int64
	code  string
}

func newRefs[T any]() refs[T] { return refs[T]{found: map[refKey]*T{}, spoilt: map[refKey]bool{}} }

// find is the thing that a column of the row names; it reports when there is none, also in a row that is wrong elsewhere. what
// is its name in the message.
func find[T any](im *importer, in *refs[T], row *Row, column, what string, scope int64) *T {
	if row.at(column).wrong {
		return nil
	}
	key := refKey{scope, row.Text(column)}
	item, seen := in.found[key]
	if !seen && im.err == nil {
		item = new(T)
		q := im.db.NewSelect().Model(item).Where("code = ?", key.code)
		if scope != 0 {
			q = q.Where("product_id = ?", scope)
		}
		err := q.Scan(im.ctx)
		if err != nil {
			item = nil
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			im.fail(err)
			return nil
		}
		key.code = strings.Clone(key.code)
		in.found[key] = item
	}
	if item == nil && !in.spoilt[key] && !in.holes {
		im.faultInCell(row, column, piecework.Msg("there is no %s with this code", what))
	}
	return item
}

func (im *importer) workshop(row *Row) *piecework.Workshop {
	return find(im, &im.workshops, row, "workshop", "workshop", 0)
}

func (im *importer) contractor(row *Row) *piecework.Contractor {
	return find(im, &im.contractors, row, "contractor", "contractor", 0)
}

func (im *importer) worker(row *Row) *piecework.Worker {
	return find(im, &im.workers, row, "worker", "worker", 0)
}

func (im *importer) product(row *Row) *piecework.Product {
	return find(im, &im.products, row, "product", "product", 0)
}

func (im *importer) order(row *Row) *piecework.ProcessingOrder {
	return find(im, &im.orders, row, "order", "order", 0)
}

func (im *importer) session(row *Row) *piecework.WorkSession {
	return find(im, &im.sessions, row, "session", "session", 0)
}

func (im *importer) operation(row *Row, product int64) *piecework.Operation {
	return find(im, &im.operations, row, "operation", "operation of this product", product)
}
