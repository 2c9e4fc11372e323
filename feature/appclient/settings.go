package appclient

import (
	"slices"
	"time"

	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// configure checks settings and puts them into the client, with the default of whatever is omitted
// (docs/cognito/pools-and-clients.md, "Defaults of a client").
func configure(tx *db.Tx, p *pool.Pool, c *client.Client, in *cognitoidp.UpdateUserPoolClientRequest) error {
	c.Doc = cognitoidp.UserPoolClientType{
		UserPoolId:                               string(p.ID),
		ClientId:                                 string(c.ID),
		ClientName:                               orElse(in.ClientName, c.Doc.ClientName),
		ClientType:                               c.Doc.ClientType,
		CreationDate:                             c.Doc.CreationDate,
		LastModifiedDate:                         awsjson.At(tx.Now),
		RefreshTokenValidity:                     in.RefreshTokenValidity,
		AccessTokenValidity:                      in.AccessTokenValidity,
		IdTokenValidity:                          in.IdTokenValidity,
		TokenValidityUnits:                       in.TokenValidityUnits,
		ReadAttributes:                           in.ReadAttributes,
		WriteAttributes:                          in.WriteAttributes,
		ExplicitAuthFlows:                        given(in.ExplicitAuthFlows),
		SupportedIdentityProviders:               given(in.SupportedIdentityProviders),
		CallbackURLs:                             given(in.CallbackURLs),
		LogoutURLs:                               given(in.LogoutURLs),
		DefaultRedirectURI:                       in.DefaultRedirectURI,
		AllowedOAuthFlows:                        given(in.AllowedOAuthFlows),
		AllowedOAuthScopes:                       given(in.AllowedOAuthScopes),
		AllowedOAuthFlowsUserPoolClient:          new(in.AllowedOAuthFlowsUserPoolClient),
		AnalyticsConfiguration:                   in.AnalyticsConfiguration,
		PreventUserExistenceErrors:               in.PreventUserExistenceErrors,
		EnableTokenRevocation:                    orDefault(in.EnableTokenRevocation, true),
		EnablePropagateAdditionalUserContextData: orDefault(in.EnablePropagateAdditionalUserContextData, false),
		AuthSessionValidity:                      orDefault(in.AuthSessionValidity, 3),
		RefreshTokenRotation:                     in.RefreshTokenRotation,
	}
	if c.Doc.RefreshTokenValidity == 0 {
		c.Doc.RefreshTokenValidity = 30
	}
	if c.Doc.TokenValidityUnits == nil {
		c.Doc.TokenValidityUnits = &cognitoidp.TokenValidityUnitsType{}
	}

	for _, check := range []func(*client.Client) error{checkFlows, checkValidity, checkContext, checkAnalytics, checkURLs, checkOAuth} {
		if err := check(c); err != nil {
			return err
		}
	}
	if err := checkAttributes(p, c); err != nil {
		return err
	}
	if err := checkProviders(tx, c); err != nil {
		return err
	}
	return checkScopes(tx, c)
}

// settingsOf is the part of a new client's request that an update can change later.
func settingsOf(in *cognitoidp.CreateUserPoolClientRequest) *cognitoidp.UpdateUserPoolClientRequest {
	return &cognitoidp.UpdateUserPoolClientRequest{
		ClientName:                               in.ClientName,
		RefreshTokenValidity:                     in.RefreshTokenValidity,
		AccessTokenValidity:                      in.AccessTokenValidity,
		IdTokenValidity:                          in.IdTokenValidity,
		TokenValidityUnits:                       in.TokenValidityUnits,
		ReadAttributes:                           in.ReadAttributes,
		WriteAttributes:                          in.WriteAttributes,
		ExplicitAuthFlows:                        in.ExplicitAuthFlows,
		SupportedIdentityProviders:               in.SupportedIdentityProviders,
		CallbackURLs:                             in.CallbackURLs,
		LogoutURLs:                               in.LogoutURLs,
		DefaultRedirectURI:                       in.DefaultRedirectURI,
		AllowedOAuthFlows:                        in.AllowedOAuthFlows,
		AllowedOAuthScopes:                       in.AllowedOAuthScopes,
		AllowedOAuthFlowsUserPoolClient:          in.AllowedOAuthFlowsUserPoolClient,
		AnalyticsConfiguration:                   in.AnalyticsConfiguration,
		PreventUserExistenceErrors:               in.PreventUserExistenceErrors,
		EnableTokenRevocation:                    in.EnableTokenRevocation,
		EnablePropagateAdditionalUserContextData: in.EnablePropagateAdditionalUserContextData,
		AuthSessionValidity:                      in.AuthSessionValidity,
		RefreshTokenRotation:                     in.RefreshTokenRotation,
	}
}

// checkFlows refuses flows of two generations in one client, and refreshing in two ways.
func checkFlows(c *client.Client) error {
	flows := c.Doc.ExplicitAuthFlows
	for _, flow := range flows {
		if client.Legacy(flow) != client.Legacy(flows[0]) {
			return cognitoidp.InvalidParameter("Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.")
		}
	}
	rotates, _ := c.Rotates()
	if rotates && slices.Contains(flows, cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth) {
		return cognitoidp.InvalidParameter("ALLOW_REFRESH_TOKEN_AUTH cannot be used with refresh token rotation.")
	}
	return nil
}

// checkValidity checks how long tokens live (docs/cognito/tokens.md, "Lifetimes").
func checkValidity(c *client.Client) error {
	const day = 24 * time.Hour
	access, idToken, refresh := c.AccessTTL(), c.IDTTL(), c.RefreshTTL()
	if outside(access, 5*time.Minute, day) || outside(idToken, 5*time.Minute, day) || outside(refresh, time.Hour, 3650*day) {
		return cognitoidp.InvalidParameter("Invalid range for token validity.")
	}
	if access > refresh || idToken > refresh {
		return cognitoidp.InvalidParameter("Access and Id Token expiration times must be less than or equal to refresh token expiration times.")
	}
	return nil
}

func outside(d, least, most time.Duration) bool { return d < least || d > most }

func checkContext(c *client.Client) error {
	if *c.Doc.EnablePropagateAdditionalUserContextData && !c.HasSecret() {
		return cognitoidp.InvalidParameter("Client Secret is required to set EnablePropagateAdditionalUserContextData as true")
	}
	return nil
}

func checkAnalytics(c *client.Client) error {
	analytics := c.Doc.AnalyticsConfiguration
	if analytics == nil {
		return nil
	}
	byARN := analytics.ApplicationArn != ""
	byID := analytics.ApplicationId != "" && analytics.RoleArn != "" && analytics.ExternalId != ""
	someID := analytics.ApplicationId != "" || analytics.RoleArn != "" || analytics.ExternalId != ""
	if byARN && !someID || byID && !byARN {
		return nil
	}
	return cognitoidp.InvalidParameter("Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid")
}

// given makes an empty list an absent one.
func given(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func orElse(value, def string) string {
	if value == "" {
		return def
	}
	return value
}

func orDefault[T any](value *T, def T) *T {
	if value == nil {
		return &def
	}
	return value
}
