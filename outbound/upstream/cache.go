package upstream

import (
	"context"
	"errors"
	"sync"
	"time"
)

// cache keeps what providers publish, by its address. Of many that miss the same at once, one fetches and the others take what came
// of it.
type cache[T any] struct {
	now          func() time.Time
	fresh, stale time.Duration // how old a value may be, and how old while it cannot be fetched
	pause        time.Duration // between two tries to fetch what there is a copy of

	mu      sync.Mutex
	entries map[string]*entry[T]
}

// entry is what is known of one address. turn is held by whoever fetches it; the rest is guarded by the cache's lock.
type entry[T any] struct {
	turn chan struct{}

	value   T
	there   bool
	fetched time.Time // when value was
	failed  time.Time // when the last fetch that failed did
	renewed time.Time // when a fetch was last forced
	used    time.Time

	ends int   // how many fetches have ended
	err  error // of the last
}

// get gives the value of an address: the known one, or what fetch answers. renew asks for one that is fetched now, which is granted
// once in a pause.
func (c *cache[T]) get(ctx context.Context, address string, renew bool, fetch func() (T, error)) (T, error) {
	e, ends := c.entry(address)
	if value, ok := c.known(e, renew); ok {
		return value, nil
	}

	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	defer func() { <-e.turn }()

	if value, err, ok := c.meanwhile(e, ends); ok {
		return value, err
	}
	value, err := fetch()
	return c.ended(e, renew, value, err)
}

// entry finds or adds an entry, and counts the fetches of it that have ended.
func (c *cache[T]) entry(address string) (*entry[T], int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]*entry[T]{}
	}
	e := c.entries[address]
	if e == nil {
		if len(c.entries) >= maxCached {
			c.dropOldest()
		}
		e = &entry[T]{turn: make(chan struct{}, 1)}
		c.entries[address] = e
	}
	e.used = c.now()
	return e, e.ends
}

func (c *cache[T]) dropOldest() {
	var oldest string
	for address, e := range c.entries {
		if oldest == "" || e.used.Before(c.entries[oldest].used) {
			oldest = address
		}
	}
	delete(c.entries, oldest)
}

// known answers the value if it may be relied on without a fetch.
func (c *cache[T]) known(e *entry[T], renew bool) (value T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if renew {
		return e.value, e.there && now.Sub(e.renewed) < c.pause
	}
	age := now.Sub(e.fetched)
	return e.value, e.there && (age < c.fresh || age < c.stale && now.Sub(e.failed) < c.pause)
}

// meanwhile answers what came of a fetch that ended while this caller waited for its turn.
func (c *cache[T]) meanwhile(e *entry[T], ends int) (value T, err error, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.ends == ends {
		return value, nil, false
	}
	return e.value, e.err, true
}

// ended notes what came of a fetch. An old value is better than none for a while. A fetch that its caller gave up says nothing of
// the provider, and leaves the turn to the next.
func (c *cache[T]) ended(e *entry[T], renew bool, value T, err error) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, context.Canceled) {
		return value, err
	}
	now := c.now()
	e.ends++
	if renew {
		e.renewed = now
	}
	if err == nil {
		e.value, e.there, e.fetched, e.failed, e.err = value, true, now, time.Time{}, nil
		return value, nil
	}
	e.failed = now
	if e.there && now.Sub(e.fetched) < c.stale {
		e.err = nil
		return e.value, nil
	}
	e.err = err
	return value, err
}
