package message

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/record/outbox"
	"cardea/record/pool"
)

const (
	bound   = time.Minute     // for one attempt
	claim   = 2 * time.Minute // until another may try if this one ends during an attempt and nobody releases what it has claimed
	maxLife = 24 * time.Hour  // no code is good for longer
)

// Deliver hands over every message that is due, those of urgent queues more often, and returns when none is left. Several
// nodes and several loops may run it at once: each message is claimed before it is sent. A message is delivered twice only
// if its node dies between the provider's acceptance and the deletion. Messages that were not delivered are logged, and put
// off or given up; the error is of the outbox itself. Where messages are kept Deliver hands over those that functions of their
// pools send.
func (c *Outbox) Deliver(ctx context.Context) error {
	return c.drain(ctx, c.every, c.notify)
}

// DeliverUrgent is Deliver for codes that sign in or recover a password alone. A loop of their own delivers them even while
// all others wait for a slow relay.
func (c *Outbox) DeliverUrgent(ctx context.Context) error {
	return c.drain(ctx, func() []int64 { return c.lanes(urgent) }, c.notifyUrgent)
}

// drain delivers until the queues, in the order that is asked for before each message, are empty. While there are more
// messages it wakes other loops.
func (c *Outbox) drain(ctx context.Context, queues func() []int64, notify func()) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var row *outbox.Row
		var more bool
		err := c.DB.Read(ctx, func(tx *db.Tx) (err error) {
			row, more, err = due(tx, queues())
			return err
		})
		if err != nil || row == nil {
			return err
		}
		if more {
			notify()
		}
		if err := c.deliver(ctx, row); err != nil {
			return fmt.Errorf("deliver message %s: %w", row.ID, err) // the same row would be next
		}
	}
}

// deliver claims one message, sends it, and deletes it or puts it off.
func (c *Outbox) deliver(ctx context.Context, row *outbox.Row) error {
	var out content
	var p *pool.Pool
	var now time.Time
	var unusable error
	err := c.DB.Write(ctx, func(tx *db.Tx) error {
		now, unusable, p = tx.Now, nil, nil
		if row.Medium == "" {
			return outbox.Delete(tx, row)
		}
		if err := outbox.Claim(tx, row, tx.Now.Add(claim), c.Node); err != nil {
			return err
		}
		if !tx.Now.Before(expiry(row)) {
			unusable = errExpired
			return nil
		}
		var err error
		if out, err = c.open(tx, row); err != nil {
			unusable = errUnreadable
			return nil
		}
		if p, err = sendingPool(tx, row); errors.Is(err, db.ErrNotFound) {
			unusable = errNoFunction
			return nil
		}
		return err
	})
	if errors.Is(err, db.ErrStale) || err == nil && row.Medium == "" {
		return nil
	}
	if err != nil {
		return err
	}
	row.Due = db.Time(db.Millis(now.Add(claim)))
	row.Attempts++

	attempt := attempt{row, noTransport, unusable}
	switch {
	case unusable != nil:
	case p != nil:
		attempt = c.sendByFunction(ctx, p, row, out)
	default:
		attempt = c.send(ctx, row, out)
	}
	return c.conclude(ctx, attempt)
}

// expiry is when a message is not worth delivering any more. Rows that were posted by older versions do not say.
func expiry(row *outbox.Row) time.Time {
	if row.Expires.IsZero() {
		return row.Written.Add(maxLife)
	}
	return row.Expires
}
