package federated

import (
	"context"
	"errors"

	"cardea/engine/identitytoken"
)

// verifyOwn verifies a token that this server has made for an identity of the pool, where those are accepted.
func (v *Verifier) verifyOwn(ctx context.Context, l Login) (*Token, error) {
	if !l.Own {
		return nil, ErrOwnToken
	}
	t, err := v.own(ctx, l.Token)
	if err != nil {
		return nil, err
	}
	if t.Audience != l.Pool.IdentityPoolId {
		return nil, ErrUnsupported
	}
	return t, nil
}

// own verifies a token of any identity pool of this server.
func (v *Verifier) own(ctx context.Context, jwt string) (*Token, error) {
	r, err := readToken(jwt)
	if err != nil {
		return nil, err
	}
	if r.text("iss") != v.Identities.Issuer() {
		return nil, ErrIssuer
	}
	c, err := v.Identities.Verify(ctx, jwt)
	switch {
	case errors.Is(err, identitytoken.ErrExpired):
		expired, _ := r.seconds("exp")
		return nil, &ExpiredError{expired, v.DB.Now().Unix()}
	case errors.Is(err, identitytoken.ErrForged):
		return nil, ErrSignature
	case err != nil:
		return nil, err
	}
	return &Token{
		Provider: Own, Subject: c.Identity, Audience: c.Pool, Claims: r.all(), Expires: c.Expires.Unix(),
		Own: &OwnClaims{Methods: c.Methods, Tags: c.Tags, Transitive: c.Transitive},
	}, nil
}
