package pace

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Bounds of what is remembered.
const (
	maxFunctions = 1_000
	maxOutcomes  = 32 // the latest, of each function
)

// Pace remembers how long functions take and how they end. The zero value is ready to use.
type Pace struct {
	mu   sync.Mutex
	past map[string][]outcome // by the function's ARN, the oldest first
}

// outcome is how one call of a function ended.
type outcome struct {
	took time.Duration
	err  error
}

// Note remembers how a call ended. err is nil, or what is to be answered in the place of another call, without anything
// about the user.
func (p *Pace) Note(arn string, took time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	past, known := p.past[arn]
	if p.past == nil || !known && len(p.past) >= maxFunctions {
		p.past = map[string][]outcome{}
	}
	past = append(past, outcome{took, err})
	p.past[arn] = past[max(len(past)-maxOutcomes, 0):]
}

// Imitate takes as long as one of the latest calls of the function, and ends as it did.
func (p *Pace) Imitate(ctx context.Context, arn string) error {
	o := p.like(arn)
	timer := time.NewTimer(o.took)
	defer timer.Stop()
	select {
	case <-timer.C:
		return o.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// like draws one of the latest outcomes. Before a function was called for the first time since the server's start, it is a
// guess.
func (p *Pace) like(arn string) outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	past := p.past[arn]
	if len(past) == 0 {
		return outcome{took: 50*time.Millisecond + rand.N(250*time.Millisecond)}
	}
	return past[rand.N(len(past))]
}
