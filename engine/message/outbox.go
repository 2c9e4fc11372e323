package message

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cardea/engine/kmskey"
	"cardea/engine/latency"
	"cardea/engine/trigger"
	"cardea/outbound/delivery"
	"cardea/platform/db"
	"cardea/record/datakey"
	"cardea/record/outbox"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// ErrNoSender says that a message cannot be sent: the server has no sender for its medium or its pool, a value of it is not
// safe, or its address cannot or must not be reached.
var ErrNoSender = errors.New("no sender for this message")

// Outbox puts messages into the outbox and takes them out.
type Outbox struct {
	DB     *db.DB
	Ring   *datakey.Ring
	Limits Limits
	// Triggers write messages in the place of the pools' templates, and send them in the place of Senders.
	Triggers trigger.Triggers
	// Now is the clock that measures how long they take; nil: it is not measured.
	Now     func() time.Time
	Node    string // that delivers; what it has claimed is released by this name
	Keep    bool   // messages stay and are the inbox: a development server
	Senders []Sender
	// Keys encrypt codes for functions that send messages.
	Keys *kmskey.Keys

	// Pages is the address of a pool's pages without a slash at the end, for links.
	Pages func(p *pool.Pool) string

	// Log is told of messages that were not delivered; nil: nobody is.
	Log *slog.Logger
	// Observe, if set, is told of every attempt when it begins, and by what it returns how the attempt ended. transport is
	// that of the sender, or "none".
	Observe func(transport string) (ended func(delivery.Class))
	// GivenUp, if set, is told of every message that will not be delivered: its medium, as rows have it, and how its last
	// attempt ended.
	GivenUp func(medium string, class delivery.Class)

	once sync.Once
	wake signals

	changes changes // of the inbox
	latency latency.History

	posted atomic.Uint32 // tells messages of one millisecond apart, in their order
}

// Post counts a composed message and puts it into the outbox, to be delivered if and only if tx commits. It answers ErrLimit
// when there were too many.
func (c *Outbox) Post(tx *db.Tx, m *Composed) error {
	if err := c.account(tx, m.message); err != nil {
		return err
	}
	row, err := c.row(tx, m)
	if err != nil {
		return err
	}
	if err := outbox.Insert(tx, row); err != nil {
		return err
	}
	tx.OnCommit(c.notify)
	if c.Keep && row.Shown() {
		tx.OnCommit(c.changes.announce)
	}
	if row.Queue%kinds == urgent {
		tx.OnCommit(c.notifyUrgent)
	}
	return nil
}

// Ready answers the error with which Compose would refuse any message to such an attribute of the pool's users.
func (c *Outbox) Ready(p *pool.Pool, attribute string) error {
	if writesItself(p, attribute) {
		return c.readyFunction(p, attribute)
	}
	if c.Keep {
		return nil
	}
	medium := Message{Attribute: attribute}.medium()
	settings := settingsOf(p, medium)
	if sender := c.sender(medium, settings.Routes); sender == nil || !sender.sends(settings.From) {
		return ErrNoSender
	}
	return nil
}

// Details describes the delivery to an address, masked.
func Details(attribute, to string) *cognitoidp.CodeDeliveryDetailsType {
	return &cognitoidp.CodeDeliveryDetailsType{
		AttributeName:  attribute,
		DeliveryMedium: Message{Attribute: attribute}.medium(),
		Destination:    Mask(attribute, to),
	}
}

// row is a message as it is stored.
func (c *Outbox) row(tx *db.Tx, m *Composed) (*outbox.Row, error) {
	plain, err := json.Marshal(m.content)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	recipient, err := c.recipient(tx, m.content.To)
	if err != nil {
		return nil, err
	}

	row := &outbox.Row{
		Pool:      m.message.Pool.ID,
		ID:        fmt.Sprintf("%012x%08x%s", tx.Now.UnixMilli(), c.posted.Add(1), rand.Text()[:16]),
		Queue:     m.message.Kind.queue(),
		Medium:    m.message.medium(),
		Recipient: recipient,
		Written:   tx.Now,
		Due:       tx.Now,
		Expires:   tx.Now.Add(cmp.Or(m.message.Life, maxLife)),
	}
	if m.content.Sending != nil {
		row.Medium, row.Queue = "FUNCTION:"+row.Medium, row.Queue+kinds
	}
	if m.message.Decoy {
		row.Medium = ""
	}
	row.Content = m.message.Box.Seal(label(row), plain)
	return row, nil
}

// recipient is what an address's messages are found by without the database telling whose they are.
func (c *Outbox) recipient(tx *db.Tx, to string) (string, error) {
	box, err := c.Ring.ServerBox(tx)
	if err != nil {
		return "", fmt.Errorf("open server box: %w", err)
	}
	return hex.EncodeToString(box.MAC("outbox recipient", []byte(strings.ToLower(to)))), nil
}

// open unseals what row sealed.
func (c *Outbox) open(tx *db.Tx, row *outbox.Row) (out content, err error) {
	box, err := c.Ring.Box(tx, row.Pool)
	if err != nil {
		return out, fmt.Errorf("open box of %s: %w", row.Pool, err)
	}
	plain, err := box.Open(label(row), row.Content)
	if err != nil {
		return out, fmt.Errorf("open message: %w", err)
	}
	if err := json.Unmarshal(plain, &out); err != nil {
		return out, fmt.Errorf("decode message: %w", err)
	}
	return out, nil
}

func label(row *outbox.Row) string { return "outbox/" + row.ID }

// notify wakes one of the loops that deliver everything, notifyUrgent one of those that deliver urgent messages. They never
// wait.
func (c *Outbox) notify()       { signal(c.signals().all) }
func (c *Outbox) notifyUrgent() { signal(c.signals().urgent) }

// Notify wakes loops of both kinds, after messages have become due.
func (c *Outbox) Notify() {
	c.notify()
	c.notifyUrgent()
}

func signal(loop chan struct{}) {
	select {
	case loop <- struct{}{}:
	default: // one is being woken already
	}
}

// Posted receives after messages were posted: Deliver is to run.
func (c *Outbox) Posted() <-chan struct{} { return c.signals().all }

// PostedUrgent receives after urgent messages were posted: DeliverUrgent is to run.
func (c *Outbox) PostedUrgent() <-chan struct{} { return c.signals().urgent }

type signals struct{ all, urgent chan struct{} }

func (c *Outbox) signals() signals {
	c.once.Do(func() { c.wake = signals{make(chan struct{}, 1), make(chan struct{}, 1)} })
	return c.wake
}

// Interval is how long a delivery loop that is not woken sleeps between two looks at the outbox.
const Interval = 5 * time.Second
