package throttle

import (
	"context"
	"errors"
	"sync"
	"time"

	"cardea/engine/lockout"
	"cardea/platform/caller"
)

// ErrTooFast says that a network has had its share for the moment.
var ErrTooFast = errors.New("too many requests from this network")

// most is how many networks are remembered at once.
const most = 1 << 15

// Throttle is the bound of some operations. Every network may ask Burst times at once and PerSecond times a second in the long run. One that is nil, or
// has no PerSecond, bounds nothing.
type Throttle struct {
	PerSecond float64
	Burst     int
	Now       func() time.Time

	mu   sync.Mutex
	idle map[string]time.Time // by network: when all that it has asked is forgotten
}

// Admit counts a request by the caller that ctx carries, or answers ErrTooFast. A caller whose address is not known is not counted.
func (t *Throttle) Admit(ctx context.Context) error {
	if !t.count(ctx, 1, false) {
		return ErrTooFast
	}
	return nil
}

// Charge counts a request as many more times: one that has cost more than those which are right.
func (t *Throttle) Charge(ctx context.Context, times int) { t.count(ctx, times, true) }

// count adds requests if there is room for them, or anyway.
func (t *Throttle) count(ctx context.Context, times int, anyway bool) bool {
	if t == nil || t.PerSecond == 0 {
		return true
	}
	network := lockout.Source{Address: caller.From(ctx).IP}.Network()
	if network == "" {
		return true
	}
	each := time.Duration(float64(time.Second) / t.PerSecond)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.Now()
	idle := t.idle[network]
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
	t.put(network, idle, now)
	return true
}

func (t *Throttle) put(network string, idle, now time.Time) {
	if t.idle == nil {
		t.idle = map[string]time.Time{}
	}
	if _, known := t.idle[network]; !known && len(t.idle) >= most {
		t.forget(now)
	}
	t.idle[network] = idle
}

// forget makes room: of those networks that are idle, or of an arbitrary eighth when few are.
func (t *Throttle) forget(now time.Time) {
	for network, idle := range t.idle {
		if !idle.After(now) {
			delete(t.idle, network)
		}
	}
	for network := range t.idle {
		if len(t.idle) < most-most/8 {
			return
		}
		delete(t.idle, network)
	}
}
