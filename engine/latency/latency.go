package latency

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

// History remembers how long functions take and how they end. The zero value is ready to use.
type History struct {
	mu   sync.Mutex
	past map[string][]outcome // by the function's ARN, the oldest first
}

// outcome is how one call of a function ended.
type outcome struct {
	took time.Duration
	err  error
}

// Record remembers how a call ended. err is nil, or what is to be answered in the place of another call, without anything
// about the user.
func (h *History) Record(arn string, took time.Duration, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	past, known := h.past[arn]
	if h.past == nil || !known && len(h.past) >= maxFunctions {
		h.past = map[string][]outcome{}
	}
	past = append(past, outcome{took, err})
	h.past[arn] = past[max(len(past)-maxOutcomes, 0):]
}

// Simulate takes as long as one of the latest calls of the function, and ends as it did.
func (h *History) Simulate(ctx context.Context, arn string) error {
	o := h.draw(arn)
	timer := time.NewTimer(o.took)
	defer timer.Stop()
	select {
	case <-timer.C:
		return o.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// draw picks one of the latest outcomes. Before a function was called for the first time since the server's start, it is a
// guess.
func (h *History) draw(arn string) outcome {
	h.mu.Lock()
	defer h.mu.Unlock()
	past := h.past[arn]
	if len(past) == 0 {
		return outcome{took: 50*time.Millisecond + rand.N(250*time.Millisecond)}
	}
	return past[rand.N(len(past))]
}
