package trigger

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cardea/engine/access"
	outbound "cardea/outbound/trigger"
	"cardea/platform/caller"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// Triggers asks the triggers of pools.
type Triggers struct {
	Functions *outbound.Functions // nil: no function is configured, and each trigger of a pool fails
}

// Call is what all triggers are told.
type Call struct {
	access.App // the client is nil for administrators

	Occasion triggerevent.Occasion
	User     *user.User        // nil: nobody has the name, or the user is yet to be created
	Username string            // for the event; empty: the user's
	Metadata map[string]string // clientMetadata
	Data     map[string]string // validationData
}

// ARN is the function that a pool has for a trigger; empty without one.
func ARN(cfg *cognitoidp.LambdaConfigType, t triggerevent.Trigger) string {
	if cfg == nil {
		return ""
	}
	switch t {
	case triggerevent.PreSignUp:
		return cfg.PreSignUp
	case triggerevent.PostConfirmation:
		return cfg.PostConfirmation
	case triggerevent.PreAuthentication:
		return cfg.PreAuthentication
	case triggerevent.PostAuthentication:
		return cfg.PostAuthentication
	case triggerevent.PreTokenGeneration:
		if cfg.PreTokenGenerationConfig != nil {
			return cfg.PreTokenGenerationConfig.LambdaArn
		}
		return cfg.PreTokenGeneration
	case triggerevent.UserMigration:
		return cfg.UserMigration
	case triggerevent.CustomMessage:
		return cfg.CustomMessage
	case triggerevent.DefineAuthChallenge:
		return cfg.DefineAuthChallenge
	case triggerevent.CreateAuthChallenge:
		return cfg.CreateAuthChallenge
	case triggerevent.VerifyAuthChallengeResponse:
		return cfg.VerifyAuthChallengeResponse
	}
	return newerARN(cfg, t)
}

// newerARN is that of the triggers whose setting has a version.
func newerARN(cfg *cognitoidp.LambdaConfigType, t triggerevent.Trigger) string {
	switch {
	case t == triggerevent.CustomEmailSender && cfg.CustomEmailSender != nil:
		return cfg.CustomEmailSender.LambdaArn
	case t == triggerevent.CustomSMSSender && cfg.CustomSMSSender != nil:
		return cfg.CustomSMSSender.LambdaArn
	case t == triggerevent.InboundFederation && cfg.InboundFederation != nil:
		return cfg.InboundFederation.LambdaArn
	}
	return ""
}

// Configured reports whether a pool has any of the triggers.
func Configured(cfg *cognitoidp.LambdaConfigType, triggers ...triggerevent.Trigger) bool {
	for _, t := range triggers {
		if ARN(cfg, t) != "" {
			return true
		}
	}
	return false
}

// has reports whether the call's pool has the trigger.
func (c *Call) has(t triggerevent.Trigger) bool { return ARN(c.Pool.Doc.LambdaConfig, t) != "" }

// ask invokes the function and answers its reply. The errors that are no *Error are failures.
func (t Triggers) ask(ctx context.Context, c Call, request triggerevent.Request) ([]byte, error) {
	event := c.event(ctx, request)
	text, err := event.Encode()
	if err != nil {
		return nil, err
	}
	name := request.Trigger()
	reply, err := operationOf(ctx).invoke(ctx, t.Functions, outbound.Ask{
		ARN:     ARN(c.Pool.Doc.LambdaConfig, name),
		Trigger: string(name),
		Source:  event.Source(),
		Event:   text,
	})
	if err != nil {
		return nil, condition(name, err)
	}
	return reply, nil
}

// event is the envelope with its request.
func (c *Call) event(ctx context.Context, request triggerevent.Request) triggerevent.Event {
	event := triggerevent.Event{
		Occasion:      c.Occasion,
		Region:        c.Pool.ID.Region(),
		UserPoolID:    string(c.Pool.ID),
		UserName:      c.Username,
		AWSSDKVersion: sdk(caller.From(ctx).UserAgent),
		Request:       request,
	}
	if c.Username == "" && c.User != nil {
		event.UserName = c.User.Username
	}
	if c.Client != nil {
		event.ClientID = string(c.Client.ID)
	}
	return event
}

// sdk is a user agent's AWS SDK, as events write it: "aws-sdk-js-3.1010.0"; empty when it names none.
func sdk(userAgent string) string {
	for word := range strings.FieldsSeq(userAgent) {
		if strings.HasPrefix(word, "aws-sdk-") && len(word) <= 64 {
			return strings.ReplaceAll(word, "/", "-")
		}
	}
	return ""
}

// attributes are what events say of a user: everything that is stored, their sub and status, and the addresses by which
// they may sign in. Of a user whom nobody knows they say nothing.
func (c *Call) attributes() triggerevent.Attributes {
	if c.User == nil {
		return nil
	}
	all := make(triggerevent.Attributes, len(c.User.Attributes)+4)
	for name, value := range c.User.Attributes {
		if value != "" {
			all[name] = value
		}
	}
	all["sub"] = string(c.User.Sub)
	all["cognito:user_status"] = c.User.Status
	for attribute, alias := range map[string]string{"email": "cognito:email_alias", "phone_number": "cognito:phone_number_alias"} {
		if c.Pool.UsernameIs(attribute) && all[attribute] != "" || c.Pool.AliasIs(attribute) && c.User.Verified(attribute) {
			all[alias] = all[attribute]
		}
	}
	return all
}

// condition makes of what came of an invocation what the caller is told.
func condition(t triggerevent.Trigger, err error) error {
	if refused, ok := errors.AsType[*outbound.Refused](err); ok {
		return &Error{t, Refused, refused.Message, err}
	}
	if failed, ok := errors.AsType[*outbound.Failed](err); ok {
		if failed.Kind == outbound.Timeout || failed.Kind == outbound.Crashed {
			return &Error{t, Failed, failed.Text, err}
		}
		return &Error{t, NotInvoked, failed.Text, err}
	}
	if errors.Is(err, outbound.ErrInvalid) {
		return &Error{t, Invalid, "", err}
	}
	return fmt.Errorf("trigger %s: %w", t, err)
}

// read reads a reply; what is unusable in it is an *Error.
func read[T any](t triggerevent.Trigger, reply []byte, reader func([]byte) (T, error)) (T, error) {
	response, err := reader(reply)
	if err != nil {
		return response, &Error{t, Invalid, "", err}
	}
	return response, nil
}

// invalid says what about a reply may not be.
func invalid(t triggerevent.Trigger, format string, arguments ...any) error {
	return &Error{t, Invalid, "", fmt.Errorf(format, arguments...)}
}
