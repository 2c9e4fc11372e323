package audit

import (
	"context"
	"sync"
)

// Note is what the parts of a server that answer a request leave for its record, in the request's context.
type Note struct {
	mu   sync.Mutex // a transaction that nobody waits for any longer may still leave something
	pool string
	sub  string
}

type noteKey struct{}

// WithNote returns a context in which a request's note is taken.
func WithNote(ctx context.Context) (context.Context, *Note) {
	n := &Note{}
	return context.WithValue(ctx, noteKey{}, n), n
}

// About says that a request is about a user of a pool. What is said last counts.
func About(ctx context.Context, pool, sub string) {
	n, ok := ctx.Value(noteKey{}).(*Note)
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pool, n.sub = pool, sub
}

// User is the user whom the request was about, and their pool; empty where nobody has said so. n may be nil.
func (n *Note) User() (pool, sub string) {
	if n == nil {
		return "", ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pool, n.sub
}
