package client

import (
	"slices"
	"strings"
	"time"

	"cardea/spec/cognitoidp"
)

// Lifetimes of tokens and sign-in sessions when the client has no setting.
const (
	defaultTokenTTL   = time.Hour
	defaultRefreshTTL = 30 * 24 * time.Hour
	defaultSessionTTL = 3 * time.Minute
)

// defaultSSOMinutes is for how many minutes after a sign-in the client reuses its single sign-on session.
const defaultSSOMinutes = 60

// Allows tells whether the client may use a sign-in flow, named as ExplicitAuthFlows names it today
// ("ALLOW_USER_SRP_AUTH"). A client without flows of its own has SRP, custom and refresh; so has one with the legacy
// names, which add to these (docs/cognito/pools-and-clients.md, "Sign-in flows of a client").
func (c *Client) Allows(flow string) bool {
	if rotates, _ := c.Rotates(); rotates && flow == cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth {
		return false // rotation has an operation of its own, GetTokensFromRefreshToken
	}

	given := c.Doc.ExplicitAuthFlows
	if len(given) > 0 && !Legacy(given[0]) {
		return slices.Contains(given, flow)
	}
	switch flow {
	case cognitoidp.ExplicitAuthFlowsTypeAllowUserSrpAuth:
		return !slices.Contains(given, cognitoidp.ExplicitAuthFlowsTypeCustomAuthFlowOnly)
	case cognitoidp.ExplicitAuthFlowsTypeAllowCustomAuth, cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth:
		return true
	case cognitoidp.ExplicitAuthFlowsTypeAllowUserPasswordAuth:
		return slices.Contains(given, cognitoidp.ExplicitAuthFlowsTypeUserPasswordAuth)
	case cognitoidp.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth:
		return slices.Contains(given, cognitoidp.ExplicitAuthFlowsTypeAdminNoSrpAuth)
	}
	return false
}

// Grants tells whether the client may use an OAuth grant, named as AllowedOAuthFlows names it: "code", "implicit" or
// "client_credentials".
func (c *Client) Grants(flow string) bool {
	enabled := c.Doc.AllowedOAuthFlowsUserPoolClient
	return enabled != nil && *enabled && slices.Contains(c.Doc.AllowedOAuthFlows, flow)
}

// Local is the name of the pool itself among the identity providers of a client.
const Local = "COGNITO"

// Offers tells whether the client's users may come from an identity provider. One that lists none has users of the pool alone.
func (c *Client) Offers(provider string) bool {
	own := c.Doc.SupportedIdentityProviders
	return slices.Contains(own, provider) || len(own) == 0 && provider == Local
}

// SelfRegistered tells whether the app has registered itself: nobody who runs the pool may have looked at it.
func (c *Client) SelfRegistered() bool { return c.Doc.ClientType == cognitoidp.ClientTypeTypeDcr }

// IsServer tells whether the app is a server of whoever runs the pool, which speaks for its users: it has a secret, and has not
// given it to itself.
func (c *Client) IsServer() bool { return c.HasSecret() && !c.SelfRegistered() }

// Legacy tells whether a name in ExplicitAuthFlows is of the first generation, without the prefix ALLOW_.
func Legacy(flow string) bool {
	return !strings.HasPrefix(flow, "ALLOW_")
}

// HidesUsers tells whether answers must not show who has an account (PreventUserExistenceErrors=ENABLED).
func (c *Client) HidesUsers() bool {
	return c.Doc.PreventUserExistenceErrors == cognitoidp.PreventUserExistenceErrorTypesEnabled
}

// Forwards tells whether the app may forward the addresses of its users: it must be a server, which proves itself by a
// secret.
func (c *Client) Forwards() bool {
	return c.Doc.EnablePropagateAdditionalUserContextData != nil && *c.Doc.EnablePropagateAdditionalUserContextData && c.HasSecret()
}

// Revocable tells whether the client's tokens can be revoked. They can unless the setting was switched off.
func (c *Client) Revocable() bool {
	return c.Doc.EnableTokenRevocation == nil || *c.Doc.EnableTokenRevocation
}

// Rotates tells whether every refresh gives a new refresh token, and for how long the old one stays good.
func (c *Client) Rotates() (rotates bool, grace time.Duration) {
	rotation := c.Doc.RefreshTokenRotation
	if rotation == nil || rotation.Feature != cognitoidp.FeatureTypeEnabled {
		return false, 0
	}
	if rotation.RetryGracePeriodSeconds != nil {
		grace = time.Duration(*rotation.RetryGracePeriodSeconds) * time.Second
	}
	return true, grace
}

// AccessTTL is how long an access token lives.
func (c *Client) AccessTTL() time.Duration {
	return ttl(c.Doc.AccessTokenValidity, c.units().AccessToken, time.Hour, defaultTokenTTL)
}

// IDTTL is how long an ID token lives.
func (c *Client) IDTTL() time.Duration {
	return ttl(c.Doc.IdTokenValidity, c.units().IdToken, time.Hour, defaultTokenTTL)
}

// RefreshTTL is how long a refresh token lives, and with it the session that it stands for.
func (c *Client) RefreshTTL() time.Duration {
	return ttl(&c.Doc.RefreshTokenValidity, c.units().RefreshToken, 24*time.Hour, defaultRefreshTTL)
}

// SessionTTL is how long one step of a sign-in may take.
func (c *Client) SessionTTL() time.Duration {
	if c.Doc.AuthSessionValidity == nil {
		return defaultSessionTTL
	}
	return time.Duration(*c.Doc.AuthSessionValidity) * time.Minute
}

// SSOValidity is for how long after a user's last proof the client reuses a single sign-on session of the hosted pages; 0
// is never.
func (c *Client) SSOValidity() time.Duration {
	return time.Duration(*c.SessionConfiguration().SSOSession.MaxValidityMinutes) * time.Minute
}

// SessionConfiguration is the configuration in force, as GetUserPoolClientSessionConfiguration shows it.
func (c *Client) SessionConfiguration() cognitoidp.GetUserPoolClientSessionConfigurationResponse {
	minutes := int64(defaultSSOMinutes)
	if set := c.Sessions.SSOSession; set != nil && set.MaxValidityMinutes != nil {
		minutes = *set.MaxValidityMinutes
	}
	return cognitoidp.GetUserPoolClientSessionConfigurationResponse{
		UserPoolId: string(c.Pool),
		ClientId:   string(c.ID),
		SSOSession: &cognitoidp.ClientSSOSessionConfigType{MaxValidityMinutes: new(minutes)},
	}
}

// CanRead tells whether the app may see an attribute, by its full name ("email", "custom:team"). Without a list of its own
// it sees all but those for developers. It always sees sub.
func (c *Client) CanRead(attribute string) bool {
	if attribute == "sub" {
		return true
	}
	if c.Doc.ReadAttributes == nil {
		return !strings.HasPrefix(attribute, "dev:")
	}
	return slices.Contains(c.Doc.ReadAttributes, attribute)
}

// CanWrite tells whether the app may set an attribute, by its full name. Without a list of its own it writes all but
// those that the pool keeps itself and those for developers.
func (c *Client) CanWrite(attribute string) bool {
	if ServerKept(attribute) || strings.HasPrefix(attribute, "dev:") {
		return false
	}
	if c.Doc.WriteAttributes == nil {
		return true
	}
	return slices.Contains(c.Doc.WriteAttributes, attribute)
}

// ServerKept tells whether an attribute is the pool's own to set: no client may have it among its write attributes.
func ServerKept(attribute string) bool {
	switch attribute {
	case "sub", "email_verified", "phone_number_verified", "identities":
		return true
	}
	return false
}

func (c *Client) units() cognitoidp.TokenValidityUnitsType {
	if c.Doc.TokenValidityUnits == nil {
		return cognitoidp.TokenValidityUnitsType{}
	}
	return *c.Doc.TokenValidityUnits
}

// ttl reads a number and its unit; an absent unit is the member's own, an absent or zero number the default.
func ttl(validity *int64, unit string, implied, def time.Duration) time.Duration {
	if validity == nil || *validity == 0 {
		return def
	}
	return time.Duration(*validity) * Unit(unit, implied)
}

// Unit gives the length of a unit of TokenValidityUnits, implied when none is named.
func Unit(name string, implied time.Duration) time.Duration {
	switch name {
	case cognitoidp.TimeUnitsTypeSeconds:
		return time.Second
	case cognitoidp.TimeUnitsTypeMinutes:
		return time.Minute
	case cognitoidp.TimeUnitsTypeHours:
		return time.Hour
	case cognitoidp.TimeUnitsTypeDays:
		return 24 * time.Hour
	}
	return implied
}
