package federation

import (
	"cardea/engine/hosted"
	"cardea/engine/proposal"
	"cardea/platform/db"
	"cardea/spec/oauth2"
)

// propose finds the account to which the visitor has to sign in, whose identity is nobody's, in the place of becoming a user of their
// own. It answers hosted.ErrInteractionRequired where the app wants no page to be shown. Nothing is proposed where the app has pushed that
// its user comes from the provider: such a request is answered by no other sign-in.
func (a *arrival) propose(tx *db.Tx) (*proposal.Proposal, error) {
	if a.request.Provider != "" && a.values.Has("request_uri") {
		return nil, nil
	}
	proposed, err := proposal.Make(tx, a.request.App, proposal.Stranger{
		Provider: a.provider.Provider, Subject: a.who.Subject, Claims: a.claims,
	})
	if err == nil && proposed != nil && a.request.Prompts(oauth2.PromptNone) {
		return nil, a.request.Refused(hosted.ErrInteractionRequired)
	}
	return proposed, err
}

// turnAside uses up the trip of a visitor who goes on to the account that a link is proposed with.
func (a *arrival) turnAside(tx *db.Tx) error {
	if err := a.checkProvider(tx); err != nil {
		return err
	}
	return a.spend(tx)
}
