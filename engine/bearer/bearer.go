package bearer

import (
	"context"
	"errors"
	"slices"

	"cardea/engine/access"
	"cardea/engine/scope"
	"cardea/engine/token"
	"cardea/platform/db"
)

// ErrScope says that an access token lacks the scope that operations on its user's own account need.
var ErrScope = errors.New("the access token lacks the scope " + scope.Self)

// Authenticator finds the user of an access token, for operations on the user's own account.
type Authenticator struct {
	Tokens *token.Minter
}

// Token is an access token that this server signed and that has not expired. Admit checks whether its session, client and
// user still exist and are active.
type Token struct {
	tokens  *token.Minter
	claims  *token.Claims
	visitor Visitor // in the place of claims, for a page's visitor
}

// Authenticate checks form and signature of an access token. It is called before any transaction, so that a
// forged token causes no write transaction. It answers the conditions of token.Minter.Authenticate.
func (a *Authenticator) Authenticate(ctx context.Context, accessToken string) (*Token, error) {
	if visitor := visitorOf(ctx); visitor != nil && accessToken == "" {
		return &Token{visitor: visitor}, nil
	}
	claims, err := a.Tokens.Authenticate(ctx, accessToken)
	if err != nil {
		return nil, err
	}
	return &Token{tokens: a.Tokens, claims: claims}, nil
}

// Admit finds the user of the token, as tx sees them. It answers the conditions of token.Minter.Admit, and ErrScope; for a page's
// visitor, those of the Visitor.
func (t *Token) Admit(tx *db.Tx) (*access.Subject, error) {
	if t.visitor != nil {
		return t.visitor(tx)
	}
	who, err := t.tokens.Admit(tx, t.claims)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(who.Scopes, scope.Self) {
		return nil, ErrScope
	}
	return who, nil
}

// Read runs fn on the user of an access token, in a read transaction. Its errors are those of Authenticate and
// Admit, and fn's.
func (a *Authenticator) Read(ctx context.Context, accessToken string, fn func(tx *db.Tx, who *access.Subject) error) error {
	return a.in(ctx, a.Tokens.DB.Read, accessToken, fn)
}

// ReadUser is Read for what is answered from the user alone, without another look at the database.
func (a *Authenticator) ReadUser(ctx context.Context, accessToken string, fn func(who *access.Subject) error) error {
	return a.in(ctx, a.Tokens.DB.ReadAtOnce, accessToken, func(_ *db.Tx, who *access.Subject) error { return fn(who) })
}

// Write is Read in a write transaction; as with db.Write, fn may run twice.
func (a *Authenticator) Write(ctx context.Context, accessToken string, fn func(tx *db.Tx, who *access.Subject) error) error {
	return a.in(ctx, a.Tokens.DB.Write, accessToken, fn)
}

func (a *Authenticator) in(
	ctx context.Context, transaction func(context.Context, func(*db.Tx) error) error,
	accessToken string, fn func(tx *db.Tx, who *access.Subject) error,
) error {
	t, err := a.Authenticate(ctx, accessToken)
	if err != nil {
		return err
	}
	return transaction(ctx, func(tx *db.Tx) error {
		who, err := t.Admit(tx)
		if err != nil {
			return err
		}
		return fn(tx, who)
	})
}
