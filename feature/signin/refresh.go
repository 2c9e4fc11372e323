package signin

import (
	"cardea/engine/token"
	"cardea/record/user"
)

// beginRefresh is REFRESH_TOKEN_AUTH: no proof, but new tokens for an old session.
func beginRefresh(t *turn) (*Outcome, error) {
	tokens, err := t.Tokens.Refresh(t.ctx, token.RefreshRequest{
		App: t.App, RefreshToken: t.given["REFRESH_TOKEN"], DeviceKey: t.given["DEVICE_KEY"],
		Metadata: t.metadata, From: t.from, Check: t.proveClientFor,
	})
	if err != nil {
		return nil, err
	}
	return &Outcome{Tokens: tokens, Parameters: map[string]string{}}, nil
}

// proveClientFor checks a refresh's SECRET_HASH. There is no USERNAME: the hash is over the user's name or sub, and some
// clients only know the one, some the other (02-auth-flows §1).
func (t *turn) proveClientFor(u *user.User) error {
	if t.proveClient(u.Username) == nil {
		return nil
	}
	return t.proveClient(string(u.Sub))
}
