package federated

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardea/engine/account"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// verifyOfPool verifies an ID token of a user pool of this server for an identity pool, which names the pool and the client.
func (v *Verifier) verifyOfPool(ctx context.Context, l Login, name string) (*Token, error) {
	check := false
	return v.userPool(ctx, name, l.Token, userPoolRules{
		accepts: func(client string) bool {
			p := v.configured(l.Pool, name, client)
			check = p != nil && p.ServerSideTokenCheck != nil && *p.ServerSideTokenCheck
			return p != nil
		},
		admit: func() bool { return check },
	})
}

// configured finds the entry of an identity pool for a client of a user pool; nil: there is none.
func (v *Verifier) configured(p *cognitoidentity.IdentityPool, name, client string) *cognitoidentity.CognitoIdentityProvider {
	for i := range p.CognitoIdentityProviders {
		one := &p.CognitoIdentityProviders[i]
		if one.ClientId == client && v.Canonical(one.ProviderName) == name {
			return one
		}
	}
	return nil
}

// userPoolRules are what depends on who asks about an ID token of a user pool.
type userPoolRules struct {
	accepts func(client string) bool
	admit   func() bool // whether the user has to be signed in still; asked after accepts
}

// userPool verifies an ID token of a user pool of this server.
func (v *Verifier) userPool(ctx context.Context, name, jwt string, rules userPoolRules) (*Token, error) {
	t, err := v.issued(ctx, name, jwt, rules)
	if err != nil {
		return nil, err
	}
	if err := v.lasts(ctx, poolIn(name), jwt); err != nil {
		return nil, err
	}
	return t, nil
}

// lasts answers ErrEnded for a verified token of a sign-in that was ended with all of its pool's. A token has the sign-in in whole
// seconds: of those in the second of the end the session tells.
func (v *Verifier) lasts(ctx context.Context, of id.Pool, jwt string) error {
	ended, err := v.ended.Get(ctx, string(of), func(tx *db.Tx) (time.Time, error) {
		p, err := pool.Get(tx, of)
		if err != nil {
			return time.Time{}, err
		}
		return p.SignedOut, nil
	})
	if isNotFound(err) {
		return ErrEnded // with the pool
	}
	if err != nil || ended.IsZero() {
		return err
	}
	r, err := readToken(jwt)
	if err != nil {
		return err
	}
	signIn, _ := r.seconds("auth_time") // one without is older than all
	expires, _ := r.seconds("exp")
	switch {
	case signIn > ended.Unix():
		return nil
	case signIn < ended.Unix():
		return ErrEnded
	}
	return v.signedIn(ctx, of, r, expires)
}

// issued is userPool for tokens whose sign-in may have ended. Its clock is ours, so that nothing is allowed for a wrong one.
func (v *Verifier) issued(ctx context.Context, name, jwt string, rules userPoolRules) (*Token, error) {
	of, key := poolIn(name), keyOf(name, jwt)
	if known := v.verified.get(key, v.DB.Now()); known != nil && rules.accepts(known.Audience) && !rules.admit() {
		return known, nil
	}
	r, err := readToken(jwt)
	if err != nil {
		return nil, err
	}
	if r.text("iss") != v.Names.Issuer(of) {
		return nil, ErrIssuer
	}
	client := r.text("aud")
	switch {
	case client == "":
		return nil, &ClaimError{"aud"} // an access token
	case r.text("token_use") != "id", !names(r.text("sub")):
		return nil, ErrNotIdentity
	case !rules.accepts(client):
		return nil, ErrUnsupported
	}
	expires, err := r.checkTimes(v.DB.Now(), 0)
	if err != nil {
		return nil, err
	}

	if err := v.Tokens.SignedID(ctx, of, r.token); err != nil {
		return nil, signature(err)
	}
	if rules.admit() {
		if err := v.signedIn(ctx, of, r, expires); err != nil {
			return nil, err
		}
	}
	made := &Token{
		Provider: name, Subject: r.text("sub"), Audience: client, Detail: name + ":CognitoSignIn:" + r.text("sub"),
		Claims: r.all(), Roles: values(r.claims["cognito:roles"]), Preferred: r.text("cognito:preferred_role"), Expires: expires,
	}
	v.verified.put(key, made, v.DB.Now(), len(jwt))
	return made, nil
}

// signature gives ErrSignature for a token that the pool has not signed, and a failure as it is.
func signature(err error) error {
	if errors.Is(err, token.ErrForgedID) {
		return ErrSignature
	}
	return fmt.Errorf("keys of the user pool: %w", err)
}

// signedIn decides whether the user of an ID token is still signed in: ErrEnded.
func (v *Verifier) signedIn(ctx context.Context, pool id.Pool, r *read, expires int64) error {
	err := v.DB.Read(ctx, func(tx *db.Tx) error {
		return v.Tokens.AdmitID(tx, pool, token.IDClaims{
			Sub: id.Sub(r.text("sub")), Client: id.Client(r.text("aud")), Session: r.text("event_id"), Expires: expires,
		})
	})
	for _, ended := range []error{
		token.ErrInvalidAccess, token.ErrExpiredAccess, token.ErrRevokedAccess, account.ErrNoUser, account.ErrDisabled,
	} {
		if errors.Is(err, ended) {
			return ErrEnded
		}
	}
	return err
}
