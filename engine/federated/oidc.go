package federated

import (
	"context"
	"errors"
	"slices"
	"strings"

	"cardea/outbound/upstream"
	"cardea/platform/db"
	"cardea/record/trustprovider"
)

// signer is an issuer of ID tokens besides the server's own user pools.
type signer struct {
	name   string // canonical
	arn    string // in IAM; empty: it needs no provider there
	issuer func(iss string) (url string, ok bool)
	client func(client string) bool
}

// web verifies an ID token by the keys that its issuer publishes, which are fetched only for a token that is right but for its
// signature.
func (v *Verifier) web(ctx context.Context, s signer, jwt string) (*Token, error) {
	key := keyOf(s.name, jwt)
	if known := v.verified.get(key, v.DB.Now()); known != nil && known.ARN == s.arn && s.client(known.Audience) {
		return known, nil
	}
	r, err := readToken(jwt)
	if err != nil {
		return nil, err
	}
	issuer, ok := s.issuer(r.text("iss"))
	if !ok {
		return nil, ErrIssuer
	}
	audience, err := r.audience(s.client)
	if err != nil {
		return nil, err
	}
	subject := r.text("sub")
	if !names(subject) {
		return nil, ErrNotIdentity
	}
	expires, err := r.checkTimes(v.DB.Now(), Skew)
	if err != nil {
		return nil, err
	}
	if err := v.Upstream.CheckSignature(ctx, issuer, jwt); err != nil {
		return nil, v.unverified(s.name, err)
	}
	made := &Token{
		Provider: s.name, ARN: s.arn, Subject: subject, Audience: audience, Detail: s.name + ":" + audience + ":" + subject,
		Claims: r.all(), Expires: expires,
	}
	if s.arn != "" {
		made.Detail = s.arn + ":OIDC:" + subject
	}
	v.verified.put(key, made, v.DB.Now(), len(jwt))
	return made, nil
}

// unverified gives the condition for a token whose issuer's keys do not verify it, or cannot be read.
func (v *Verifier) unverified(provider string, err error) error {
	failed, ok := errors.AsType[*upstream.Error](err)
	switch {
	case !ok:
		return err
	case failed.Unreached || errors.Is(err, upstream.ErrKeys):
		return &UnreachableError{provider, err}
	}
	return ErrSignature
}

// verifyOIDC verifies a login at an OIDC provider that the identity pool names. It answers ErrUnsupported for one that IAM does not
// have any more.
func (v *Verifier) verifyOIDC(ctx context.Context, name, arn string, l Login) (*Token, error) {
	p, err := v.provider(ctx, arn)
	if err != nil {
		return nil, err
	}
	if p == nil || p.Kind != trustprovider.OIDC {
		return nil, ErrUnsupported
	}
	return v.web(ctx, v.registered(p, name), l.Token)
}

// registered is a provider of IAM.
func (v *Verifier) registered(p *trustprovider.Provider, name string) signer {
	return signer{
		name: name, arn: p.ARN,
		issuer: func(iss string) (string, bool) { return iss, v.isIssuer(iss, p.Doc.URL) },
		client: func(client string) bool { return slices.Contains(p.Doc.ClientIDs, client) },
	}
}

// isIssuer reports whether an issuer is that of a provider, whose URL has no scheme. A slash at the end makes no other issuer.
func (v *Verifier) isIssuer(iss, provider string) bool {
	rest, ok := strings.CutPrefix(iss, "https://")
	if !ok && v.PlainHTTP {
		rest, ok = strings.CutPrefix(iss, "http://")
	}
	return ok && rest != "" && WithoutSlash(rest) == WithoutSlash(withoutScheme(provider))
}

// oidcARN finds the ARN by which an identity pool names the OIDC provider of a login, whose name has no slash at its end.
func oidcARN(arns []string, name string) (string, bool) {
	for _, arn := range arns {
		if url, ok := resource(arn, "oidc-provider"); ok && WithoutSlash(url) == name {
			return arn, true
		}
	}
	return "", false
}

// provider finds a provider of IAM; nil: there is none. What it answers is shared.
func (v *Verifier) provider(ctx context.Context, arn string) (*trustprovider.Provider, error) {
	return v.providers.Get(ctx, arn, func(tx *db.Tx) (*trustprovider.Provider, error) {
		p, err := trustprovider.Get(tx, arn)
		if isNotFound(err) {
			return nil, nil
		}
		return p, err
	})
}
