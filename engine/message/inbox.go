package message

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"cardea/platform/db"
	"cardea/record/outbox"
	"cardea/record/pool"
	"cardea/spec/id"
)

// What an inbox keeps at most.
const (
	InboxSize = 5_000
	InboxLife = 30 * 24 * time.Hour
)

// Received is a message as the development inbox shows it.
type Received struct {
	To      string    `json:"to"`
	Medium  string    `json:"medium"` // "EMAIL" or "SMS"
	Subject string    `json:"subject"`
	Body    string    `json:"body"`
	Code    string    `json:"code"`
	SentAt  time.Time `json:"sent_at"`

	Pool     id.Pool `json:"-"`
	PoolName string  `json:"-"` // empty if the pool is gone
	ID       string  `json:"-"` // unique in its pool
	Kind     Kind    `json:"-"` // empty if it is not known
	HTML     bool    `json:"-"` // the body is HTML
}

// Inbox lists the newest messages, up to limit of them, the oldest first; to narrows them to one address's, unless empty.
func (c *Outbox) Inbox(ctx context.Context, to string, limit int) (messages []Received, err error) {
	err = c.DB.Read(ctx, func(tx *db.Tx) error {
		messages, err = c.inbox(tx, to, limit)
		return err
	})
	slices.Reverse(messages)
	return messages, err
}

func (c *Outbox) inbox(tx *db.Tx, to string, limit int) ([]Received, error) {
	var recipient string
	if to != "" {
		var err error
		recipient, err = c.recipient(tx, to)
		if errors.Is(err, db.ErrNotFound) {
			return nil, nil // before the first message there is no key to look for an address with
		}
		if err != nil {
			return nil, err
		}
	}
	rows, err := outbox.Newest(tx, recipient, limit)
	if err != nil {
		return nil, err
	}

	messages := make([]Received, 0, len(rows))
	names := map[id.Pool]string{}
	for _, row := range rows {
		m, err := c.received(tx, row)
		if err != nil {
			return nil, err
		}
		if _, known := names[m.Pool]; !known {
			if names[m.Pool], err = poolName(tx, m.Pool); err != nil {
				return nil, err
			}
		}
		m.PoolName = names[m.Pool]
		messages = append(messages, m)
	}
	return messages, nil
}

// Find is one message of the inbox, without the name of its pool. It answers db.ErrNotFound if there is none.
func (c *Outbox) Find(ctx context.Context, poolID id.Pool, messageID string) (m Received, err error) {
	err = c.DB.Read(ctx, func(tx *db.Tx) error {
		row, err := outbox.Get(tx, poolID, messageID)
		if err != nil {
			return err
		}
		if !row.Shown() {
			return db.ErrNotFound // a decoy, or one that a function sends
		}
		m, err = c.received(tx, row)
		return err
	})
	return m, err
}

func (c *Outbox) received(tx *db.Tx, row *outbox.Row) (Received, error) {
	m, err := c.open(tx, row)
	if err != nil {
		return Received{}, err
	}
	return Received{
		To: m.To, Medium: row.Medium, Subject: m.Subject, Body: m.Body, Code: m.Code, SentAt: row.Written,
		Pool: row.Pool, ID: row.ID, Kind: m.Kind, HTML: m.HTML,
	}, nil
}

func poolName(tx *db.Tx, name id.Pool) (string, error) {
	p, err := pool.Get(tx, name)
	if errors.Is(err, db.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return p.Doc.Name, nil
}

// Changed is closed when the next message has reached the inbox of this process.
func (c *Outbox) Changed() <-chan struct{} { return c.changes.next() }

// changes tells any number of listeners that something changed. The zero value is ready to use.
type changes struct {
	mu      sync.Mutex
	waiting chan struct{} // nil while nobody listens
}

func (c *changes) next() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		c.waiting = make(chan struct{})
	}
	return c.waiting
}

func (c *changes) announce() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting != nil {
		close(c.waiting)
		c.waiting = nil
	}
}

// Prune removes up to limit messages that an inbox need not keep, and answers how many: decoys, messages older than
// InboxLife and all but the newest InboxSize. Where messages are delivered it removes none.
func (c *Outbox) Prune(tx *db.Tx, limit int) (int, error) {
	if !c.Keep {
		return 0, nil
	}
	return outbox.Prune(tx, tx.Now.Add(-InboxLife), InboxSize, limit)
}
