package message

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/record/quota"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// ErrLimit says that too many messages went to a destination, or were caused from a source address.
var ErrLimit = errors.New("too many messages")

// Limits bound the messages of a pool. A number that is 0 bounds nothing.
type Limits struct {
	Mail, SMS Quota // to one address, or phone number
	Source    int64 // caused from one source address, in an hour

	Countries []string // the calling codes that text messages may go to, such as "+49"; none: any
}

// Quota bounds how many messages there are in an hour, and in a day.
type Quota struct{ Hour, Day int64 }

// urgentFactor is how many times as many urgent messages may be posted as others. They count by themselves, so that nobody
// is kept from signing in by messages that others cause; people sign in more often than they sign up; and several of them
// may share a source address.
const urgentFactor = 4

// account counts a message that is being posted. It answers ErrLimit when it is one too many. The counts last only if tx
// commits.
func (c *Outbox) account(tx *db.Tx, m Message) error {
	for _, count := range c.counters(m) {
		uses, err := quota.Use(tx, m.Pool.ID, count.name, count.most, count.per)
		if err != nil {
			return err
		}
		if uses > count.most {
			return ErrLimit
		}
	}
	return nil
}

// Allowed answers ErrLimit for a message that Post would refuse, where the pool's CustomMessage trigger would be asked in vain
// to write it. It counts nothing.
func (c *Outbox) Allowed(tx *db.Tx, m Message) error {
	if !trigger.Configured(m.Pool.Doc.LambdaConfig, triggerevent.CustomMessage) {
		return nil
	}
	for _, count := range c.counters(m) {
		full, err := quota.Full(tx, m.Pool.ID, count.name, count.most)
		if err != nil {
			return err
		}
		if full {
			return ErrLimit
		}
	}
	return nil
}

// counter counts messages, at most so many within a time.
type counter struct {
	name string
	most int64
	per  time.Duration
}

// counters are those that a message counts in: of its destination and of where it was caused, apart for each queue.
func (c *Outbox) counters(m Message) (all []counter) {
	kind, most := "mail", c.Limits.Mail
	if m.medium() == cognitoidp.DeliveryMediumTypeSms {
		kind, most = "sms", c.Limits.SMS
	}
	for _, count := range []struct {
		kind, what string
		most       int64
		per        time.Duration
	}{
		{kind + " in an hour", m.destination(), most.Hour, time.Hour},
		{kind + " in a day", m.destination(), most.Day, 24 * time.Hour},
		{"source", m.Source, c.Limits.Source, time.Hour},
	} {
		if count.most == 0 || count.what == "" {
			continue
		}
		queue := m.Kind.queue()
		if queue == urgent {
			count.most *= urgentFactor
		}
		// The database does not tell whose counter it is.
		name := m.Box.MAC("message limit", fmt.Appendf(nil, "%d %s %s", queue, count.kind, count.what))
		all = append(all, counter{hex.EncodeToString(name[:16]), count.most, count.per})
	}
	return all
}

// destination is what a message counts for: its address, or what stands for an unknown user.
func (m Message) destination() string {
	if m.CountAs != "" {
		return m.CountAs
	}
	return strings.ToLower(m.To)
}
