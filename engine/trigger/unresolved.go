package trigger

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	outbound "cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/id"
)

// Unresolved finds the triggers of pools whose functions cannot be invoked. It writes one line to the log for each, and counts
// them. Make it with NewUnresolved.
type Unresolved struct {
	db       *db.DB
	triggers Triggers
	log      *slog.Logger
	advice   func(function string) string
	wake     chan struct{}
	count    atomic.Int64

	mu    sync.Mutex
	pools map[id.Pool]examined
}

// examined is a pool with what is wrong with its functions.
type examined struct {
	version int64
	wrong   []*FunctionError
}

// NewUnresolved prepares a search in store. advice says what makes the server find a function of a name.
func NewUnresolved(store *db.DB, t Triggers, log *slog.Logger, advice func(function string) string) *Unresolved {
	return &Unresolved{
		db: store, triggers: t, log: log, advice: advice,
		wake: make(chan struct{}, 1), pools: map[id.Pool]examined{},
	}
}

// Scan examines all pools that are new or have changed since the last scan, in one read. It is a job.
func (u *Unresolved) Scan(ctx context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	next := map[id.Pool]examined{}
	err := u.db.Read(ctx, func(tx *db.Tx) error {
		versions, err := pool.Versions(tx)
		if err != nil {
			return err
		}
		for _, v := range versions {
			known, found := u.pools[v.ID]
			if !found || known.version != v.Version {
				p, err := pool.Get(tx, v.ID)
				if err != nil {
					return fmt.Errorf("get pool %s: %w", v.ID, err)
				}
				known = examined{v.Version, u.triggers.Check(p.Doc.LambdaConfig, nil)}
			}
			next[v.ID] = known
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for functions of pools: %w", err)
	}

	count := 0
	for name, p := range next {
		count += len(p.wrong)
		for _, wrong := range p.wrong {
			if !u.pools[name].has(wrong) {
				u.report(ctx, name, wrong)
			}
		}
	}
	u.pools = next
	u.count.Store(int64(count))
	return nil
}

func (e examined) has(wrong *FunctionError) bool {
	for _, known := range e.wrong {
		if *known == *wrong {
			return true
		}
	}
	return false
}

// report logs a trigger that fails whenever it is asked.
func (u *Unresolved) report(ctx context.Context, name id.Pool, wrong *FunctionError) {
	advice := "name the ARN of a Lambda function"
	if arn, err := outbound.ParseARN(wrong.ARN); err == nil {
		advice = u.advice(arn.Name)
	}
	u.log.WarnContext(ctx, "a trigger has no function, and operations that ask it fail",
		"pool", string(name), "trigger", string(wrong.Trigger), "arn", wrong.ARN, "advice", advice)
}

// PoolsChanged makes the job run soon.
func (u *Unresolved) PoolsChanged() {
	select {
	case u.wake <- struct{}{}:
	default: // it is about to run
	}
}

// Wake receives when pools have changed.
func (u *Unresolved) Wake() <-chan struct{} { return u.wake }

// Count is the number of triggers found by the last scan.
func (u *Unresolved) Count() int { return int(u.count.Load()) }
