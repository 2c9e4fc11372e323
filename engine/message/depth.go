package message

import (
	"context"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/record/outbox"
	"cardea/spec/cognitoidp"
)

// queueNames are the names of queues for people.
var queueNames = []string{urgent: "urgent", attribute: "attribute", signUp: "sign_up"}

// Waiting is how many messages of one queue wait in one medium.
type Waiting struct {
	Queue  string // "urgent", "attribute" or "sign_up"
	Medium string // "email", "sms", or "function" for those that a function of their pool sends

	Messages int64
	Oldest   time.Duration // since the oldest was posted
	Overdue  time.Duration // since the first was to be delivered; 0 while none is late
}

// Waiting counts the messages that wait to be delivered, for each queue and medium, whether there are any or not. An inbox's
// do not wait.
func (c *Outbox) Waiting(ctx context.Context) ([]Waiting, error) {
	var depths []outbox.Depth
	var now time.Time
	err := c.DB.Read(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now
		depths, err = outbox.Depths(tx)
		return err
	})
	if err != nil {
		return nil, err
	}

	var list []Waiting
	for queue, name := range queueNames {
		for _, medium := range []string{"email", "sms", "function"} {
			w := Waiting{Queue: name, Medium: medium}
			for _, d := range depths {
				if d.Queue%kinds == int64(queue) && MediumName(d.Medium) == medium && (medium == "function" || !c.Keep) {
					w.Messages += d.Messages
					w.Oldest, w.Overdue = max(w.Oldest, now.Sub(d.Written)), max(w.Overdue, now.Sub(d.Due))
				}
			}
			list = append(list, w)
		}
	}
	return list, nil
}

// MediumName is the medium of a row for people, as Waiting has it.
func MediumName(medium string) string {
	switch {
	case strings.HasPrefix(medium, "FUNCTION:"):
		return "function"
	case medium == cognitoidp.DeliveryMediumTypeSms:
		return "sms"
	}
	return "email"
}
