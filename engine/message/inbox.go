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
	pruneSize = 500 // rows deleted in one transaction
)

// Letter is a message as the development inbox shows it.
type Letter struct {
	To      string    `json:"to"`
	Medium  string    `json:"medium"` // "EMAIL" or "SMS"
	Subject string    `json:"subject"`
	Body    string    `json:"body"`
	Code    string    `json:"code"`
	SentAt  time.Time `json:"sent_at"`
}

// Inbox lists the newest messages, up to limit of them, the oldest first; to narrows them to one address's, unless empty.
func (c *Outbox) Inbox(ctx context.Context, to string, limit int) (letters []Letter, err error) {
	err = c.DB.Read(ctx, func(tx *db.Tx) error {
		letters, err = c.inbox(tx, to, limit)
		return err
	})
	slices.Reverse(letters)
	return letters, err
}

func (c *Outbox) inbox(tx *db.Tx, to string, limit int) ([]Letter, error) {
	if _, err := outbox.Next(tx); err != nil { // before the first message there is no key to look for an address with
		return nil, ignoreNotFound(err)
	}
	var recipient string
	if to != "" {
		var err error
		if recipient, err = c.recipient(tx, to); err != nil {
			return nil, err
		}
	}
	rows, err := outbox.Newest(tx, recipient, limit)
	if err != nil {
		return nil, err
	}

	letters := make([]Letter, 0, len(rows))
	for _, row := range rows {
		l, err := c.open(tx, row)
		if err != nil {
			return nil, err
		}
		letters = append(letters, Letter{l.To, row.Medium, l.Subject, l.Body, l.Code, row.Written})
	}
	return letters, nil
}

// Prune throws away what an inbox need not keep: decoys, messages older than InboxLife and all but the newest InboxSize.
// It is a job for development servers; elsewhere Deliver empties the outbox, and Prune does nothing.
func (c *Outbox) Prune(ctx context.Context) error {
	if !c.Keep {
		return nil
	}
	for {
		var rows []*outbox.Row
		err := c.DB.Read(ctx, func(tx *db.Tx) (err error) {
			rows, err = outbox.Surplus(tx, tx.Now.Add(-InboxLife), InboxSize, pruneSize)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		err = c.DB.Write(ctx, func(tx *db.Tx) error {
			for _, row := range rows {
				if err := outbox.Delete(tx, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func ignoreNotFound(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	return err
}
