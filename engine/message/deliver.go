package message

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"cardea/outbound/mail"
	"cardea/outbound/sms"
	"cardea/platform/db"
	"cardea/record/outbox"
)

const (
	batch  = 20              // messages looked at in one go
	bound  = time.Minute     // for one attempt
	lease  = 2 * time.Minute // until another node may try, if this one dies during an attempt
	oldest = 24 * time.Hour  // beyond it no code is good for anything
)

// pauses are the times between attempts; after the last a message is given up.
var pauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
}

// Deliver hands over every message that is due, and returns when none is left. Several nodes and several loops may run it
// at once: each message is claimed before it is sent. A message is delivered twice only if its node dies between the
// relay's yes and the deletion. The error joins what went wrong with single messages, which have been put off or given up.
// Where messages are kept it does nothing.
func (c *Outbox) Deliver(ctx context.Context) error {
	if c.Keep {
		return nil
	}
	var failures []error
	for {
		rows, err := c.due(ctx)
		if err != nil || len(rows) == 0 {
			return errors.Join(append(failures, err)...)
		}
		// Loops that look at the same time see the same messages; in different orders they rarely want the same one.
		rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for _, row := range rows {
			if err := c.deliver(ctx, row); err != nil {
				failures = append(failures, fmt.Errorf("deliver %s message of %s: %w", row.Medium, row.Pool, err))
			}
			if ctx.Err() != nil {
				return errors.Join(append(failures, context.Cause(ctx))...)
			}
		}
	}
}

func (c *Outbox) due(ctx context.Context) (rows []*outbox.Row, err error) {
	err = c.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err = outbox.Due(tx, batch)
		return err
	})
	return rows, err
}

// deliver claims one message, sends it, and settles what becomes of it.
func (c *Outbox) deliver(ctx context.Context, row *outbox.Row) error {
	var l letter
	var now time.Time
	unreadable := false
	err := c.DB.Write(ctx, func(tx *db.Tx) (err error) {
		now = tx.Now
		if row.Medium == "" {
			return outbox.Delete(tx, row)
		}
		if err := outbox.Claim(tx, row, tx.Now.Add(lease)); err != nil {
			return err
		}
		l, err = c.open(tx, row)
		unreadable = err != nil
		return nil
	})
	if errors.Is(err, db.ErrStale) || err == nil && row.Medium == "" {
		return nil
	}
	if err != nil {
		return err
	}
	row.Due = db.Time(db.Millis(now.Add(lease)))
	row.Attempts++

	if unreadable {
		err = errUnreadable
	} else {
		err = c.send(ctx, row, l)
	}
	return c.settle(ctx, row, err)
}

var errUnreadable = errors.New("the message cannot be unsealed")

func (c *Outbox) send(ctx context.Context, row *outbox.Row, l letter) error {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()

	switch {
	case row.Medium == "SMS" && c.Text != nil:
		return c.Text.Send(ctx, sms.Text{ID: row.ID, To: l.To, Body: l.Body, Pool: string(row.Pool)})
	case row.Medium == "EMAIL" && c.Mail != nil:
		return c.Mail.Send(ctx, mail.Letter{
			From: l.From, ReplyTo: l.ReplyTo, To: l.To, Subject: l.Subject, Body: l.Body, HTML: l.HTML,
		})
	}
	return errors.New("no sender for this medium")
}

// settle deletes a message that was sent or is hopeless, and puts off any other.
func (c *Outbox) settle(ctx context.Context, row *outbox.Row, sent error) error {
	hopeless := errors.Is(sent, mail.ErrRefused) || errors.Is(sent, sms.ErrRefused) ||
		errors.Is(sent, errUnreadable) || row.Attempts > int64(len(pauses)) || row.Due.Sub(row.Written) > oldest

	// The relay has it: forgetting it must not be cut short by a shutdown, or it would be sent twice.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	err := c.DB.Write(ctx, func(tx *db.Tx) error {
		if sent == nil || hopeless {
			return outbox.Delete(tx, row)
		}
		return outbox.Postpone(tx, row, tx.Now.Add(pauses[row.Attempts-1]))
	})
	if sent != nil && hopeless {
		sent = fmt.Errorf("given up after %d attempts: %w", row.Attempts, sent)
	}
	return errors.Join(sent, err)
}
