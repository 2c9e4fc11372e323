package message

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"cardea/outbound/delivery"
	"cardea/outbound/mail"
	"cardea/outbound/sms"
	"cardea/platform/db"
	"cardea/record/outbox"
	"cardea/spec/cognitoidp"
)

// pauses are the times before another attempt after failures that pass by themselves; the last is repeated until the
// message's time is over.
var pauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour,
}

// Pauses after other failures.
const (
	repair     = 5 * time.Minute // for an operator to mend a sender's configuration
	relief     = time.Minute     // after a provider had too many messages, if it does not say how long
	longRelief = time.Hour       // at most, whatever a provider says
)

// Classes of messages that no sender was asked to take.
const (
	expired    delivery.Class = "expired"
	unreadable delivery.Class = "unreadable"
)

// Why a message is not sent at all.
var (
	errUnreadable = &delivery.Error{Class: unreadable, Reason: "the message cannot be unsealed"}
	errExpired    = &delivery.Error{Class: expired, Reason: "the message was not delivered in time"}
	errUnsendable = &delivery.Error{Class: delivery.Misconfigured, Reason: "no sender for the message's pool, or not for its From address"}
)

// attempt is what became of one attempt to deliver a message.
type attempt struct {
	row       *outbox.Row
	transport string // that of its sender, or noTransport
	err       error  // nil: delivered
}

// send asks the sender of a message's pool to take it.
func (c *Outbox) send(ctx context.Context, row *outbox.Row, out content) attempt {
	s := c.sender(row.Medium, out.Routes)
	if s == nil || !s.sends(out.From) {
		return attempt{row, noTransport, errUnsendable}
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()

	ended := c.begin(s.Transport)
	var err error
	if row.Medium == cognitoidp.DeliveryMediumTypeSms {
		err = s.Text.Send(ctx, sms.Text{
			ID: row.ID, To: out.To, Body: out.Body, Pool: string(row.Pool), Attempt: row.Attempts,
			Origination: out.Origination, ConfigurationSet: out.ConfigurationSet, Entity: out.Entity, Template: out.Template,
		})
	} else {
		err = s.Mail.Send(ctx, mail.Letter{
			From: out.From, ReplyTo: out.ReplyTo, To: out.To, Subject: out.Subject, Body: out.Body, HTML: out.HTML,
			ConfigurationSet: out.ConfigurationSet,
		})
	}
	ended(delivery.Of(err))
	return attempt{row, s.Transport, err}
}

// begin tells Observe of an attempt, and returns what to call at its end.
func (c *Outbox) begin(transport string) (ended func(delivery.Class)) {
	if c.Observe == nil {
		return func(delivery.Class) {}
	}
	return c.Observe(transport)
}

// conclude deletes a message that was delivered or that no further attempt would help, and puts off any other.
func (c *Outbox) conclude(ctx context.Context, a attempt) error {
	wait, again := a.pause()
	c.report(ctx, a, again)

	// The provider may have it: deleting it must not be cut short by a shutdown, or it would be sent twice.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	return c.DB.Write(ctx, func(tx *db.Tx) error {
		if again {
			return outbox.Postpone(tx, a.row, tx.Now.Add(wait))
		}
		if a.err != nil && c.GivenUp != nil {
			tx.OnCommit(func() { c.GivenUp(a.row.Medium, delivery.Of(a.err)) })
		}
		return outbox.Delete(tx, a.row)
	})
}

// pause says whether there will be another attempt, and after which time.
func (a attempt) pause() (wait time.Duration, again bool) {
	switch delivery.Of(a.err) {
	case delivery.Delivered, delivery.Refused, expired, unreadable:
		return 0, false
	case delivery.Misconfigured:
		return repair, true
	case raised:
		return time.Duration(a.row.Attempts) * time.Minute, a.row.Attempts < maxRaised
	case delivery.Throttled:
		var failure *delivery.Error
		errors.As(a.err, &failure)
		return min(cmp.Or(failure.After, relief), longRelief), true
	}
	n := min(int(a.row.Attempts), len(pauses))
	return pauses[n-1], true
}

// noTransport stands for a sender where none was asked.
const noTransport = "none"

// report logs an attempt that has failed, by the message's id. A sender that is not configured as its provider
// wants it is an error that somebody must look at; a single message that is not delivered is not.
func (c *Outbox) report(ctx context.Context, a attempt, again bool) {
	class := delivery.Of(a.err)
	if a.transport == noTransport {
		c.begin(noTransport)(class)
	}
	if c.Log == nil || a.err == nil {
		return
	}
	level, text := slog.LevelWarn, "message not delivered"
	if class == delivery.Misconfigured {
		level, text = slog.LevelError, "sender of messages is misconfigured"
	}
	c.Log.LogAttrs(ctx, level, text, slog.String("id", a.row.ID), slog.String("pool", string(a.row.Pool)),
		slog.String("medium", a.row.Medium), slog.String("transport", a.transport), slog.String("class", string(class)),
		slog.Int64("attempt", a.row.Attempts), slog.Bool("again", again), slog.String("reason", a.err.Error()))
}
