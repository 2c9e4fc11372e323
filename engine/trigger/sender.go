package trigger

import (
	"context"
	"errors"

	outbound "cardea/outbound/trigger"
	"cardea/record/pool"
	"cardea/spec/triggerevent"
)

const (
	// maxAsyncEvent is how many bytes Lambda takes of an event that nobody waits for the reply to.
	maxAsyncEvent = 256 << 10
	// maxCode is how many of them an encrypted code may take: a temporary password of 256 characters, each escaped.
	maxCode = 8 << 10
)

// Sending is what a custom sender is told of a message, but for its code. It is made when the message is, and kept until the
// message is delivered: the function hears of the user as they were then.
type Sending struct {
	Occasion   triggerevent.Occasion   `json:"occasion"`
	UserName   string                  `json:"user_name"`
	SDK        string                  `json:"sdk,omitempty"`
	Client     string                  `json:"client,omitempty"`
	Attributes triggerevent.Attributes `json:"attributes"`
	Metadata   map[string]string       `json:"metadata,omitempty"`
	TooLong    bool                    `json:"too_long,omitempty"` // no function takes it: attributes and metadata are not kept
}

// NewSending makes what one of the custom senders is to be told.
func NewSending(ctx context.Context, c Call, by triggerevent.Trigger) (*Sending, error) {
	event := c.event(ctx, nil)
	s := &Sending{
		Occasion: event.Occasion, UserName: event.UserName, SDK: event.AWSSDKVersion, Client: event.ClientID,
		Attributes: c.attributes(), Metadata: c.Metadata,
	}
	text, err := s.event(c.Pool, by, nil).Encode()
	if err != nil {
		return nil, err
	}
	// This must not be an error: that there are attributes would tell that there is a user.
	if len(text) > maxAsyncEvent-maxCode {
		s.TooLong, s.Attributes, s.Metadata = true, nil, nil
	}
	return s, nil
}

// event is the whole event.
func (s *Sending) event(p *pool.Pool, by triggerevent.Trigger, code *string) triggerevent.Event {
	event := triggerevent.Event{
		Occasion: s.Occasion, Region: p.ID.Region(), UserPoolID: string(p.ID), UserName: s.UserName,
		AWSSDKVersion: s.SDK, ClientID: s.Client,
		Request: triggerevent.NewEmail(code, s.Attributes, s.Metadata),
	}
	if by == triggerevent.CustomSMSSender {
		event.Request = triggerevent.NewSMS(code, s.Attributes, s.Metadata)
	}
	return event
}

// Delivery is one attempt to hand a message to a pool's custom sender.
type Delivery struct {
	Pool    *pool.Pool
	By      triggerevent.Trigger // CustomEmailSender or CustomSMSSender
	Sending *Sending
	Code    *string // encrypted, in base64; nil when there is none
	ID      string  // of the message
	Before  int     // tries before this attempt
}

// Send invokes a custom sender, whose reply is of no interest. Errors are *Error and failures.
func (t Triggers) Send(ctx context.Context, d Delivery) error {
	if d.Sending.TooLong {
		return condition(d.By, outbound.NewFailed(outbound.TooLarge, nil))
	}
	event := d.Sending.event(d.Pool, d.By, d.Code)
	text, err := event.Encode()
	if err != nil {
		return err
	}
	_, err = operationOf(ctx).invoke(ctx, t.Functions, outbound.Ask{
		ARN: ARN(d.Pool.Doc.LambdaConfig, d.By), Trigger: string(d.By), Source: event.Source(), Event: text,
		Async: true, Delivery: d.ID, Before: d.Before,
	})
	if err != nil && !errors.Is(err, outbound.ErrInvalid) {
		return condition(d.By, err)
	}
	return nil
}
