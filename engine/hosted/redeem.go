package hosted

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/lockout"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/platform/audit"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/authcode"
	"cardea/record/session"
	"cardea/record/ssosession"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/dpop"
	"cardea/spec/id"
	"cardea/spec/oauth2"
	"cardea/spec/triggerevent"
)

// ErrCode says that an authorization code gives no tokens: it is unknown, used, expired, another client's, for another
// address or of another verifier, or its user or their single sign-on session has been signed out since.
var ErrCode = errors.New("the authorization code gives no tokens")

// retry is how long after its use a code may come again with the right verifier without harm: the same instance of an app
// sends it twice.
const retry = 10 * time.Second

// Exchange is a client, which has proven itself, with a code.
type Exchange struct {
	access.App
	Code        string
	RedirectURI string
	Verifier    string      // of PKCE; empty: none
	Key         *dpop.Proof // of the key that the tokens are bound to; nil: none
}

// mismatchError says that a code is unknown or not for this exchange. The code stays as it is, whoever shows it, and the
// caller's address has made a wrong guess.
type mismatchError struct{}

func (mismatchError) Error() string { return "the authorization code is not for this exchange" }

// reusedError says that a code was used before, by the same client with the same address and verifier.
type reusedError struct {
	code *authcode.Code
}

func (reusedError) Error() string { return "the authorization code was used before" }

// Redeem gives the tokens of a code. It answers ErrCode, the conditions of account.Active, and those of the client and of
// PreTokenGeneration, which is asked only for a code that could be redeemed, and whose failure leaves the code good.
//
// A code that comes again, in an exchange that would have been right, ends the session that it gave, since one of two holders
// has stolen it; but not within seconds and with the verifier, which a thief does not have. In any other exchange it changes
// nothing: who reads a code in a log can neither redeem it nor use it up, nor sign its user out.
func (s *Server) Redeem(ctx context.Context, x Exchange) (*cognitoidp.AuthenticationResultType, error) {
	overrides, err := s.ask(ctx, x)
	if err != nil {
		return nil, s.refuse(ctx, x.Pool.ID, err)
	}
	var made *token.Opened
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		made, err = s.open(tx, x, overrides)
		return err
	})
	if err != nil {
		return nil, s.refuse(ctx, x.Pool.ID, err)
	}
	return s.Tokens.Sign(ctx, made)
}

// ask asks what the tokens are to say, if there is a function to be asked and the code looks good.
func (s *Server) ask(ctx context.Context, x Exchange) (*trigger.Overrides, error) {
	if !trigger.Configured(x.Pool.Doc.LambdaConfig, triggerevent.PreTokenGeneration) {
		return nil, nil
	}
	var c *authcode.Code
	var u *user.User
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		c, u, err = find(tx, x)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.Tokens.Customize(ctx, token.Customization{
		App: x.App, User: u, Kind: session.OAuth, Scopes: c.Doc.Scopes, Occasion: triggerevent.HostedAuth,
	})
}

// open uses the code up and makes its session, both or neither.
func (s *Server) open(tx *db.Tx, x Exchange, overrides *trigger.Overrides) (*token.Opened, error) {
	app, err := s.Apps.FindIn(tx, string(x.Pool.ID), string(x.Client.ID))
	if err != nil {
		return nil, err
	}
	if err := app.MayUse(cognitoidp.OAuthFlowTypeCode); err != nil {
		return nil, err
	}
	c, u, err := find(tx, x)
	if err != nil {
		return nil, err
	}

	name := id.NewOrderedUUID(tx.Now)
	err = authcode.Use(tx, c, name)
	if errors.Is(err, db.ErrStale) {
		return nil, ErrCode
	}
	if err != nil {
		return nil, err
	}
	return s.Tokens.Open(tx, token.Grant{
		App: app, User: u, Kind: session.OAuth, Session: name,
		Scopes: c.Doc.Scopes, Nonce: c.Doc.Nonce, Level: c.Doc.Level, Resource: c.Doc.Resource, SSO: c.Doc.SSO,
		Proofs: c.Doc.Proofs, AuthTime: c.Doc.AuthTime, Key: x.Key, Overrides: overrides, From: caller.From(tx.Context()),
	})
}

// find finds the code of an exchange and its user, if it may be redeemed.
func find(tx *db.Tx, x Exchange) (*authcode.Code, *user.User, error) {
	c, err := authcode.Get(tx, x.Pool.ID, id.Digest(x.Code))
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, mismatchError{}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("get authorization code: %w", err)
	}
	switch {
	case c.Client != x.Client.ID, !returns(c.Doc, x.RedirectURI), !oauth2.Verifies(c.Doc.Challenge, x.Verifier), !x.holds(c.Doc.JKT):
		return nil, nil, mismatchError{}
	case !c.Used.IsZero():
		return nil, nil, reusedError{c}
	case !tx.Now.Before(c.Expires), x.Pool.Outlived(c.Doc.AuthTime):
		return nil, nil, ErrCode
	}

	u, err := stillSignedIn(tx, signedIn{c.Pool, c.Sub, c.Created, c.Doc.PasswordSet, c.Doc.SSO, c.Doc.Proofs})
	return c, u, err
}

// signedIn is a sign-in at the pages whose tokens are still to be made.
type signedIn struct {
	pool        id.Pool
	sub         id.Sub
	at          time.Time
	passwordSet time.Time // the user's, then
	sso         string    // the single sign-on session; empty: none
	proofs      []factor.Proof
}

// stillSignedIn finds the user of a sign-in. It answers ErrCode when they, or their single sign-on session, have been signed
// out since, or their password was changed, and the conditions of account.Active.
func stillSignedIn(tx *db.Tx, in signedIn) (*user.User, error) {
	u, err := user.Get(tx, in.pool, in.sub)
	if errors.Is(err, db.ErrNotFound) {
		return nil, ErrCode
	}
	if err != nil {
		return nil, fmt.Errorf("get user: %w", err)
	}
	audit.About(tx.Context(), string(u.Pool), string(u.Sub))
	if !in.at.After(u.SignedOut) || !in.passwordSet.Equal(u.PasswordSet) {
		return nil, ErrCode
	}
	if in.sso != "" {
		_, err := ssosession.Get(tx, in.pool, in.sso)
		if errors.Is(err, db.ErrNotFound) {
			return nil, ErrCode
		}
		if err != nil {
			return nil, err
		}
	}
	return u, account.Active(u, factor.ByProvider(in.proofs))
}

// holds reports whether the client has proven to hold the key that the code is bound to (RFC 9449 §10).
func (x Exchange) holds(key string) bool { return key == "" || x.Key != nil && x.Key.Key == key }

// returns reports whether an exchange names the address to which the code was sent. It may leave out what the authorization
// request had left out (RFC 6749 §4.1.3).
func returns(doc authcode.Doc, given string) bool {
	return given == doc.RedirectURI || given == "" && doc.Implied
}

// refuse does what a refused exchange brings with it, and gives the condition.
func (s *Server) refuse(ctx context.Context, pool id.Pool, err error) error {
	if _, ok := errors.AsType[mismatchError](err); ok {
		guesses := lockout.GuessesOf(ctx)
		if err := s.DB.Write(ctx, func(tx *db.Tx) error { return guesses.Fail(tx, pool) }); err != nil {
			return fmt.Errorf("count a wrong authorization code: %w", err)
		}
		return ErrCode
	}
	reused, ok := errors.AsType[reusedError](err)
	if !ok {
		return err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if reused.code.Doc.Challenge != "" && tx.Now.Sub(reused.code.Used) < retry {
			return nil
		}
		return session.Revoke(tx, pool, reused.code.Session)
	})
	if err != nil {
		return fmt.Errorf("end the session of a reused authorization code: %w", err)
	}
	return ErrCode
}
