package appclient

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cardea/engine/scope"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
	"cardea/spec/oauth2"
)

// checkOAuth checks that flows, scopes and the secret go together.
func checkOAuth(c *client.Client) error {
	flows, scopes := c.Doc.AllowedOAuthFlows, c.Doc.AllowedOAuthScopes
	if *c.Doc.AllowedOAuthFlowsUserPoolClient && (len(flows) == 0 || len(scopes) == 0) {
		return cognitoidp.InvalidOAuthFlow("AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.")
	}
	redirects := slices.Contains(flows, cognitoidp.OAuthFlowTypeCode) || slices.Contains(flows, cognitoidp.OAuthFlowTypeImplicit)
	if redirects && len(c.Doc.CallbackURLs) == 0 {
		return cognitoidp.InvalidParameter("CallbackUrls can not be empty when code flow or implicit flow is selected")
	}
	if !slices.Contains(flows, cognitoidp.OAuthFlowTypeClientCredentials) {
		return nil
	}

	if redirects {
		return cognitoidp.InvalidOAuthFlow("client_credentials flow can not be selected along with code flow or implicit flow.")
	}
	if !c.HasSecret() {
		return cognitoidp.InvalidOAuthFlow("client_credentials flow can not be selected if client does not have a client secret.")
	}
	for _, name := range scopes {
		if scope.OfUsers(name) {
			return cognitoidp.InvalidOAuthFlow(name + " is not supported with client_credentials flow")
		}
	}
	return nil
}

// checkURLs checks callback and logout URLs. They are later compared byte for byte and never normalised.
func checkURLs(c *client.Client) error {
	for _, list := range [][]string{c.Doc.CallbackURLs, c.Doc.LogoutURLs} {
		for _, address := range list {
			if err := CheckURL(address); err != nil {
				return err
			}
		}
	}
	redirect := c.Doc.DefaultRedirectURI
	if redirect != "" && !slices.Contains(c.Doc.CallbackURLs, redirect) {
		return cognitoidp.InvalidParameter("The default redirect URI " + redirect + " is not in the callback URIs list.")
	}
	return nil
}

// CheckURL refuses what cannot be a client's callback or sign-out URL. It accepts https, the scheme of an app, and http to this
// machine.
func CheckURL(address string) error {
	switch oauth2.Registrable(address) {
	case oauth2.WithFragment:
		return cognitoidp.InvalidParameter(address + " cannot use fragment")
	case oauth2.NoURL:
		return cognitoidp.InvalidParameter(address + " is not a valid URL.")
	case oauth2.WrongProtocol:
		scheme, _, _ := strings.Cut(address, ":")
		return cognitoidp.InvalidParameter(address + " cannot use the " + strings.ToUpper(scheme) + " protocol.")
	}
	return nil
}

// checkAttributes checks that what the client may read and write are attributes of the pool, and that it writes none that
// the pool sets itself or that only developers set.
func checkAttributes(p *pool.Pool, c *client.Client) error {
	occasion := "updating"
	if c.Version == 0 {
		occasion = "creating"
	}
	for _, name := range c.Doc.ReadAttributes {
		if _, found := p.Attribute(name); !found && name != "identities" {
			return cognitoidp.InvalidParameter("Invalid read attributes specified while " + occasion + " a client")
		}
	}
	for _, name := range c.Doc.WriteAttributes {
		if _, found := p.Attribute(name); !found || !c.CanWrite(name) {
			return cognitoidp.InvalidParameter("Invalid write attributes specified while " + occasion + " a client")
		}
	}
	return nil
}

// checkProviders checks that the identity providers exist. COGNITO is the pool itself.
func checkProviders(tx *db.Tx, c *client.Client) error {
	for _, name := range c.Doc.SupportedIdentityProviders {
		if name == client.Local {
			continue
		}
		_, err := provider.Get(tx, c.Pool, name)
		if errors.Is(err, db.ErrNotFound) {
			return cognitoidp.InvalidParameter("The provider " + name + " does not exist for User Pool " + string(c.Pool) + ".")
		}
		if err != nil {
			return fmt.Errorf("find identity provider: %w", err)
		}
	}
	return nil
}

// checkScopes checks that every scope is one of the pool's or of its resource servers'.
func checkScopes(tx *db.Tx, c *client.Client) error {
	for _, name := range c.Doc.AllowedOAuthScopes {
		exists, err := scope.Exists(tx, c.Pool, name)
		if err != nil {
			return err
		}
		if !exists {
			return cognitoidp.ScopeDoesNotExist("Invalid scope requested: " + name)
		}
	}
	return nil
}
