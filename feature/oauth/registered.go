package oauth

import (
	"slices"
	"strings"

	"cardea/engine/scope"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/oauth2"
)

// flow is the grant that the app asks for, as clients' settings name it.
func (r *registration) flow() string {
	if r.asked.Grants(oauth2.GrantClient) {
		return cognitoidp.OAuthFlowTypeClientCredentials
	}
	return cognitoidp.OAuthFlowTypeCode
}

// scopes are those that the app gets: of OpenID Connect's and those that the pool allows what it asks for, or all of them.
func (r *registration) scopes(tx *db.Tx, p *pool.Pool) ([]string, error) {
	var allowed []string
	if r.flow() == cognitoidp.OAuthFlowTypeCode {
		allowed = []string{scope.OpenID, "email", "phone", "profile"}
	}
	for _, name := range p.Doc.DcrConfiguration.AllowedScopes {
		exists, err := scope.Exists(tx, p.ID, name)
		if err != nil {
			return nil, err
		}
		machines := r.flow() == cognitoidp.OAuthFlowTypeClientCredentials && scope.OfUsers(name)
		if exists && !machines && name != scope.Register && !slices.Contains(allowed, name) {
			allowed = append(allowed, name)
		}
	}

	asked := r.asked.Scopes
	if asked == nil {
		asked = allowed
	}
	outside := slices.ContainsFunc(asked, func(name string) bool { return !slices.Contains(allowed, name) })
	if len(asked) == 0 || outside {
		return nil, &oauth2.Error{Code: oauth2.InvalidClientMetadata, Description: "A scope is not allowed."}
	}
	return asked, nil
}

// client makes the client of the app. It serves the pages of the pool's domain and the token endpoint alone: it may begin no
// sign-in through the API, where it would be trusted as an app of whoever runs the pool. It sees what OpenID Connect names of a
// user, and sets what a sign-up needs.
func (r *registration) client(tx *db.Tx, p *pool.Pool, scopes []string) *client.Client {
	c := &client.Client{ID: r.app, Pool: p.ID}
	c.Doc = cognitoidp.UserPoolClientType{
		UserPoolId: string(p.ID), ClientId: string(c.ID), ClientType: cognitoidp.ClientTypeTypeDcr,
		ClientName: r.asked.Name, CreationDate: awsjson.At(tx.Now), LastModifiedDate: awsjson.At(tx.Now),
		CallbackURLs: r.asked.RedirectURIs, LogoutURLs: r.asked.LogoutURIs,
		AllowedOAuthFlows: []string{r.flow()}, AllowedOAuthScopes: scopes, AllowedOAuthFlowsUserPoolClient: new(true),
		ExplicitAuthFlows:                        []string{cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth},
		SupportedIdentityProviders:               []string{client.Local},
		PreventUserExistenceErrors:               cognitoidp.PreventUserExistenceErrorTypesEnabled,
		RefreshTokenValidity:                     30,
		TokenValidityUnits:                       &cognitoidp.TokenValidityUnitsType{},
		AuthSessionValidity:                      new(int64(3)),
		EnableTokenRevocation:                    new(true),
		EnablePropagateAdditionalUserContextData: new(false),
		ReadAttributes:                           []string{},
		WriteAttributes:                          []string{},
	}
	if c.Doc.ClientName == "" {
		c.Doc.ClientName = string(c.ID)
	}
	for _, a := range p.Doc.SchemaAttributes {
		if strings.Contains(a.Name, ":") {
			continue
		}
		c.Doc.ReadAttributes = append(c.Doc.ReadAttributes, a.Name)
		needed := a.Required != nil && *a.Required || p.SignsInBy(a.Name) || p.AutoVerifies(a.Name)
		if needed && !client.ServerKept(a.Name) {
			c.Doc.WriteAttributes = append(c.Doc.WriteAttributes, a.Name)
		}
	}
	return c
}

// registered is what the app is told.
func (r *registration) registered(c *client.Client) *Registered {
	told := r.asked
	told.Name, told.Scopes = c.Doc.ClientName, c.Doc.AllowedOAuthScopes
	if told.Grants(oauth2.GrantCode) {
		told.GrantTypes = []string{oauth2.GrantCode, oauth2.GrantRefresh} // there is a refresh token with every code
	}
	return &Registered{Metadata: told, ID: string(c.ID), Secret: r.secret, At: c.Doc.CreationDate.Time}
}
