package db

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// pgPool keeps connections to PostgreSQL between transactions. The one given back last is taken first, so that those that
// are not needed become old and are closed.
type pgPool struct {
	dial         func(ctx context.Context) (*pgConn, error)
	life, jitter time.Duration

	slots chan struct{} // one for each connection that may be in use
	gone  chan struct{} // closed when the pool is
	waits waits
	away  atomic.Pointer[time.Time] // since when no connection could be made and none has worked; nil while the server is there

	mu     sync.Mutex
	idle   []*pgConn // the one given back last is the last
	epoch  int       // connections of former ones are not used again
	swept  time.Time
	closed bool
}

func newPool(a pgAddress, dial func(ctx context.Context) (*pgConn, error)) *pgPool {
	return &pgPool{
		dial: dial, life: a.life, jitter: a.jitter,
		slots: make(chan struct{}, a.max), gone: make(chan struct{}), swept: time.Now(),
	}
}

// take waits for a connection, which may be used until a moment. The waiting ends with ctx.
func (p *pgPool) take(ctx context.Context, limit time.Duration) (*pgConn, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	c, err := p.find(ctx, limit)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return c, nil
}

func (p *pgPool) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	defer p.waits.begin()()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-p.gone:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// find takes an idle connection that still works, or makes one.
func (p *pgPool) find(ctx context.Context, limit time.Duration) (*pgConn, error) {
	for {
		now := time.Now()
		c, epoch, err := p.pop(now)
		if err != nil {
			return nil, err
		}
		if c == nil {
			if c, err = p.dial(ctx); err != nil {
				p.missed(ctx, now, err)
				return nil, err
			}
			p.met()
			c.epoch, c.ends = epoch, time.Now().Add(p.life)
			if p.jitter > 0 {
				c.ends = c.ends.Add(rand.N(p.jitter))
			}
			now = time.Now()
			c.used = now
		}
		if c.wake(now, now.Add(limit)) {
			return c, nil
		}
		c.close()
	}
}

// pop removes an idle connection from the list, or returns nil and the epoch of the next one.
func (p *pgPool) pop(now time.Time) (*pgConn, int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, 0, errClosed
	}
	for n := len(p.idle); n > 0; n = len(p.idle) {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		if !p.over(c, now) {
			return c, c.epoch, nil
		}
		go c.close()
	}
	return nil, p.epoch, nil
}

// missed notes that the server was not reached, unless it was the caller who gave up.
func (p *pgPool) missed(ctx context.Context, now time.Time, err error) {
	if ctx.Err() == nil && unreachable(err) {
		p.away.CompareAndSwap(nil, &now)
	}
}

// met notes that the server is there.
func (p *pgPool) met() {
	if p.away.Load() != nil {
		p.away.Store(nil)
	}
}

// longAway reports whether the server has been away for so long that nobody waits for it any more. A request has several
// transactions: if each of them waited, its client would get an answer long after it has stopped listening.
func (p *pgPool) longAway() bool {
	since := p.away.Load()
	return since != nil && time.Since(*since) > retryFor
}

// over reports whether a connection's time has come.
func (p *pgPool) over(c *pgConn, now time.Time) bool {
	return c.epoch != p.epoch || now.After(c.ends)
}

// give gives a connection back. If what has broken it concerns the others too, none of them is used again.
func (p *pgPool) give(c *pgConn) {
	defer func() { <-p.slots }()
	c.used, c.fresh = time.Now(), false
	if c.broken == nil {
		p.met()
	}
	if !p.keep(c) {
		c.close()
	}
}

func (p *pgPool) keep(c *pgConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if shared(c.broken) && c.epoch == p.epoch {
		p.epoch++
	}
	if c.used.Sub(p.swept) > time.Minute || shared(c.broken) {
		p.sweep(c.used)
	}
	if p.closed || c.broken != nil || p.over(c, c.used) {
		return false
	}
	p.idle = append(p.idle, c)
	return true
}

// sweep closes idle connections whose time has come. p.mu is held.
func (p *pgPool) sweep(now time.Time) {
	p.swept = now
	kept := p.idle[:0]
	for _, c := range p.idle {
		if p.over(c, now) {
			go c.close()
			continue
		}
		kept = append(kept, c)
	}
	clear(p.idle[len(kept):])
	p.idle = kept
}

// spare is the number of idle connections.
func (p *pgPool) spare() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// close ends all connections, those in use when they are given back.
func (p *pgPool) close() {
	p.mu.Lock()
	idle, again := p.idle, p.closed
	p.closed, p.idle = true, nil
	p.mu.Unlock()
	if again {
		return
	}
	close(p.gone)
	for _, c := range idle {
		c.close()
	}
	for range cap(p.slots) { // until all have been given back
		p.slots <- struct{}{}
	}
}
