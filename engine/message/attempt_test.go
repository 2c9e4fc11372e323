package message_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cardea/outbound/delivery"
)

func fails(class delivery.Class, after time.Duration) *sender {
	return &sender{fail: &delivery.Error{Class: class, Reason: "the provider's", After: after}}
}

func (w *world) mustDeliver(t *testing.T) {
	t.Helper()
	if err := w.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestFailuresPauseByTheirClass(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		class   delivery.Class
		after   time.Duration
		pauses  []time.Duration // until each further attempt
		dropped bool
	}{
		{"transient", delivery.Transient, 0, []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute}, false},
		{"misconfigured", delivery.Misconfigured, 0, []time.Duration{5 * time.Minute, 5 * time.Minute, 5 * time.Minute}, false},
		{"throttled", delivery.Throttled, 90 * time.Second, []time.Duration{90 * time.Second, 90 * time.Second}, false},
		{"throttled, not said for how long", delivery.Throttled, 0, []time.Duration{time.Minute, time.Minute}, false},
		{"throttled for long", delivery.Throttled, 5 * time.Hour, []time.Duration{time.Hour}, false},
		{"refused", delivery.Refused, 0, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				provider := fails(c.class, c.after)
				w.Senders = mailing(provider)
				w.mustPost(t, hello)
				w.mustDeliver(t)
				for n, pause := range c.pauses {
					w.advance(pause - time.Second)
					w.mustDeliver(t)
					if provider.asked() != n+1 {
						t.Fatalf("%d attempts a second before the pause of %s is over, want %d", provider.asked(), pause, n+1)
					}
					w.advance(time.Second)
					w.mustDeliver(t)
					if provider.asked() != n+2 {
						t.Fatalf("%d attempts after the pause of %s, want %d", provider.asked(), pause, n+2)
					}
				}
				if left := len(w.inbox(t, "")); (left == 0) != c.dropped {
					t.Errorf("%d messages left", left)
				}
			})
		})
	}
}

func TestMessagesAreSentUntilTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		provider := fails(delivery.Misconfigured, 0)
		w.Senders = mailing(provider)
		m := hello
		m.Life = time.Hour
		w.mustPost(t, m)
		for range 11 {
			w.mustDeliver(t)
			w.advance(5 * time.Minute)
		}
		provider.fail = nil
		w.mustDeliver(t)
		if provider.taken() != 1 {
			t.Errorf("not delivered after the sender was mended")
		}

		provider.fail = &delivery.Error{Class: delivery.Transient}
		w.mustPost(t, m)
		w.mustDeliver(t)
		w.advance(time.Hour)
		provider.fail = nil
		w.mustDeliver(t)
		if provider.taken() != 1 || len(w.inbox(t, "")) != 0 {
			t.Errorf("%d delivered and %d left of a code past its life", provider.taken()-1, len(w.inbox(t, "")))
		}
	})
}

func TestFailuresAreLoggedAndCountedWithoutTheMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var log bytes.Buffer
		w.Log = slog.New(slog.NewTextHandler(&log, nil))
		counted := map[string]int{}
		w.Observe = func(transport string) func(delivery.Class) {
			return func(class delivery.Class) { counted[transport+" "+string(class)]++ }
		}
		for _, class := range []delivery.Class{delivery.Misconfigured, delivery.Refused, delivery.Throttled} {
			w.Senders = mailing(fails(class, 0))
			w.mustPost(t, hello)
			w.mustDeliver(t)
		}
		w.Senders = nil
		w.advance(5 * time.Minute)
		w.mustDeliver(t) // two messages wait for a sender
		w.advance(24 * time.Hour)
		w.mustDeliver(t)

		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		for n, want := range []string{
			"level=ERROR msg=\"sender of messages is misconfigured\"", "class=refused attempt=1 again=false", "class=throttled attempt=1 again=true",
			"transport=none class=misconfigured", "transport=none class=misconfigured", "class=expired", "class=expired",
		} {
			if n >= len(lines) || !strings.Contains(lines[n], want) || !strings.Contains(lines[n], " id=") {
				t.Errorf("line %d of the log lacks %q:\n%s", n, want, log.String())
			}
		}
		if strings.Contains(log.String(), "jane") || strings.Contains(log.String(), "012345") {
			t.Errorf("the log has an address or a code:\n%s", log.String())
		}
		for what, n := range map[string]int{"test misconfigured": 1, "test refused": 1, "test throttled": 1, "none misconfigured": 2, "none expired": 2} {
			if counted[what] != n {
				t.Errorf("%s: counted %d, want %d", what, counted[what], n)
			}
		}
	})
}
