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

// UserInfo answers what the scopes of an access token of the pool show of its user, as an object in JSON. All is text, as
// Cognito has it, but in strict pools.
func (s *Service) UserInfo(ctx context.Context, name id.Pool, accessToken string) (any, error) {
	claims, err := s.Tokens.Authenticate(ctx, accessToken)
	if err != nil {
		return nil, err
	}
	var who *access.Subject
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		who, err = s.Tokens.Admit(tx, claims)
		return err
	})
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
