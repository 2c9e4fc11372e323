package message_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/message"
	"cardea/outbound/delivery"
	"cardea/platform/db"
	"cardea/record/outbox"
)

// waiting are the queues and media in which messages wait.
func (w *world) waiting(t *testing.T) []message.Waiting {
	t.Helper()
	list, err := w.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 9 {
		t.Errorf("%d queues and media, want all of 9", len(list))
	}
	var some []message.Waiting
	for _, one := range list {
		if one.Messages > 0 {
			some = append(some, one)
		}
	}
	return some
}

func TestWaitingMessagesAreCounted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Senders = mailing(fails(delivery.Misconfigured, 0))
		w.postMany(t, 2, message.Authentication, "s")
		w.advance(time.Minute)
		w.postMany(t, 1, message.SignUp, "u")
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			for medium, queue := range map[string]int64{"": 0, "FUNCTION:SMS": 4} { // a decoy, and a function's of attributes
				row := &outbox.Row{Pool: "p", ID: "x" + medium, Queue: queue, Medium: medium, Content: []byte{1}, Written: tx.Now, Due: tx.Now, Expires: tx.Now}
				if err := outbox.Insert(tx, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		function := message.Waiting{Queue: "attribute", Medium: "function", Messages: 1}
		want := []message.Waiting{
			{Queue: "urgent", Medium: "email", Messages: 2, Oldest: time.Minute, Overdue: time.Minute}, function,
			{Queue: "sign_up", Medium: "email", Messages: 1},
		}
		if diff := cmp.Diff(want, w.waiting(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		w.Keep = true
		if diff := cmp.Diff([]message.Waiting{function}, w.waiting(t)); diff != "" {
			t.Errorf("where messages are kept (-want +got):\n%s", diff)
		}
	})
}

func TestMessagesGivenUpAreTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var told []string
		w.GivenUp = func(medium string, class delivery.Class) { told = append(told, medium+" "+string(class)) }
		provider := fails(delivery.Transient, 0)
		w.Senders = mailing(provider)
		w.mustPost(t, hello)
		w.mustDeliver(t) // will be tried again
		provider.fail = nil
		w.advance(time.Minute)
		w.mustDeliver(t)
		if told != nil {
			t.Errorf("told %q of a message that was delivered in the end", told)
		}
		w.Senders = mailing(fails(delivery.Refused, 0))
		w.mustPost(t, hello)
		w.mustDeliver(t)
		if diff := cmp.Diff([]string{"EMAIL refused"}, told); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
