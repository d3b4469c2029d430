package piecework

import (
	"context"
	"sync"

	"github.com/uptrace/bun"
)

// Recorder stores tallies for many callers at once. Each caller waits until her tallies are on disk, but callers who
// arrive while a commit is under way share the next one, so the disk is asked once for all of them.
type Recorder struct {
	db    bun.IDB
	queue chan *waiting
	done  chan struct{}
	once  sync.Once
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

// NewRecorder starts a recorder. Close ends it.
func NewRecorder(db bun.IDB) *Recorder {
	r := &Recorder{db: db, queue: make(chan *waiting, 1024), done: make(chan struct{})}
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
func (r *Recorder) Close() { r.once.Do(func() { close(r.done) }) }

func (r *Recorder) run() {
	for {
		select {
		case <-r.done:
			return
		case first := <-r.queue:
			r.store(r.gather(first))
		}
	}
}

// gather takes whoever is waiting already, without waiting for more.
func (r *Recorder) gather(first *waiting) []*waiting {
	batch, n := []*waiting{first}, len(first.Items)
	for n < maxShared {
		select {
		case w := <-r.queue:
			batch = append(batch, w)
			n += len(w.Items)
		default:
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
	var results []TallyResult
	err := InTx(ctx, r.db, func(ctx context.Context, db bun.Tx) error {
		var err error
		results, err = recordBatches(ctx, db, batches)
		return err
	})
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
