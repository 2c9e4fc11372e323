package dryrun

import (
	"context"
	"errors"

	"cardea/engine/device"
	"cardea/engine/factor"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/record/session"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// asker asks one trigger and answers its decision, for JSON; nil when it only may refuse.
type asker func(ctx context.Context, q *question) (decision any, err error)

var askers = map[triggerevent.Trigger]asker{
	triggerevent.PreSignUp:                   preSignUp,
	triggerevent.PostConfirmation:            postConfirmation,
	triggerevent.PreAuthentication:           preAuthentication,
	triggerevent.PostAuthentication:          postAuthentication,
	triggerevent.PreTokenGeneration:          preTokenGeneration,
	triggerevent.UserMigration:               userMigration,
	triggerevent.CustomMessage:               customMessage,
	triggerevent.DefineAuthChallenge:         defineAuthChallenge,
	triggerevent.CreateAuthChallenge:         createAuthChallenge,
	triggerevent.VerifyAuthChallengeResponse: verifyAuthChallengeResponse,
	triggerevent.CustomEmailSender:           sendEmail,
	triggerevent.CustomSMSSender:             sendSMS,
	triggerevent.InboundFederation:           inboundFederation,
}

func preSignUp(ctx context.Context, q *question) (any, error) {
	submitted := q.submitted()
	q.call.User = nil // who is yet to be created
	granted, err := q.Triggers.PreSignUp(ctx, q.call, submitted)
	return struct {
		Confirm bool     `json:"confirmUser"`
		Verify  []string `json:"verifiedAttributes"`
	}(granted), err
}

func postConfirmation(ctx context.Context, q *question) (any, error) {
	return nil, q.Triggers.PostConfirmation(ctx, q.call)
}

// asData makes validation data of the metadata, as the beginning of a sign-in does.
func (q *question) asData() {
	if q.call.Data == nil {
		q.call.Data, q.call.Metadata = q.call.Metadata, nil
	}
}

func preAuthentication(ctx context.Context, q *question) (any, error) {
	q.asData()
	return nil, q.Triggers.PreAuthentication(ctx, q.call)
}

func postAuthentication(ctx context.Context, q *question) (any, error) {
	return nil, q.Triggers.PostAuthentication(ctx, q.call, device.Tracks(q.call.Pool))
}

// tokens are the claims of both tokens.
type tokens struct {
	ID     any `json:"idToken,omitempty"`
	Access any `json:"accessToken"`
}

func preTokenGeneration(ctx context.Context, q *question) (any, error) {
	if q.call.Client == nil {
		return nil, errNoClient
	}
	if q.call.Occasion == triggerevent.ClientCredentials {
		return clientCredentials(ctx, q)
	}
	kind := session.API
	if len(q.in.Scopes) > 0 || q.call.Occasion == triggerevent.HostedAuth {
		kind = session.OAuth
	}
	before, after, err := q.Tokens.Preview(ctx, token.Customization{
		App: q.call.App, User: q.call.User, Kind: kind, Scopes: q.in.Scopes, Occasion: q.call.Occasion, Metadata: q.call.Metadata,
	})
	return struct {
		Before tokens `json:"before"`
		After  tokens `json:"after"`
	}{shown(before), shown(after)}, err
}

func shown(p token.Payloads) tokens {
	t := tokens{Access: p.Access}
	if p.ID != nil {
		t.ID = p.ID
	}
	return t
}

// clientCredentials asks what the token of the client by itself shall say.
func clientCredentials(ctx context.Context, q *question) (any, error) {
	changes, err := q.Triggers.PreTokenGeneration(ctx, q.call, trigger.Groups{}, q.in.Scopes)
	if changes == nil {
		return nil, err
	}
	return struct {
		Scopes   []string       `json:"scopes"`
		Add      map[string]any `json:"claimsAdded"`
		Suppress []string       `json:"claimsSuppressed"`
	}{changes.Scopes(q.in.Scopes), changes.Access.Add, changes.Access.Suppress}, err
}

func userMigration(ctx context.Context, q *question) (any, error) {
	if q.call.Occasion == triggerevent.Authentication {
		q.asData()
	}
	migrant, err := q.Triggers.UserMigration(ctx, q.call, q.in.Password)
	if migrant == nil {
		return nil, err
	}
	return struct {
		Attributes map[string]string `json:"userAttributes"`
		Status     string            `json:"userStatus"`
		Invite     bool              `json:"sendInvitation"`
		Mediums    []string          `json:"deliveryMediums"`
		MoveAlias  bool              `json:"forceAliasCreation"`
		SMSMFA     bool              `json:"smsMFA"`
	}(*migrant), err
}

func customMessage(ctx context.Context, q *question) (any, error) {
	by := trigger.Medium{Email: true, SMS: true}
	if template := q.call.Pool.Doc.VerificationMessageTemplate; template != nil && q.call.Occasion != triggerevent.AdminCreateUser {
		by.Link = template.DefaultEmailOption == cognitoidp.DefaultEmailOptionTypeConfirmWithLink
	}
	texts, err := q.Triggers.CustomMessage(ctx, q.call, by)
	return struct {
		SMS     string `json:"smsMessage"`
		Email   string `json:"emailMessage"`
		Subject string `json:"emailSubject"`
	}(texts), err
}

// defineAuthChallenge lets the function name what it may after a password was proven, or is about to be.
func defineAuthChallenge(ctx context.Context, q *question) (any, error) {
	settable := []string{cognitoidp.ChallengeNameTypeCustomChallenge, cognitoidp.ChallengeNameTypePasswordVerifier}
	if q.call.User != nil {
		settable = append(settable, factor.Askable(q.call.Pool, q.call.User)...)
	}
	next, err := q.Triggers.DefineAuthChallenge(ctx, q.call, nil, settable)
	return struct {
		Challenge string `json:"challengeName,omitempty"`
		Tokens    bool   `json:"issueTokens"`
		Fail      bool   `json:"failAuthentication"`
	}(next), err
}

func createAuthChallenge(ctx context.Context, q *question) (any, error) {
	challenge := q.in.Challenge
	if challenge == "" {
		challenge = cognitoidp.ChallengeNameTypeCustomChallenge
	}
	made, err := q.Triggers.CreateAuthChallenge(ctx, q.call, challenge, nil)
	return struct {
		Public   map[string]string `json:"publicChallengeParameters"`
		Private  map[string]string `json:"privateChallengeParameters"`
		Metadata string            `json:"challengeMetadata"`
	}(made), err
}

func verifyAuthChallengeResponse(ctx context.Context, q *question) (any, error) {
	correct, err := q.Triggers.VerifyAuthChallengeResponse(ctx, q.call, q.in.Private, q.in.Answer)
	return struct {
		Correct bool `json:"answerCorrect"`
	}{correct}, err
}

func sendEmail(ctx context.Context, q *question) (any, error) {
	return nil, q.send(ctx, triggerevent.CustomEmailSender)
}

func sendSMS(ctx context.Context, q *question) (any, error) {
	return nil, q.send(ctx, triggerevent.CustomSMSSender)
}

// send tells of a message without a code.
func (q *question) send(ctx context.Context, by triggerevent.Trigger) error {
	sending, err := trigger.NewSending(ctx, q.call, by)
	if err != nil {
		return err
	}
	return q.Triggers.Send(ctx, trigger.Delivery{Pool: q.call.Pool, By: by, Sending: sending})
}

// inboundFederation needs an event, for what an identity provider says cannot be made up.
func inboundFederation(ctx context.Context, q *question) (any, error) {
	if q.in.Event == nil {
		return nil, errors.New("InboundFederation needs an event: what an identity provider has said")
	}
	mapped, err := q.Triggers.InboundFederation(ctx, q.call, triggerevent.InboundFederationRequest{})
	return struct {
		Attributes map[string]string `json:"userAttributesToMap"`
	}{mapped}, err
}
