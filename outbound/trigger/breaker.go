package trigger

import (
	"errors"
	"sync"
	"time"
)

// When a function is left alone: of at least enough asks in the window, half have failed.
const (
	window  = 30 * time.Second
	slots   = 6
	enough  = 10
	resting = 10 * time.Second

	maxBreakers = 10_000
)

// verdict is what an ask says of the function's health.
type verdict int

const (
	healthy verdict = iota
	failing
	unknown // the caller went away, or had little time left
)

// verdictOf tells failures from answers: a function that refuses, or answers nonsense, works.
func verdictOf(err error) verdict {
	if errors.Is(err, errShort) {
		return unknown
	}
	if _, failed := errors.AsType[*Failed](err); failed {
		return failing
	}
	if _, refused := errors.AsType[*Refused](err); err == nil || refused || errors.Is(err, ErrInvalid) {
		return healthy
	}
	return unknown
}

// breaker is the circuit breaker of one function. A nil one lets everything through.
type breaker struct {
	mu      sync.Mutex
	counts  [slots]count
	open    time.Time // until when nothing passes; zero when it is closed
	probing bool      // after that time one ask is under way
}

// count is the asks of a sixth of the window.
type count struct {
	slot          int64
	total, failed int
}

// breaker is that of a function, made when it is first asked; nil when the entry wants none.
func (f *Functions) breaker(arn ARN, entry *Entry) *breaker {
	if entry.NoBreaker {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.breakers[arn.String()]
	if b == nil {
		if len(f.breakers) >= maxBreakers {
			clear(f.breakers)
		}
		b = &breaker{}
		f.breakers[arn.String()] = b
	}
	return b
}

// allow reports whether the function may be asked now, and whether that ask is the probe which decides if it is left alone
// for longer. Each time it may be asked, note must follow.
func (b *breaker) allow(now time.Time) (probe, ok bool) {
	if b == nil {
		return false, true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open.IsZero() {
		return false, true
	}
	if now.Before(b.open) || b.probing {
		return false, false
	}
	b.probing = true
	return true, true
}

// note counts what came of an ask. Those that began before the breaker opened change nothing any more.
func (b *breaker) note(now time.Time, probe bool, v verdict) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.judge(now, v)
		return
	}
	if v == unknown || !b.open.IsZero() {
		return
	}

	slot := now.UnixNano() / int64(window/slots)
	c := &b.counts[slot%slots]
	if c.slot != slot {
		*c = count{slot: slot}
	}
	c.total++
	if v == failing {
		c.failed++
	}
	total, failed := b.sum(slot)
	if total >= enough && 2*failed >= total {
		b.open = now.Add(resting)
	}
}

// judge closes the breaker, or leaves the function alone for longer, by what came of the probe.
func (b *breaker) judge(now time.Time, v verdict) {
	b.probing = false
	switch v {
	case healthy:
		b.open, b.counts = time.Time{}, [slots]count{}
	case failing:
		b.open = now.Add(resting)
	}
}

// sum adds up the window that ends with the slot.
func (b *breaker) sum(slot int64) (total, failed int) {
	for _, c := range b.counts {
		if c.slot > slot-slots {
			total += c.total
			failed += c.failed
		}
	}
	return total, failed
}
