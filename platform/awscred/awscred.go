package awscred

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// early is how long before they expire keys are fetched anew.
const early = 5 * time.Minute

// ErrNone says that a source has no credentials.
var ErrNone = errors.New("no AWS credentials")

// Keys are an access key, temporary when it has a token.
type Keys struct {
	ID, Secret string
	Token      string
	Expires    time.Time // zero: never
}

// Source gives credentials.
type Source func(ctx context.Context) (Keys, error)

// Static is the source of keys that do not change.
func Static(keys Keys) Source {
	return func(context.Context) (Keys, error) { return keys, nil }
}

// Chain asks each source in turn until one does not answer ErrNone.
func Chain(sources ...Source) Source {
	return func(ctx context.Context) (Keys, error) {
		for _, source := range sources {
			keys, err := source(ctx)
			if !errors.Is(err, ErrNone) {
				return keys, err
			}
		}
		return Keys{}, ErrNone
	}
}

// Cached keeps what a source gave until shortly before it expires; now is the clock.
func Cached(source Source, now func() time.Time) Source {
	c := &cache{source: source, now: now, fetching: make(chan struct{}, 1)}
	return c.get
}

// cache holds the keys that a source gave last.
type cache struct {
	source   Source
	now      func() time.Time
	fetching chan struct{} // holds one element while somebody fetches

	mu   sync.Mutex
	keys Keys
}

// get gives the keys that are held, unless they must be fetched first.
func (c *cache) get(ctx context.Context) (Keys, error) {
	held, left := c.held()
	if held.ID != "" && left > early {
		return held, nil
	}
	if held.ID != "" && left > 0 {
		select {
		case c.fetching <- struct{}{}:
		default:
			return held, nil // somebody is at it already
		}
		defer func() { <-c.fetching }()
		fresh, err := c.fetch(ctx)
		if err != nil {
			return held, nil // they still hold, and the next caller tries again
		}
		return fresh, nil
	}

	select {
	case c.fetching <- struct{}{}:
		defer func() { <-c.fetching }()
	case <-ctx.Done():
		return Keys{}, fmt.Errorf("wait for AWS credentials: %w", context.Cause(ctx))
	}
	if held, left := c.held(); held.ID != "" && left > 0 {
		return held, nil
	}
	return c.fetch(ctx)
}

// held are the keys and how long they hold.
func (c *cache) held() (Keys, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys.Expires.IsZero() {
		return c.keys, early + 1
	}
	return c.keys, c.keys.Expires.Sub(c.now())
}

func (c *cache) fetch(ctx context.Context) (Keys, error) {
	keys, err := c.source(ctx)
	if err != nil {
		return Keys{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = keys
	return keys, nil
}
