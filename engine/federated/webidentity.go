package federated

import (
	"context"
	"slices"
	"strings"

	"cardea/record/trustprovider"
	"cardea/spec/id"
)

// maxIssuer bounds the issuers that are looked for in IAM, in bytes.
const maxIssuer = 255

// VerifyWebIdentity verifies a token for STS: that of an identity pool of this server, an ID token of an OIDC provider of IAM or of
// Google, or an access token of Facebook or Amazon if provider names that. Whom the token was made for is judged by the trust policy of
// the role where IAM has no provider: Audience says it.
//
// Provider of the token is how trust policies call it in condition keys, and ARN, unless it is empty, how they name it as the
// principal. User pools of this server have to be registered in IAM as others do, and are not asked for over the network either.
func (v *Verifier) VerifyWebIdentity(ctx context.Context, provider, given string) (*Token, error) {
	v.caches()
	switch provider {
	case "", Google, Own:
	case Facebook, Amazon:
		return v.access(ctx, provider, given, func(app string) bool { return app != "" })
	default:
		return nil, ErrUnbuilt
	}
	r, err := readToken(given)
	if err != nil {
		return nil, err
	}
	iss := r.text("iss")
	if len(iss) > maxIssuer || !names(iss) {
		return nil, ErrNotIdentity
	}
	if iss == v.Identities.Issuer() {
		return v.own(ctx, given)
	}
	if name := v.Canonical(iss); isUserPool(name) {
		local, err := v.local(ctx, poolIn(name))
		if err != nil {
			return nil, err
		}
		if local {
			return v.webUserPool(ctx, name, given)
		}
	}
	return v.webOIDC(ctx, iss, given)
}

// webOIDC verifies a token of a provider that is found by its issuer.
func (v *Verifier) webOIDC(ctx context.Context, iss, given string) (*Token, error) {
	name := withoutScheme(iss)
	for _, url := range []string{name, strings.TrimSuffix(name, "/")} {
		p, err := v.provider(ctx, v.Account.IAM("oidc-provider/"+url))
		if err != nil {
			return nil, err
		}
		if p != nil && p.Kind == trustprovider.OIDC {
			return v.web(ctx, v.registered(p, withoutScheme(p.Doc.URL)), given)
		}
	}
	if google := v.google(func(string) bool { return true }); google.isFor(iss) {
		return v.web(ctx, google, given)
	}
	return nil, ErrNoProvider
}

func (s signer) isFor(iss string) bool {
	_, ok := s.issuer(iss)
	return ok
}

// webUserPool verifies an ID token of a user pool of this server that IAM has as an OIDC provider, by any of its names.
func (v *Verifier) webUserPool(ctx context.Context, name, given string) (*Token, error) {
	for _, spelling := range v.spellings(poolIn(name)) {
		p, err := v.provider(ctx, v.Account.IAM("oidc-provider/"+spelling))
		if err != nil {
			return nil, err
		}
		if p == nil || p.Kind != trustprovider.OIDC {
			continue
		}
		found, err := v.userPool(ctx, name, given, userPoolRules{
			accepts: func(client string) bool { return slices.Contains(p.Doc.ClientIDs, client) },
			admit:   func() bool { return false },
		})
		if err != nil {
			return nil, err
		}
		registered := *found
		registered.Provider, registered.ARN = spelling, p.ARN
		return &registered, nil
	}
	return nil, ErrNoProvider
}

// spellings are the names of a user pool that an OIDC provider of IAM may have.
func (v *Verifier) spellings(pool id.Pool) []string {
	return []string{userPoolName(pool), "issuer-" + userPoolName(pool), withoutScheme(v.Names.Issuer(pool)), withoutScheme(v.Names.Public(pool))}
}
