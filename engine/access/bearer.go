package access

import (
	"slices"

	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// selfService is the scope without which an access token opens none of its user's account.
const selfService = "aws.cognito.signin.user.admin"

// Authenticator admits users by their access tokens.
type Authenticator struct {
	Tokens *token.Minter
}

// Bearer is who an access token stands for. The pool and the client are shared and must not be changed; the user is the
// caller's, as the transaction sees it.
type Bearer struct {
	Pool    *pool.Pool
	Client  *client.Client
	User    *user.User
	Session *session.Session
	Scopes  []string
}

// Bearer admits the bearer of an access token to their own account. It answers the fault to show when the token is not
// good at this moment: forged, expired, revoked, of a user who is disabled or gone, or without the scope.
func (d *Authenticator) Bearer(tx *db.Tx, accessToken string) (*Bearer, error) {
	v, err := d.Tokens.Verify(tx, accessToken)
	if err != nil {
		return nil, err
	}
	scopes := v.Claims.Scopes()
	if !slices.Contains(scopes, selfService) {
		return nil, cognitoidp.NotAuthorized("Access Token does not have required scopes")
	}
	return &Bearer{Pool: v.Pool, Client: v.Client, User: v.User, Session: v.Session, Scopes: scopes}, nil
}
