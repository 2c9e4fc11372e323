package signin

import (
	"context"

	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/user"
)

// refresh is REFRESH_TOKEN_AUTH: no proof, but new tokens for an old session.
func (s *Service) refresh(ctx context.Context, in Request, st step) (*Outcome, error) {
	var n *token.Renewal
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		a := newAttempt(s, ctx, in)
		if err := st.load(a, tx); err != nil {
			return err
		}
		n, err = s.Tokens.Look(tx, token.RefreshRequest{
			App: a.App, RefreshToken: in.Given["REFRESH_TOKEN"], DeviceKey: in.Given["DEVICE_KEY"],
			From: a.from, Check: a.proveAppFor,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	tokens, err := s.Tokens.Renew(ctx, n)
	if err != nil {
		return nil, err
	}
	return &Outcome{Tokens: tokens, Parameters: map[string]string{}}, nil
}

// proveAppFor checks a refresh's SECRET_HASH. There is no USERNAME: the hash is over the user's name or sub, and some
// clients only know the one, some the other (docs/cognito/sign-in.md, "Secret hash").
func (a *attempt) proveAppFor(u *user.User) error {
	if a.proveApp(u.Username) == nil {
		return nil
	}
	return a.proveApp(string(u.Sub))
}
