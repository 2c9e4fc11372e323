package federated

import (
	"slices"
	"strings"

	"cardea/spec/id"
)

// Names of providers that need no configuration in IAM, and of identity pools themselves.
const (
	Own      = "cognito-identity.amazonaws.com"
	Google   = "accounts.google.com"
	Apple    = "appleid.apple.com"
	Facebook = "graph.facebook.com"
	Amazon   = "www.amazon.com"
	Twitter  = "api.twitter.com"
	Digits   = "www.digits.com"
)

// Canonical is the one name of a provider that may be called by several: a user pool of this server by its issuer without the scheme,
// or as AWS names it (docs/cognito/credentials.md, "Logins"). Names of others are their own.
func (v *Verifier) Canonical(provider string) string {
	bare := withoutScheme(provider)
	pool := poolIn(bare)
	if !pool.Valid() {
		return provider
	}
	if slices.Contains(v.spellings(pool), bare) {
		return userPoolName(pool)
	}
	return provider
}

// WithoutSlash is the one name of an OIDC provider, which may be called with a slash at its end and without: its users have one
// identity, however they call it.
func WithoutSlash(provider string) string { return strings.TrimSuffix(provider, "/") }

// userPoolName is the canonical name of a user pool.
func userPoolName(pool id.Pool) string {
	return "cognito-idp." + pool.Region() + ".amazonaws.com/" + string(pool)
}

// isUserPool reports whether a canonical name has the form of a user pool's.
func isUserPool(name string) bool {
	pool := poolIn(name)
	return pool.Valid() && name == userPoolName(pool)
}

// poolIn is the last part of a name, which may be the id of a user pool.
func poolIn(name string) id.Pool { return id.Pool(name[strings.LastIndexByte(name, '/')+1:]) }

func withoutScheme(address string) string {
	for _, scheme := range []string{"https://", "http://"} {
		if rest, found := strings.CutPrefix(address, scheme); found {
			return rest
		}
	}
	return address
}
