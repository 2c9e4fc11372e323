package throttle

import (
	"context"
	"errors"
	"sync"
	"time"

	"cardea/engine/lockout"
	"cardea/platform/caller"
)

// ErrTooFast says that a network, or whatever else is counted, has had its share for the moment.
var ErrTooFast = errors.New("too many requests")

// most is how many keys, which are networks as a rule, are remembered at once.
const most = 1 << 15

// Throttle is the bound of some operations. Every network may ask Burst times at once and PerSecond times a second in the long run. One that is nil, or
// has no PerSecond, bounds nothing.
type Throttle struct {
	PerSecond float64
	Burst     int
	Now       func() time.Time

	mu   sync.Mutex
	idle map[string]time.Time // by key: when all that was asked under it is forgotten
}

// Admit counts a request by the caller that ctx carries, or answers ErrTooFast. A caller whose address is not known is not counted.
func (t *Throttle) Admit(ctx context.Context) error {
	return t.AdmitFor(network(ctx))
}

// AdmitFor counts a request under a key instead of the caller's network, such as the pool that it is for. One under the empty key
// is not counted.
func (t *Throttle) AdmitFor(key string) error {
	if !t.count(key, 1, false) {
		return ErrTooFast
	}
	return nil
}

// Charge counts a request as many more times: one that has cost more than those which are right.
func (t *Throttle) Charge(ctx context.Context, times int) { t.count(network(ctx), times, true) }

func network(ctx context.Context) string {
	return lockout.Source{Address: caller.From(ctx).IP}.Network()
}

// count adds requests if there is room for them, or anyway.
func (t *Throttle) count(key string, times int, anyway bool) bool {
	if t == nil || t.PerSecond == 0 || key == "" {
		return true
	}
	each := time.Duration(float64(time.Second) / t.PerSecond)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.Now()
	idle := t.idle[key]
	if idle.Before(now) {
		idle = now
	}
	idle = idle.Add(time.Duration(times) * each)
	if full := now.Add(time.Duration(t.Burst) * each); idle.After(full) {
		if !anyway {
			return false
		}
		idle = full
	}
	t.put(key, idle, now)
	return true
}

func (t *Throttle) put(key string, idle, now time.Time) {
	if t.idle == nil {
		t.idle = map[string]time.Time{}
	}
	if _, known := t.idle[key]; !known && len(t.idle) >= most {
		t.forget(now)
	}
	t.idle[key] = idle
}

// forget makes room: of those keys that are idle, or of an arbitrary eighth when few are.
func (t *Throttle) forget(now time.Time) {
	for key, idle := range t.idle {
		if !idle.After(now) {
			delete(t.idle, key)
		}
	}
	for key := range t.idle {
		if len(t.idle) < most-most/8 {
			return
		}
		delete(t.idle, key)
	}
}
