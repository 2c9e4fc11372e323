package message_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cardea/engine/message"
	"cardea/outbound/mail"
	"cardea/platform/db"
)

// postMany posts messages of one kind to addresses that begin with a name.
func (w *world) postMany(t *testing.T, n int, kind message.Kind, name string) {
	t.Helper()
	for i := range n {
		w.mustPost(t, message.Message{Kind: kind, Attribute: "email", To: fmt.Sprintf("%s%d@example.org", name, i), Code: "1"})
	}
}

func TestUrgentMessagesGoAheadAndStarveNone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		relay := &sender{}
		w.Senders = mailing(relay)
		w.postMany(t, 60, message.SignUp, "u")
		w.postMany(t, 60, message.UpdateUserAttribute, "a")
		w.postMany(t, 120, message.Authentication, "s")
		if err := w.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if relay.taken() != 240 {
			t.Fatalf("%d messages delivered, want 240", relay.taken())
		}
		// While all queues have messages, of eleven messages eight, two and one are theirs.
		first := map[byte]int{}
		for _, m := range relay.mails[:110] {
			first[m.To[0]]++
		}
		if first['s'] < 60 || first['a'] < 5 || first['u'] < 1 || first['u'] > 30 {
			t.Errorf("of the first 110: %d for sign-in, %d for attributes, %d for sign-up; want about 80, 20, 10", first['s'], first['a'], first['u'])
		}
	})
}

func TestDeliverUrgentLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		relay := &sender{}
		w.Senders = mailing(relay)
		w.postMany(t, 3, message.SignUp, "u")
		w.postMany(t, 2, message.Authentication, "s")
		w.postMany(t, 2, message.ForgotPassword, "s")
		if err := w.DeliverUrgent(t.Context()); err != nil {
			t.Fatal(err)
		}
		if relay.taken() != 4 || len(w.inbox(t, "")) != 3 {
			t.Errorf("%d delivered, %d left; want 4 and 3", relay.taken(), len(w.inbox(t, "")))
		}
	})
}

func TestMessagesThatAreNoLongerGoodAreDropped(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		relay := &sender{}
		w.Senders = mailing(relay)
		m := message.Message{Kind: message.Authentication, Attribute: "email", To: "jane@example.org", Code: "1", Life: 3 * time.Minute}
		w.mustPost(t, m)
		w.advance(3 * time.Minute)
		w.mustDeliver(t)
		if relay.taken() != 0 || len(w.inbox(t, "")) != 0 {
			t.Errorf("%d sent, %d left; want none", relay.taken(), len(w.inbox(t, "")))
		}
		w.mustPost(t, m)
		w.advance(3*time.Minute - time.Millisecond)
		if err := w.Deliver(t.Context()); err != nil || relay.taken() != 1 {
			t.Errorf("in its last moment: %d sent, %v", relay.taken(), err)
		}
	})
}

func TestLimitsCountQueuesApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Keep = true
		w.Limits = message.Limits{Mail: message.Quota{Hour: 2}, Source: 3}
		post := func(kind message.Kind, to, source string, want int) {
			t.Helper()
			sent := 0
			for range want + 3 {
				_, err := w.post(t, message.Message{Kind: kind, Attribute: "email", To: to, Code: "1", Source: source})
				if err == nil {
					sent++
				} else if !errors.Is(err, message.ErrLimit) {
					t.Fatal(err)
				}
			}
			if sent != want {
				t.Errorf("%s to %s: %d sent, want %d", kind, to, sent, want)
			}
		}
		post(message.SignUp, "jane@example.org", "", 2)
		post(message.ResendCode, "Jane@Example.org", "", 0)
		post(message.UpdateUserAttribute, "jane@example.org", "", 2)
		post(message.ForgotPassword, "jane@example.org", "", 8)
		post(message.Authentication, "jane@example.org", "", 0)
		post(message.SignUp, "joe@example.org", "192.0.2.1", 2)
		post(message.SignUp, "jim@example.org", "192.0.2.1", 1)
		post(message.SignUp, "jim@example.org", "192.0.2.2", 1)
		w.advance(60 * time.Minute)
		post(message.SignUp, "jane@example.org", "", 2)
	})
}

func TestDeliveryEndsWithAFailureOfTheOutbox(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Senders = []message.Sender{{Match: []string{message.MatchAny}, Mail: &mail.SMTP{Host: "127.0.0.1", Port: 1, From: "no-reply@example.com"}}}
		if _, err := w.post(t, message.Message{Kind: message.SignUp, Attribute: "email", To: "jane@example.org", Code: "123456"}); err != nil {
			t.Fatal(err)
		}
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error { // a view that can be read but not written
			for _, statement := range []string{"ALTER TABLE outbox RENAME TO stored", "CREATE VIEW outbox AS SELECT DISTINCT * FROM stored"} {
				if _, err := tx.Exec(statement); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := w.Deliver(ctx); err == nil || ctx.Err() != nil {
			t.Errorf("got %v, context %v", err, ctx.Err())
		}
	})
}
