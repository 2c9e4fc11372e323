package db

import (
	"context"
	"errors"
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
	checked atomic.Pointer[look]       // when the check that is relied on began; nil: none has
	turn    chan struct{}              // one checks at a time

	mu    sync.Mutex
	found time.Time // when a check has last found a newer program
}

// look is a moment by both clocks: the one that measures time stands still while a machine is suspended.
type look struct {
	running, wall time.Time
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
	_, err := d.engine.read(ctx, false, func(s session) (err error) {
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
	f.checked.Store(&look{began, began.Round(0)})
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

// errStale says that a transaction has waited so long for its turn that the last check is too old for it.
var errStale = errors.New("the schema was not looked at in time")

// admit answers errStale at the beginning of a transaction if the process may have been stopped since it was let in.
func (d *DB) admit(ctx context.Context) error {
	if d.opts.Watch && !d.fence.fresh() && ctx.Value(pastFence{}) == nil {
		return errStale
	}
	return nil
}

// maxStale is how often a transaction that was not admitted is begun again.
const maxStale = 3

// guarded runs a transaction that may begin.
func (d *DB) guarded(ctx context.Context, run func() error) error {
	once := func() error {
		if err := d.enter(ctx); err != nil {
			return err
		}
		defer d.leave()
		return run()
	}
	for tries := 1; ; tries++ {
		if err := once(); !errors.Is(err, errStale) || tries == maxStale {
			return err
		}
	}
}

func (f *fence) fresh() bool {
	checked := f.checked.Load()
	if checked == nil {
		return false
	}
	now := time.Now()
	return now.Sub(checked.running) < checkedFor && now.Round(0).Sub(checked.wall).Abs() < checkedFor
}
