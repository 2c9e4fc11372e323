package password

import "context"

// semaphore bounds how many costly hashes are computed at once, and how many computations wait for their turn.
type semaphore struct {
	running chan struct{}
	pending chan struct{} // running or waiting
}

func newSemaphore(slots, queue int) semaphore {
	return semaphore{running: make(chan struct{}, slots), pending: make(chan struct{}, slots+queue)}
}

// acquire waits for a slot and answers how to release it; ErrBusy when too many wait, the context's error when it ends.
func (s semaphore) acquire(ctx context.Context) (release func(), err error) {
	select {
	case s.pending <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	select {
	case s.running <- struct{}{}:
		return func() { <-s.running; <-s.pending }, nil
	case <-ctx.Done():
		<-s.pending
		return nil, context.Cause(ctx)
	}
}
