package db

import (
	"context"
	"sync"
	"time"
)

// Cache keeps what transactions have read, by key, so that requests for the same need none. A change that this node has
// announced by [Tx.Changed] holds at once, a change by another node after Age.
type Cache[T any] struct {
	DB    *DB
	Table string        // what is read: the one table whose changes matter
	Age   time.Duration // how long what was read is relied on
	Max   int           // how many keys there may be; beyond it an arbitrary one is dropped

	mu    sync.RWMutex
	known map[string]known[T]
}

// known is what a read has answered.
type known[T any] struct {
	value   T
	read    time.Time
	changes int64 // of the table, counted before the read
}

// Get gives the value of a key, as read answers it in a transaction, or as it did not long ago. The value is shared: never
// mutate it. Errors are not kept.
func (c *Cache[T]) Get(ctx context.Context, key string, read func(tx *Tx) (T, error)) (T, error) {
	now, changes := c.DB.Now(), c.DB.changes.count(c.Table)
	c.mu.RLock()
	found, ok := c.known[key]
	c.mu.RUnlock()
	if age := now.Sub(found.read); ok && found.changes == changes && age >= 0 && age <= c.Age {
		return found.value, nil
	}

	var value T
	err := c.DB.Read(ctx, func(tx *Tx) (err error) {
		value, err = read(tx)
		return err
	})
	if err == nil {
		c.keep(key, known[T]{value, now, changes})
	}
	return value, err
}

func (c *Cache[T]) keep(key string, found known[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]known[T]{}
	}
	if _, there := c.known[key]; !there && len(c.known) >= c.Max {
		for victim := range c.known {
			delete(c.known, victim)
			break
		}
	}
	c.known[key] = found
}

// Changed says that the transaction changes a table. What a [Cache] has read of it is read anew as soon as the change is
// committed.
func (tx *Tx) Changed(table string) {
	tx.OnCommit(func() { tx.db.changes.add(table) })
}

// changes counts this node's changes of those tables that caches read.
type changes struct {
	mu     sync.RWMutex
	counts map[string]int64
}

func (c *changes) count(table string) int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.counts[table]
}

func (c *changes) add(table string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int64{}
	}
	c.counts[table]++
}
