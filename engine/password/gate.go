package password

import (
	"context"
	"errors"
)

var errCrowded = errors.New("too many wait already")

// gate lets few in at once, lets some more wait, and turns the others away.
type gate struct {
	inside  chan struct{}
	present chan struct{} // inside or waiting
}

func makeGate(slots, queue int) gate {
	return gate{inside: make(chan struct{}, slots), present: make(chan struct{}, slots+queue)}
}

// enter waits for a place and answers how to leave it; errCrowded when too many wait, the context's error when it ends.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.present <- struct{}{}:
	default:
		return nil, errCrowded
	}
	select {
	case g.inside <- struct{}{}:
		return func() { <-g.inside; <-g.present }, nil
	case <-ctx.Done():
		<-g.present
		return nil, context.Cause(ctx)
	}
}
