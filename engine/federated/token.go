package federated

import (
	"cmp"
	"time"
)

// Token is a verified login.
type Token struct {
	// Provider is the provider's canonical name: "cognito-idp.<region>.amazonaws.com/<pool>" for a user pool of this server,
	// "accounts.google.com" and the like, the ARN of a SAML provider, or an OIDC provider's issuer without its scheme.
	Provider string
	// ARN is that of the provider in IAM; "" for those that need none there.
	ARN      string
	Subject  string // the provider's name for the user
	Audience string // the client that the token was made for: azp if present, else aud
	// Detail is the third entry of amr in tokens of identity pools, such as
	// "cognito-idp.us-east-1.amazonaws.com/us-east-1_abc:CognitoSignIn:<sub>".
	Detail string
	// Claims are all claims, or the attributes of a SAML assertion, as strings; those of several values have several.
	Claims map[string][]string
	// Roles are what the token says of roles: cognito:roles and cognito:preferred_role, or a SAML assertion's.
	Roles     []string
	Preferred string
	Expires   int64 // in Unix seconds
	// Own is what a token of an identity pool says; nil for others.
	Own *OwnClaims
	// Assertion is what a SAML response says besides; nil for others.
	Assertion *Assertion
}

// OwnClaims are what a token of an identity pool says besides its pool, which is Audience, and its identity, which is Subject.
type OwnClaims struct {
	Methods    []string // amr
	Tags       map[string]string
	Transitive []string // keys of the tags that sessions assumed later keep
}

// Assertion is what STS answers of a SAML assertion, and what it goes by.
type Assertion struct {
	ID        string
	Issuer    string
	Recipient string
	NameID    string
	Format    string // of NameID, as the assertion has it
	Qualifier string // of NameID
	// SessionEnds is when the user's session at the provider ends, and those that come of it with it; zero: not said.
	SessionEnds time.Time
}

// Methods is the amr of a session that this login has led to.
func (t *Token) Methods() []string {
	return []string{"authenticated", cmp.Or(t.ARN, t.Provider), t.Detail}
}

// Mapping is the key under which a pool's RoleMappings have the rules for this login.
func (t *Token) Mapping() string {
	if t.userPool() {
		return t.Provider + ":" + t.Audience
	}
	return cmp.Or(t.ARN, t.Provider)
}

// userPool reports whether a user pool of this server has issued the token.
func (t *Token) userPool() bool { return t.ARN == "" && isUserPool(t.Provider) }
