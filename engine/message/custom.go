package message

import (
	"context"
	"errors"
	"time"

	"cardea/engine/trigger"
	"cardea/record/pool"
	"cardea/spec/triggerevent"
)

// ownSender is the trigger by which a pool may write and send its messages to such an attribute itself.
func ownSender(attribute string) triggerevent.Trigger {
	if attribute == "phone_number" {
		return triggerevent.CustomSMSSender
	}
	return triggerevent.CustomEmailSender
}

// writesItself reports whether a pool writes and sends its messages to such an attribute itself: CustomMessage has no say in
// them then.
func writesItself(p *pool.Pool, attribute string) bool {
	return trigger.Configured(p.Doc.LambdaConfig, ownSender(attribute))
}

// Texts asks the pool's CustomMessage trigger, if it has one, for the texts of a message that goes to one or several
// attributes. The trigger never sees the code. It is not asked about attributes that no message can reach.
//
// Nobody is asked about a decoy: a function would be told of a user who does not exist. The time is taken that the function
// has taken for others, so that it does not tell who exists.
func (c *Outbox) Texts(ctx context.Context, m Message, attributes ...string) (trigger.Texts, error) {
	var by trigger.Medium
	for _, attribute := range attributes {
		if writesItself(m.Pool, attribute) || c.Ready(m.Pool, attribute) != nil {
			continue
		}
		if attribute == "phone_number" {
			by.SMS = true
		} else {
			by.Email, by.Link = true, ByLink(m.Pool, m.Kind, attribute)
		}
	}
	arn := trigger.ARN(m.Pool.Doc.LambdaConfig, triggerevent.CustomMessage)
	if arn == "" || !by.Email && !by.SMS {
		return trigger.Texts{}, nil
	}
	if m.Decoy {
		return trigger.Texts{}, c.latency.Simulate(ctx, arn)
	}

	by.NoCode = m.Code == ""
	begun := c.now()
	texts, err := c.Triggers.CustomMessage(ctx, trigger.Call{
		App: m.App, Occasion: triggerevent.Occasion(m.Kind), User: m.User, Metadata: m.Metadata,
	}, by)
	if ctx.Err() == nil {
		c.latency.Record(arn, c.now().Sub(begun), failure(err))
	}
	return texts, err
}

func (c *Outbox) now() time.Time {
	if c.Now == nil {
		return time.Time{}
	}
	return c.Now()
}

// failure is what of an error may be told about another user, too: that the function could not be run or gave nothing
// usable, but not what it said when it refused.
func failure(err error) error {
	stopped, ok := errors.AsType[*trigger.Error](err)
	if !ok || stopped.Kind == trigger.Refused {
		return nil
	}
	return stopped
}
