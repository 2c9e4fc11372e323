package message

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// What is remembered of the functions that write messages.
const (
	maxFunctions = 1_000
	maxOutcomes  = 32 // the latest, of each function
)

// outcome is how one call of a function ended.
type outcome struct {
	took time.Duration
	err  error // nil, or why there is no message, without anything about the user
}

// pace remembers how long functions take to write messages and how often they fail, and imitates them where none is asked:
// for users who do not exist. The zero value is ready to use.
type pace struct {
	mu   sync.Mutex
	past map[string][]outcome // by the function's ARN, the oldest first
}

// note remembers an outcome.
func (p *pace) note(arn string, o outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	past, known := p.past[arn]
	if p.past == nil || !known && len(p.past) >= maxFunctions {
		p.past = map[string][]outcome{}
	}
	past = append(past, o)
	p.past[arn] = past[max(len(past)-maxOutcomes, 0):]
}

// imitate takes as long as one of the latest calls of the function, and ends as it did.
func (p *pace) imitate(ctx context.Context, arn string) error {
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
func (p *pace) like(arn string) outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	past := p.past[arn]
	if len(past) == 0 {
		return outcome{took: 50*time.Millisecond + rand.N(250*time.Millisecond)}
	}
	return past[rand.N(len(past))]
}
