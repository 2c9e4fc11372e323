package message

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardea/outbound/mail"
	"cardea/outbound/sms"
	"cardea/platform/db"
	"cardea/record/outbox"
)

const (
	bound   = time.Minute     // for one attempt
	claim   = 2 * time.Minute // until another node may try, if this one dies during an attempt
	maxLife = 24 * time.Hour  // no code is good for longer
)

// pauses are the times between attempts; after the last a message is given up.
var pauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
}

// Deliver hands over every message that is due, those of urgent queues more often, and returns when none is left. Several
// nodes and several loops may run it at once: each message is claimed before it is sent. A message is delivered twice only
// if its node dies between the relay's acceptance and the deletion. The error joins what went wrong with single messages,
// which have been put off or given up. Where messages are kept it does nothing.
func (c *Outbox) Deliver(ctx context.Context) error {
	return c.drain(ctx, every, c.notify)
}

// DeliverUrgent is Deliver for codes that sign in or recover a password alone. A loop of their own delivers them even while
// all others wait for a slow relay.
func (c *Outbox) DeliverUrgent(ctx context.Context) error {
	return c.drain(ctx, func() []int64 { return []int64{urgent} }, c.notifyUrgent)
}

// drain delivers until the queues, in the order that is asked for before each message, are empty. While there are more
// messages it wakes other loops.
func (c *Outbox) drain(ctx context.Context, queues func() []int64, notify func()) error {
	if c.Keep {
		return nil
	}
	var failures []error
	for {
		if ctx.Err() != nil {
			return errors.Join(append(failures, context.Cause(ctx))...)
		}
		var row *outbox.Row
		var more bool
		err := c.DB.Read(ctx, func(tx *db.Tx) (err error) {
			row, more, err = due(tx, queues())
			return err
		})
		if err != nil || row == nil {
			return errors.Join(append(failures, err)...)
		}
		if more {
			notify()
		}
		if err := c.deliver(ctx, row); err != nil {
			failures = append(failures, fmt.Errorf("deliver %s message of %s: %w", row.Medium, row.Pool, err))
		}
	}
}

// deliver claims one message, sends it, and deletes it or puts it off.
func (c *Outbox) deliver(ctx context.Context, row *outbox.Row) error {
	var out content
	var now time.Time
	var unusable error
	err := c.DB.Write(ctx, func(tx *db.Tx) error {
		now, unusable = tx.Now, nil
		if row.Medium == "" {
			return outbox.Delete(tx, row)
		}
		if err := outbox.Claim(tx, row, tx.Now.Add(claim)); err != nil {
			return err
		}
		if !tx.Now.Before(expiry(row)) {
			unusable = errExpired
			return nil
		}
		var err error
		if out, err = c.open(tx, row); err != nil {
			unusable = errUnreadable
		}
		return nil
	})
	if errors.Is(err, db.ErrStale) || err == nil && row.Medium == "" {
		return nil
	}
	if err != nil {
		return err
	}
	row.Due = db.Time(db.Millis(now.Add(claim)))
	row.Attempts++

	if unusable != nil {
		return c.conclude(ctx, row, unusable)
	}
	return c.conclude(ctx, row, c.send(ctx, row, out))
}

// Why a message is not sent at all.
var (
	errUnreadable = errors.New("the message cannot be unsealed")
	errExpired    = errors.New("the message was not delivered in time")
)

func (c *Outbox) send(ctx context.Context, row *outbox.Row, out content) error {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()

	switch {
	case row.Medium == "SMS" && c.Text != nil:
		return c.Text.Send(ctx, sms.Text{ID: row.ID, To: out.To, Body: out.Body, Pool: string(row.Pool)})
	case row.Medium == "EMAIL" && c.Mail != nil:
		return c.Mail.Send(ctx, mail.Letter{
			From: out.From, ReplyTo: out.ReplyTo, To: out.To, Subject: out.Subject, Body: out.Body, HTML: out.HTML,
		})
	}
	return ErrNoSender
}

// conclude deletes a message that was sent or that no further attempt would help, and puts off any other.
func (c *Outbox) conclude(ctx context.Context, row *outbox.Row, sent error) error {
	final := sent == nil || errors.Is(sent, mail.ErrRefused) || errors.Is(sent, sms.ErrRefused) ||
		errors.Is(sent, errUnreadable) || errors.Is(sent, errExpired) || row.Attempts > int64(len(pauses))

	// The relay has it: deleting it must not be cut short by a shutdown, or it would be sent twice.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	err := c.DB.Write(ctx, func(tx *db.Tx) error {
		if final {
			return outbox.Delete(tx, row)
		}
		return outbox.Postpone(tx, row, tx.Now.Add(pauses[row.Attempts-1]))
	})
	if sent != nil && final {
		sent = fmt.Errorf("given up after %d attempts: %w", row.Attempts, sent)
	}
	return errors.Join(sent, err)
}

// expiry is when a message is not worth delivering any more. Rows that were posted by older versions do not say.
func expiry(row *outbox.Row) time.Time {
	if row.Expires.IsZero() {
		return row.Written.Add(maxLife)
	}
	return row.Expires
}
