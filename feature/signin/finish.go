package signin

import (
	"cardea/engine/hosted"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/session"
	"cardea/spec/cognitoidp"
)

// ending is what a finished sign-in gives, chosen by how it was entered.
type ending interface {
	// commit stores what the outcome needs, in the transaction that spends what the sign-in was proven by. It may run twice.
	commit(a *attempt, tx *db.Tx) error
	// outcome answers once that is durable.
	outcome(a *attempt) (*Outcome, error)
}

// ending gives the ending of a sign-in that was entered in this way.
func (e Entry) ending() ending {
	if e == ByPages {
		return &authorizationCode{}
	}
	return &apiTokens{}
}

// apiTokens is the ending of a sign-in through the API: a session and its tokens.
type apiTokens struct {
	opened *token.Opened
	named  *cognitoidp.NewDeviceMetadataType // the new device that the session was bound to
}

func (e *apiTokens) commit(a *attempt, tx *db.Tx) (err error) {
	g := token.Grant{
		App: a.App, User: a.User, Kind: session.API, Proofs: a.state.Proven,
		Overrides: a.overrides, From: a.from,
	}
	if g.DeviceKey, e.named, err = a.bindDevice(tx); err != nil {
		return err
	}
	e.opened, err = a.Tokens.Open(tx, g)
	return err
}

func (e *apiTokens) outcome(a *attempt) (*Outcome, error) {
	tokens, err := a.Tokens.Sign(a.ctx, e.opened)
	if err != nil {
		return nil, err
	}
	tokens.NewDeviceMetadata = e.named
	return &Outcome{Tokens: tokens, Parameters: map[string]string{}}, nil
}

// authorizationCode is the ending of a sign-in at the pages: a code, with which the browser is sent back to the app, and
// its single sign-on session.
type authorizationCode struct {
	finished *hosted.Finished
}

func (e *authorizationCode) commit(a *attempt, tx *db.Tx) (err error) {
	asked := a.in.Authorization
	e.finished, err = a.Hosted.Finish(tx, asked.Pool, asked.Values, hosted.SignIn{
		User: a.User, Proofs: a.state.Proven, Browser: asked.Browser,
	})
	return err
}

func (e *authorizationCode) outcome(*attempt) (*Outcome, error) {
	return &Outcome{Finished: e.finished}, nil
}
