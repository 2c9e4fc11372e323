package federated

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"cardea/engine/identitytoken"
	"cardea/engine/issuer"
	"cardea/engine/token"
	"cardea/outbound/upstream"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/trustprovider"
	"cardea/spec/arn"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// Verifier verifies logins. Its methods may be called at once by many.
type Verifier struct {
	DB         *db.DB
	Names      issuer.Names
	Region     string
	Account    arn.Account
	Tokens     *token.Minter    // of the server's user pools
	Upstream   *upstream.Client // calls the other providers
	Identities *identitytoken.Minter
	Social     Social
	PlainHTTP  bool // whether issuers may be without TLS

	once      sync.Once
	pools     *db.Cache[bool]
	ended     *db.Cache[time.Time] // when all sessions of a user pool were ended
	providers *db.Cache[*trustprovider.Provider]
	saml      *db.Cache[*samlProvider]
	verified  *verified
}

// Login is a token that somebody shows as a login.
type Login struct {
	Provider string // by any of its names: a key of Logins
	Token    string
	// Pool says which providers are accepted.
	Pool *cognitoidentity.IdentityPool
	// Own admits a token that this server has made for an identity of Pool.
	Own bool
}

// maxKnown is how many user pools, and how many providers, are remembered.
const maxKnown = 10_000

// caches makes them at the first use. A change of a provider in IAM holds within a second on every node.
func (v *Verifier) caches() {
	v.once.Do(func() {
		v.pools = &db.Cache[bool]{DB: v.DB, Table: pool.Table, Age: issuer.Remembered, Max: maxKnown}
		v.ended = &db.Cache[time.Time]{DB: v.DB, Table: pool.Table, Age: second, Max: maxKnown}
		v.providers = &db.Cache[*trustprovider.Provider]{DB: v.DB, Table: trustprovider.Table, Age: second, Max: maxKnown}
		v.saml = &db.Cache[*samlProvider]{DB: v.DB, Table: trustprovider.Table, Age: second, Max: maxKnown}
		v.verified = &verified{}
	})
}

// Verify verifies a login of an identity pool. A user pool of this server is never asked for over the network, and no provider
// that is registered in IAM takes its place. What can be judged without a signature, and without asking anybody, is judged first.
//
// It answers the conditions of this package.
func (v *Verifier) Verify(ctx context.Context, l Login) (*Token, error) {
	v.caches()
	name := WithoutSlash(v.Canonical(l.Provider))
	switch {
	case name == Own:
		return v.verifyOwn(ctx, l)
	case isUserPool(name):
		local, err := v.local(ctx, poolIn(name))
		if err != nil {
			return nil, err
		}
		if local {
			return v.verifyOfPool(ctx, l, name)
		}
	case slices.Contains(l.Pool.SamlProviderARNs, name):
		return v.verifySAML(ctx, name, l.Token)
	}
	if arn, registered := oidcARN(l.Pool.OpenIdConnectProviderARNs, name); registered {
		return v.verifyOIDC(ctx, name, arn, l)
	}
	if app, configured := l.Pool.SupportedLoginProviders[name]; configured {
		return v.verifySocial(ctx, name, app, l.Token)
	}
	return nil, notConfigured(l.Pool)
}

// notConfigured is the condition for a provider that a pool does not name: a pool that names none at all has others' logins alone.
func notConfigured(p *cognitoidentity.IdentityPool) error {
	if len(p.CognitoIdentityProviders)+len(p.SupportedLoginProviders)+len(p.OpenIdConnectProviderARNs)+len(p.SamlProviderARNs) == 0 {
		return ErrNoProvider
	}
	return ErrUnsupported
}

// local reports whether this server has a user pool.
func (v *Verifier) local(ctx context.Context, name id.Pool) (bool, error) {
	return v.pools.Get(ctx, string(name), func(tx *db.Tx) (bool, error) {
		_, err := pool.Get(tx, name)
		if isNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
}

// resource is the part of a provider's ARN that names it: "saml-provider/name".
func resource(provider, kind string) (string, bool) {
	parsed, ok := arn.Parse(provider)
	if !ok || parsed.Service != "iam" {
		return "", false
	}
	return strings.CutPrefix(parsed.Resource, kind+"/")
}
