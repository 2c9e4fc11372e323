package trigger

import (
	"context"
	"slices"

	"cardea/spec/triggerevent"
)

// PreAuthentication asks whether the user may sign in.
func (t Triggers) PreAuthentication(ctx context.Context, c Call) error {
	if !c.has(triggerevent.PreAuthentication) {
		return nil
	}
	return t.tell(ctx, c, triggerevent.PreAuthenticationRequest{UserAttributes: c.attributes(), ValidationData: c.Data, UserNotFound: c.User == nil})
}

// PostAuthentication tells that the user has proven who they are.
func (t Triggers) PostAuthentication(ctx context.Context, c Call, newDevice bool) error {
	if !c.has(triggerevent.PostAuthentication) {
		return nil
	}
	return t.tell(ctx, c, triggerevent.PostAuthenticationRequest{UserAttributes: c.attributes(), NewDeviceUsed: newDevice, ClientMetadata: c.Metadata})
}

// maxParameters bounds what a custom sign-in remembers of a challenge and of the rounds before it, names and values together,
// in bytes.
const maxParameters = 32 << 10

// Next is how a custom sign-in goes on: exactly one of the three is set.
type Next struct {
	Challenge string // the next challenge: CUSTOM_CHALLENGE is to be created, others are Cognito's own
	Tokens    bool   // the user has proven who they are
	Fail      bool   // the sign-in has failed
}

// DefineAuthChallenge asks how a custom sign-in goes on after the rounds so far. The function may name one of the challenges
// that the caller can set.
func (t Triggers) DefineAuthChallenge(ctx context.Context, c Call, rounds []triggerevent.Round, challenges []string) (Next, error) {
	const name = triggerevent.DefineAuthChallenge
	if !c.has(name) {
		return Next{}, ErrNoCustomAuth
	}
	reply, err := t.ask(ctx, c, triggerevent.DefineAuthChallengeRequest{
		UserAttributes: c.attributes(), Session: rounds, ClientMetadata: c.Metadata, UserNotFound: c.User == nil,
	})
	if err != nil {
		return Next{}, err
	}
	response, err := read(name, reply, triggerevent.ReadDefineAuthChallenge)
	switch {
	case err != nil:
		return Next{}, err
	case response.FailAuthentication:
		return Next{Fail: true}, nil
	case response.IssueTokens:
		return Next{Tokens: true}, nil
	case !slices.Contains(challenges, response.ChallengeName):
		return Next{}, invalid(name, "neither an end nor a challenge that can be set now")
	}
	return Next{Challenge: response.ChallengeName}, nil
}

// Challenge is one that a function has made.
type Challenge struct {
	Public   map[string]string // for the client
	Private  map[string]string // to be shown to VerifyAuthChallengeResponse, and to nobody else
	Metadata string            // for the rounds that DefineAuthChallenge is told
}

// CreateAuthChallenge asks for a challenge.
func (t Triggers) CreateAuthChallenge(ctx context.Context, c Call, challenge string, rounds []triggerevent.Round) (Challenge, error) {
	const name = triggerevent.CreateAuthChallenge
	if !c.has(name) {
		return Challenge{}, ErrNoCustomAuth
	}
	reply, err := t.ask(ctx, c, triggerevent.CreateAuthChallengeRequest{
		UserAttributes: c.attributes(), ChallengeName: challenge, Session: rounds, ClientMetadata: c.Metadata, UserNotFound: c.User == nil,
	})
	if err != nil {
		return Challenge{}, err
	}
	response, err := read(name, reply, triggerevent.ReadCreateAuthChallenge)
	if err != nil {
		return Challenge{}, err
	}
	size := len(response.ChallengeMetadata)
	for _, round := range rounds {
		if round.ChallengeMetadata != nil {
			size += len(*round.ChallengeMetadata)
		}
	}
	for _, parameters := range []map[string]string{response.PublicChallengeParameters, response.PrivateChallengeParameters} {
		for key, value := range parameters {
			size += len(key) + len(value)
		}
	}
	if size > maxParameters {
		return Challenge{}, invalid(name, "the challenge and the rounds before it have %d bytes, more than %d", size, maxParameters)
	}
	return Challenge{response.PublicChallengeParameters, response.PrivateChallengeParameters, response.ChallengeMetadata}, nil
}

// VerifyAuthChallengeResponse asks whether the answer to a challenge with the private parameters is right.
func (t Triggers) VerifyAuthChallengeResponse(ctx context.Context, c Call, private map[string]string, answer string) (bool, error) {
	const name = triggerevent.VerifyAuthChallengeResponse
	if !c.has(name) {
		return false, ErrNoCustomAuth
	}
	reply, err := t.ask(ctx, c, triggerevent.VerifyAuthChallengeResponseRequest{
		UserAttributes: c.attributes(), PrivateChallengeParameters: private, ChallengeAnswer: answer,
		ClientMetadata: c.Metadata, UserNotFound: c.User == nil,
	})
	if err != nil {
		return false, err
	}
	return read(name, reply, triggerevent.ReadVerifyAuthChallengeResponse)
}
