package message

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"

	"cardea/engine/trigger"
	"cardea/outbound/delivery"
	outbound "cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/record/outbox"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// What rows say of messages that a pool's own function sends, in the place of their medium.
const (
	functionMail = "FUNCTION:" + cognitoidp.DeliveryMediumTypeEmail
	functionText = "FUNCTION:" + cognitoidp.DeliveryMediumTypeSms
)

// functionTransport is the transport of such messages, in metrics and the log.
const functionTransport = "function"

// readyFunction answers ErrNoSender if the pool's function could not be invoked, or codes not be encrypted for it.
func (c *Outbox) readyFunction(p *pool.Pool, attribute string) error {
	if err := c.Triggers.Functions.Check(trigger.ARN(p.Doc.LambdaConfig, ownSender(attribute))); err != nil {
		return fmt.Errorf("%w: %w", ErrNoSender, err)
	}
	if err := c.Keys.Check(p.Doc.LambdaConfig.KMSKeyID); err != nil {
		return fmt.Errorf("%w: %w", ErrNoSender, err)
	}
	return nil
}

// functionContent makes the content of a message that the pool's function writes and sends. Only what the function cannot know
// is kept: the code and the user as they are now. Cognito escapes temporary passwords as HTML does.
func functionContent(ctx context.Context, m Message) (content, error) {
	call := trigger.Call{
		App: m.App, Occasion: triggerevent.Occasion(m.Kind), User: m.User, Username: m.Username, Metadata: m.Metadata,
	}
	if m.User != nil {
		call.Username = "" // the user's own, not what they sign in with
	}
	sending, err := trigger.NewSending(ctx, call, ownSender(m.Attribute))
	if err != nil {
		return content{}, err
	}
	out := content{To: m.To, Code: m.Code, Kind: m.Kind, Sending: sending}
	if m.Kind == AdminCreateUser {
		out.Code = html.EscapeString(m.Code)
	}
	return out, nil
}

// senderOf is the trigger for a row's medium; empty for one that no function sends.
func senderOf(row *outbox.Row) triggerevent.Trigger {
	switch row.Medium {
	case functionMail:
		return triggerevent.CustomEmailSender
	case functionText:
		return triggerevent.CustomSMSSender
	}
	return ""
}

// sendingPool is the pool of a message that its function sends, as it is now; nil for any other message.
func sendingPool(tx *db.Tx, row *outbox.Row) (*pool.Pool, error) {
	if senderOf(row) == "" {
		return nil, nil
	}
	p, err := pool.Get(tx, row.Pool)
	if err != nil {
		return nil, fmt.Errorf("get the message's pool: %w", err)
	}
	return p, nil
}

// errNoFunction says that a pool has no function any more to send its message, which nobody has written.
var errNoFunction = &delivery.Error{Class: delivery.Refused, Reason: "the pool does not send such messages itself any more"}

// sendByFunction encrypts a message's code and invokes the function that the pool has for it now.
func (c *Outbox) sendByFunction(ctx context.Context, p *pool.Pool, row *outbox.Row, out content) attempt {
	by := senderOf(row)
	if !trigger.Configured(p.Doc.LambdaConfig, by) || out.Sending == nil {
		return attempt{row, noTransport, errNoFunction}
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()

	ended := c.begin(functionTransport)
	err := c.invoke(ctx, p, row, out)
	ended(delivery.Of(err))
	return attempt{row, functionTransport, err}
}

func (c *Outbox) invoke(ctx context.Context, p *pool.Pool, row *outbox.Row, out content) error {
	d := trigger.Delivery{Pool: p, By: senderOf(row), Sending: out.Sending, ID: row.ID, Before: int(row.Attempts-1) * outbound.Tries}
	if out.Code != "" {
		bound := map[string]string{"userpool-id": string(p.ID)}
		sealed, err := c.Keys.Encrypt(ctx, p.Doc.LambdaConfig.KMSKeyID, bound, []byte(out.Code))
		if err != nil {
			return err
		}
		d.Code = new(base64.StdEncoding.EncodeToString(sealed))
	}
	return classified(c.Triggers.Send(ctx, d))
}

// raised is the class of messages whose function has failed.
const raised delivery.Class = "raised"

// maxRaised is how many times in all such a function is invoked, as by Lambda.
const maxRaised = 3

// classified gives what came of an invocation a class. The reason does not quote what the function has said.
func classified(err error) error {
	if _, ok := errors.AsType[*outbound.Refused](err); ok {
		return &delivery.Error{Class: raised, Reason: "the function has raised an error"}
	}
	failed, ok := errors.AsType[*outbound.Failed](err)
	if !ok {
		return err
	}
	failure := &delivery.Error{Class: delivery.Transient, Reason: failed.Error()}
	switch failed.Kind {
	case outbound.Timeout, outbound.Crashed:
		failure.Class = raised
	case outbound.Throttled, outbound.Open:
		failure.Class = delivery.Throttled
	case outbound.Denied, outbound.Missing, outbound.Unresolved:
		failure.Class = delivery.Misconfigured
	case outbound.TooLarge:
		failure.Class = delivery.Refused
	}
	return failure
}
