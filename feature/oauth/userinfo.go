package oauth

import (
	"context"
	"errors"
	"slices"

	"cardea/engine/access"
	"cardea/engine/scope"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/id"
)

// ErrNotOpenID says that an access token lacks the scope that the userInfo endpoint needs.
var ErrNotOpenID = errors.New("the access token lacks the scope " + scope.OpenID)

// Shown is an access token as a request shows it.
type Shown struct {
	Token  string
	Bound  bool // by the scheme DPoP, which comes with a proof
	Holder Holder
}

// UserInfo answers what the scopes of an access token of the pool show of its user, as an object in JSON. All is text, as
// Cognito has it, but in strict pools. A token that is bound to a key needs a proof of the key, and no other token may come with
// one.
func (s *Service) UserInfo(ctx context.Context, name id.Pool, shows Shown) (any, error) {
	who, err := s.user(ctx, shows)
	switch {
	case err != nil:
		return nil, err
	case who.Pool.ID != name:
		return nil, token.ErrInvalidAccess
	case !slices.Contains(who.Scopes, scope.OpenID):
		return nil, ErrNotOpenID
	}

	shown := token.Shown(who.Client, who.User, who.Scopes)
	shown["sub"], shown["username"] = string(who.User.Sub), who.User.Username
	if who.Pool.Follows(pool.Strict) {
		return token.Typed(shown), nil
	}
	return shown, nil
}

// user finds the user of an access token.
func (s *Service) user(ctx context.Context, shows Shown) (who *access.Subject, err error) {
	if !shows.Bound {
		claims, err := s.Tokens.Authenticate(ctx, shows.Token)
		if err != nil {
			return nil, err
		}
		err = s.DB.ReadAtOnce(ctx, func(tx *db.Tx) error {
			who, err = s.Tokens.Admit(tx, claims)
			return err
		})
		return who, err
	}
	proof, err := s.check(shows.Holder, shows.Token)
	if err != nil {
		return nil, err
	}
	claims, err := s.Tokens.AuthenticateHolder(ctx, shows.Token, proof)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if who, err = s.Tokens.Admit(tx, claims); err != nil {
			return err
		}
		return token.Spend(tx, who.Pool.ID, proof)
	})
	return who, err
}
