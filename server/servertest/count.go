package servertest

import (
	"context"
	"net/http"
	"sync"

	"cardea/platform/db"
)

// Count collects the database's transactions of some calls.
type Count struct {
	mu   sync.Mutex
	list []db.Transaction
}

// Take is the transactions since the last Take, in the order of their ends.
func (c *Count) Take() []db.Transaction {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

// Counted is the same server, whose transactions for its calls, and for no others', are collected in the Count.
func (w *World) Counted() (*World, *Count) {
	there := *w
	there.count = &Count{}
	return &there, there.count
}

type countKey struct{}

// counted makes r one of the calls that are counted.
func (w *World) counted(r *http.Request) *http.Request {
	if w.count == nil {
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), countKey{}, w.count))
}

// countTransaction is told of every transaction of the server.
func countTransaction(ctx context.Context, t db.Transaction) {
	c, ok := ctx.Value(countKey{}).(*Count)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, t)
}
