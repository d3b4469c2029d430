package piecework

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// Recorder stores tallies for many callers at once. Each caller waits until her tallies are on disk, but callers who
// arrive while a commit is under way share the next one, so the disk is asked once for all of them.
//
// On SQLite the recorder keeps a connection to itself. The engine tells there whether anybody else has written since, so that what
// was looked up for one commit need not be looked up for the next.
type Recorder struct {
	db    *bun.DB
	queue chan *waiting
	done  chan struct{} // closed when the recorder is to stop
	ended chan struct{} // closed when it has
	once  sync.Once

	// Only run uses these.
	conn     *tx  // nil: none is kept
	underWay bool // a transaction has begun there
	memory   *memory
	version  int64 // of the data that the memory knows
	expected int   // how many callers were answered by the last commit, or waited for the next
}

type waiting struct {
	Batch
	answer chan answer
}

type answer struct {
	results []TallyResult
	err     error
}

// maxShared bounds how many tallies one commit carries, so that one caller with a thousand never holds up the rest for long.
const maxShared = 2000

// moment is how long a commit waits for those who had a part in the last one.
const moment = 2 * time.Millisecond

// NewRecorder starts a recorder. Close ends it.
func NewRecorder(db *bun.DB) *Recorder {
	r := &Recorder{db: db, queue: make(chan *waiting, 1024), done: make(chan struct{}), ended: make(chan struct{})}
	go r.run()
	return r
}

// Record is RecordBatch for tallies about which there is no more to say.
func (r *Recorder) Record(ctx context.Context, by Actor, items []NewTally) ([]TallyResult, error) {
	return r.RecordBatch(ctx, Batch{By: by, Items: items})
}

// RecordBatch stores tallies and returns when they are durable. A cancelled context stops the waiting, not the storing: the
// same uids sent again are then answered as duplicates.
func (r *Recorder) RecordBatch(ctx context.Context, b Batch) ([]TallyResult, error) {
	w := &waiting{b, make(chan answer, 1)}
	select {
	case r.queue <- w:
	case <-r.done:
		return nil, Conflict("The server is stopping. Send the tallies again in a moment.")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-w.answer:
		return a.results, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.done:
		return nil, Conflict("The server is stopping. Send the tallies again in a moment.")
	}
}

// Close stops the recorder. What was acknowledged before is stored; callers still waiting are told to send again.
func (r *Recorder) Close() {
	r.once.Do(func() { close(r.done) })
	<-r.ended
}

func (r *Recorder) run() {
	defer close(r.ended)
	defer r.forget()
	for {
		select {
		case <-r.done:
			return
		case first := <-r.queue:
			r.store(r.gather(first))
		}
	}
}

// gather takes whoever is waiting already. Those who were answered by the last commit are likely to come again at once, and one
// commit for all costs less than two for half of them each: so it waits for them, too, but only for a moment.
func (r *Recorder) gather(first *waiting) []*waiting {
	batch, n := []*waiting{first}, len(first.Items)
	var late <-chan time.Time
	for n < maxShared {
		select {
		case w := <-r.queue:
			batch = append(batch, w)
			n += len(w.Items)
			continue
		default:
		}
		if len(batch) >= r.expected {
			return batch
		}
		if late == nil {
			late = time.After(moment)
		}
		select {
		case w := <-r.queue:
			batch = append(batch, w)
			n += len(w.Items)
		case <-late:
			return batch
		}
	}
	return batch
}

// store commits a batch. If it fails as a whole, each caller is tried alone, so that nobody pays for another's fault.
func (r *Recorder) store(batch []*waiting) {
	ctx := context.Background()
	batches := make([]*Batch, len(batch))
	for i, w := range batch {
		batches[i] = &w.Batch
	}
	results, err := r.commit(ctx, batches)
	r.expected = len(batch) + len(r.queue)
	for _, w := range batch {
		switch {
		case err == nil:
			n := len(w.Items)
			w.answer <- answer{results[:n:n], nil}
			results = results[n:]
		case len(batch) == 1:
			w.answer <- answer{nil, err}
		default:
			alone, err := RecordBatch(ctx, r.db, w.Batch)
			w.answer <- answer{alone, err}
		}
	}
}

// commit stores batches in one transaction.
func (r *Recorder) commit(ctx context.Context, batches []*Batch) (results []TallyResult, err error) {
	if !IsSQLite(r.db) {
		err = InTx(ctx, r.db, func(ctx context.Context, db bun.Tx) error {
			results, err = recordBatches(ctx, db, batches)
			return err
		})
		return results, err
	}
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	if err = r.refresh(ctx); err == nil {
		results, err = recordKnowing(ctx, *r.conn, r.memory, batches)
	}
	if err == nil {
		err = r.conn.exec(ctx, commit, 1, nothing)
	}
	if err != nil {
		r.forget() // the memory holds what was not stored
	}
	r.underWay = false
	return results, err
}

// What begins and ends a transaction of the recorder's own connection.
var (
	begin       = &rowQuery{"BEGIN IMMEDIATE", "", ""}
	commit      = &rowQuery{"COMMIT", "", ""}
	dataVersion = &rowQuery{"PRAGMA data_version", "", ""}
)

func nothing(args []any, _ int) []any { return args }

// begin begins a transaction on the connection, which it takes if there is none yet.
func (r *Recorder) begin(ctx context.Context) error {
	if r.conn == nil {
		conn, err := r.db.Conn(ctx)
		if err != nil {
			return err
		}
		r.conn, r.memory = &tx{IDB: conn, sql: conn.Conn, statements: &statements{conn.Conn, map[statement]*sql.Stmt{}}}, newMemory()
	}
	if err := r.conn.exec(ctx, begin, 1, nothing); err != nil {
		r.forget()
		return wrap("begin", err)
	}
	r.underWay = true
	return nil
}

// refresh empties the memory if another connection, of this process or of any other, has written since the last commit.
func (r *Recorder) refresh(ctx context.Context) error {
	var version int64
	err := r.conn.queryPart(ctx, dataVersion, 1, nil, func(rows *sql.Rows) error { return rows.Scan(&version) })
	if err != nil {
		return wrap("read data version", err)
	}
	if version != r.version || r.memory.full() {
		r.memory, r.version = newMemory(), version
	}
	return nil
}

// forget ends what is under way, gives the connection back and forgets what was read.
func (r *Recorder) forget() {
	if r.conn == nil {
		return
	}
	for _, stmt := range r.conn.statements.known {
		_ = stmt.Close() // it is of no use any more, whatever it says
	}
	conn := r.conn.statements.conn
	if r.underWay {
		if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // nobody shall get a connection in this state
		}
	}
	_ = conn.Close()
	r.conn, r.memory, r.underWay = nil, nil, false
}
