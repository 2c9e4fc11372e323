package throttle

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cardea/platform/caller"
)

func from(address string) context.Context {
	return caller.With(context.Background(), caller.Caller{IP: address})
}

// world is a throttle with a clock.
func world() (t *Throttle, now *time.Time) {
	at := time.Unix(1_800_000_000, 0)
	return &Throttle{PerSecond: 10, Burst: 20, Now: func() time.Time { return at }}, &at
}

// admitted counts how many requests of many are admitted.
func admitted(t *Throttle, address string, many int) (n int) {
	for range many {
		if t.Admit(from(address)) == nil {
			n++
		}
	}
	return n
}

func TestNetworksHaveTheirShare(t *testing.T) {
	t.Parallel()
	throttle, now := world()
	for _, c := range []struct {
		address string
		later   time.Duration
		want    int
	}{
		{"192.0.2.1", 0, 20},
		{"192.0.2.1", 0, 0},
		{"192.0.2.2", 0, 20},
		{"::ffff:192.0.2.2", 0, 0},
		{"2001:db8::1", 0, 20},
		{"2001:db8::ffff:1", 0, 0},
		{"2001:db8:0:1::1", 0, 20},
		{"192.0.2.1", 99 * time.Millisecond, 0},
		{"192.0.2.1", time.Millisecond, 1},
		{"192.0.2.1", time.Second, 10},
		{"192.0.2.1", time.Hour, 20},
		{"", 0, 50},
		{"pipe", 0, 50},
	} {
		*now = now.Add(c.later)
		if got := admitted(throttle, c.address, 50); got != c.want {
			t.Errorf("%s after %v: %d were admitted, want %d", c.address, c.later, got, c.want)
		}
	}
	if err := throttle.Admit(from("192.0.2.1")); !errors.Is(err, ErrTooFast) {
		t.Errorf("got %v", err)
	}
}

func TestChargesCountUpToTheBurst(t *testing.T) {
	t.Parallel()
	throttle, now := world()
	throttle.Charge(from("192.0.2.1"), 15)
	if got := admitted(throttle, "192.0.2.1", 50); got != 5 {
		t.Errorf("%d were admitted, want 5", got)
	}
	throttle.Charge(from("192.0.2.1"), 1000) // no more than the burst: the network is not locked out for minutes
	*now = now.Add(time.Second)
	if got := admitted(throttle, "192.0.2.1", 50); got != 10 {
		t.Errorf("%d were admitted, want 10", got)
	}
}

func TestNoBoundAdmitsAll(t *testing.T) {
	t.Parallel()
	for _, throttle := range []*Throttle{nil, {}} {
		throttle.Charge(from("192.0.2.1"), 10)
		if got := admitted(throttle, "192.0.2.1", 50); got != 50 {
			t.Errorf("%d were admitted", got)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	throttle, now := world()
	for i := range most + 100 {
		_ = throttle.Admit(from(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)))
	}
	if got := len(throttle.idle); got > most || got < most/2 {
		t.Errorf("%d networks are remembered", got)
	}
	*now = now.Add(time.Hour)
	for i := range most {
		_ = throttle.Admit(from(fmt.Sprintf("11.%d.%d.%d", i>>16, i>>8&255, i&255)))
	}
	if got := len(throttle.idle); got > most {
		t.Errorf("%d networks are remembered", got)
	}
}
