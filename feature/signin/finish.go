package signin

import (
	"cardea/engine/hosted"
	"cardea/engine/proposal"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/session"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// ending is what a finished sign-in gives, chosen by how it was entered.
type ending interface {
	// ask asks the triggers that come last, outside of transactions.
	ask(a *attempt) error
	// ahead asks for what commit reads about the user, in the same transaction, without waiting (db.Ask).
	ahead(tx *db.Tx, pool id.Pool, sub id.Sub)
	// commit stores what the outcome needs, in the transaction that spends what the sign-in was proven by. It may run twice.
	commit(a *attempt, tx *db.Tx) error
	// outcome answers once that is durable.
	outcome(a *attempt) (*Outcome, error)
}

// ending gives the ending of a sign-in that was entered in this way.
func (e Entry) ending() ending {
	if e == ByPages {
		return &authorization{}
	}
	return &apiTokens{}
}

// apiTokens is the ending of a sign-in through the API: a session and its tokens.
type apiTokens struct {
	opened *token.Opened
	named  *cognitoidp.NewDeviceMetadataType // the new device that the session was bound to
	groups token.Groups                      // of the user, as ahead has asked for them
}

func (e *apiTokens) ahead(tx *db.Tx, pool id.Pool, sub id.Sub) {
	e.groups = token.AskGroups(tx, pool, sub)
}

func (e *apiTokens) ask(a *attempt) (err error) {
	a.overrides, err = a.Tokens.Customize(a.ctx, token.Customization{
		App: a.App, User: a.expected(), Kind: session.API, Occasion: a.occasion(), Metadata: a.metadata,
	})
	return err
}

func (e *apiTokens) commit(a *attempt, tx *db.Tx) (err error) {
	g := token.Grant{
		App: a.App, User: a.User, Kind: session.API, Proofs: a.state.Proven,
		Overrides: a.overrides, From: a.from, Groups: e.groups,
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

// authorization is the ending of a sign-in at the pages: the answer to the authorization request, with which the browser is
// sent back to the app, and its single sign-on session.
type authorization struct {
	finished *hosted.Finished
}

func (e *authorization) ahead(*db.Tx, id.Pool, id.Sub) {}

func (e *authorization) ask(a *attempt) (err error) {
	a.overrides, err = a.Hosted.Ask(a.ctx, a.judged, a.expected())
	return err
}

func (e *authorization) commit(a *attempt, tx *db.Tx) (err error) {
	asked := a.in.Authorization
	if err := a.link(tx, asked.Link); err != nil {
		return err
	}
	e.finished, err = a.Hosted.Finish(tx, asked.Pool, asked.Values, hosted.SignIn{
		User: a.User, Proofs: a.state.Proven, Browser: asked.Browser, Overrides: a.overrides,
	})
	return err
}

// link links an identity at a provider, which the visitor has signed in with before, with the account that they have now proven to
// be theirs.
func (a *attempt) link(tx *db.Tx, proposed *proposal.Proposal) error {
	if proposed == nil {
		return nil
	}
	app, err := a.Apps.FindIn(tx, string(a.Pool.ID), string(a.Client.ID)) // as it is by now
	if err != nil {
		return err
	}
	return proposal.Accept(tx, app, a.User, proposed)
}

func (e *authorization) outcome(a *attempt) (*Outcome, error) {
	if err := a.Hosted.Complete(a.ctx, e.finished); err != nil {
		return nil, err
	}
	return &Outcome{Finished: e.finished}, nil
}
