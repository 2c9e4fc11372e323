package federation

import (
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
	"cardea/spec/oauth2"
	"cardea/spec/saml"
)

// A SAML provider may send visitors without being asked, where the pool allows it. Nothing ties such a sign-in to the browser: whoever
// has an account there can have others' browsers signed in to it. So the pool has to switch it on for the provider (IDPInit), and the
// app must have no users but of SAML providers (docs/cognito/federation.md, "SAML").

// readUnsolicited reads the authorization request that the provider makes in the visitor's name, in RelayState.
func (a *arrival) readUnsolicited() (name string, err error) {
	if a.in.Path != SAMLCallback || a.in.Values.Check() != nil {
		return "", ErrTrip
	}
	a.values, err = oauth2.Parse(a.in.Values.Get(saml.RelayField))
	if err != nil || a.values.Check() != nil || a.values.Get("identity_provider") == "" {
		return "", ErrTrip
	}
	return a.values.Get("identity_provider"), nil
}

// checkUnsolicited refuses what may not be begun by the provider.
func (a *arrival) checkUnsolicited(tx *db.Tx) error {
	if !a.provider.SAML.Init {
		return unsolicited("the provider may not begin sign-ins")
	}
	if a.request.Client.SelfRegistered() { // whose name no page has shown to the user
		return unsolicited("the app has registered itself")
	}
	if a.request.ResponseType != oauth2.Code { // which no page of the user's own has, and no device
		return unsolicited("the request is not for a code")
	}
	for _, name := range a.request.Client.Doc.SupportedIdentityProviders {
		p, err := provider.Get(tx, a.request.Pool.ID, name)
		if errors.Is(err, db.ErrNotFound) || err == nil && p.Doc.ProviderType != cognitoidp.IdentityProviderTypeTypeSaml {
			return unsolicited("the app has users who come from elsewhere than SAML providers")
		}
		if err != nil {
			return fmt.Errorf("get identity provider: %w", err)
		}
	}
	return nil
}
