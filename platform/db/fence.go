package db

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// checkedFor is how long a server relies on what it has read of the migrations. A process that was stopped for longer reads
// them anew before its next transaction.
const checkedFor = 8 * time.Second

// fence refuses transactions of a program beside whose database a newer one has taken over.
type fence struct {
	refused atomic.Pointer[newerError] // nil: transactions are run
	inside  atomic.Int64               // transactions that run
	checked atomic.Pointer[time.Time]  // when the check that is relied on began; nil: none has
	turn    chan struct{}              // one checks at a time

	mu    sync.Mutex
	found time.Time // when a check has last found a newer program
}

// pastFence marks contexts whose transactions are not refused.
type pastFence struct{}

// Unfenced is a context in which transactions run even if the database belongs to a newer version: for what nodes tell each
// other about themselves, and nothing else.
func Unfenced(ctx context.Context) context.Context { return context.WithValue(ctx, pastFence{}, true) }

// CheckSchema reads which migrations the database holds. If there is one beside which this program must not serve it answers
// ErrNewer, and so does every transaction that begins from then on, until a check finds none.
func (d *DB) CheckSchema(ctx context.Context) error {
	began := time.Now()
	var names []string
	_, err := d.engine.read(ctx, func(s session) (err error) {
		names, err = d.demands(s)
		return err
	})
	d.note(err)
	if err != nil {
		return err
	}
	if newer := d.fence.learn(began, names); newer != nil {
		return newer
	}
	return nil
}

// learn takes what a check has found. One that began before another has found a newer program does not know of that, and does not
// take it back.
func (f *fence) learn(began time.Time, names []string) *newerError {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case len(names) > 0:
		f.refused.Store(&newerError{names: names})
		f.found = time.Now()
	case began.After(f.found):
		f.refused.Store(nil)
	}
	f.checked.Store(&began)
	return f.refused.Load()
}

// Fenced reports whether transactions are refused and none runs any more.
func (d *DB) Fenced() bool { return d.fence.refused.Load() != nil && d.fence.inside.Load() == 0 }

// enter lets a transaction begin. The caller calls leave if and only if it may.
func (d *DB) enter(ctx context.Context) error {
	if ctx.Value(pastFence{}) != nil {
		d.fence.inside.Add(1)
		return nil
	}
	if err := d.check(ctx); err != nil {
		return err
	}
	d.fence.inside.Add(1) // before the look at the fence: Fenced looks the other way round
	if newer := d.fence.refused.Load(); newer != nil {
		d.leave()
		return newer
	}
	return nil
}

func (d *DB) leave() { d.fence.inside.Add(-1) }

// check makes sure that the last check was not long ago, where the database is watched.
func (d *DB) check(ctx context.Context) error {
	if !d.opts.Watch || d.fence.fresh() {
		return nil
	}
	select {
	case d.fence.turn <- struct{}{}:
		defer func() { <-d.fence.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if d.fence.fresh() {
		return nil
	}
	return d.CheckSchema(ctx)
}

func (f *fence) fresh() bool {
	checked := f.checked.Load()
	return checked != nil && time.Since(*checked) < checkedFor
}
