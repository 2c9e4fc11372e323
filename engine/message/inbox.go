package message

import (
	"context"
	"errors"
	"slices"
	"time"

	"cardea/platform/db"
	"cardea/record/outbox"
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
	for _, row := range rows {
		m, err := c.open(tx, row)
		if err != nil {
			return nil, err
		}
		messages = append(messages, Received{m.To, row.Medium, m.Subject, m.Body, m.Code, row.Written})
	}
	return messages, nil
}

// Prune removes up to limit messages that an inbox need not keep, and answers how many: decoys, messages older than
// InboxLife and all but the newest InboxSize. Where messages are delivered it removes none.
func (c *Outbox) Prune(tx *db.Tx, limit int) (int, error) {
	if !c.Keep {
		return 0, nil
	}
	return outbox.Prune(tx, tx.Now.Add(-InboxLife), InboxSize, limit)
}
