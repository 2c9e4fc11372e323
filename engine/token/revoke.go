package token

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/account"
	"cardea/platform/audit"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/jose"
)

// Revoke ends the session that a refresh token belongs to: the token and all others of the session are void at once. A
// token that is unknown, or void already, is no error; ErrOthersToken, ErrNotRefresh and ErrNotRevocable refuse
// (docs/cognito/tokens.md, "Revocation"). The client has proved itself before.
func (m *Minter) Revoke(ctx context.Context, c *client.Client, token string) error {
	return m.revoke(ctx, c, token, End)
}

// RevokeLinked is Revoke, and ends with the session its single sign-on session and all others that came from that.
func (m *Minter) RevokeLinked(ctx context.Context, c *client.Client, token string) error {
	return m.revoke(ctx, c, token, EndLinked)
}

func (m *Minter) revoke(ctx context.Context, c *client.Client, token string, end func(*db.Tx, *session.Session) error) error {
	if !c.Revocable() {
		return ErrNotRevocable
	}
	if _, err := jose.Parse(token); err == nil {
		return ErrNotRefresh
	}
	given, err := readRefreshToken(token)
	if err != nil {
		return nil
	}
	return m.DB.Write(ctx, func(tx *db.Tx) error {
		s, _, err := session.Redeem(tx, given.record(c.Pool))
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("redeem refresh token: %w", err)
		}
		audit.About(tx.Context(), string(s.Pool), string(s.Sub))
		if s.Client != c.ID {
			return ErrOthersToken
		}
		return end(tx, s)
	})
}

// End ends a session: its tokens are void at once.
func End(tx *db.Tx, s *session.Session) error { return session.Revoke(tx, s.Pool, s.ID) }

// EndLinked ends a session, the single sign-on session that it came from, and all others of the user that came from that.
func EndLinked(tx *db.Tx, s *session.Session) error {
	if err := End(tx, s); err != nil {
		return err
	}
	if err := account.EndSSO(tx, s.Pool, s.Sub, s.SSO); err != nil {
		return err
	}
	return session.RevokeLinked(tx, s.Pool, s.Sub, s.SSO)
}

// SignOut ends all sessions of a user, who was loaded in this transaction, and saves their credentials.
func (m *Minter) SignOut(tx *db.Tx, u *user.User) error {
	// Revoking the rows is what ends the sessions, since clocks of nodes differ. The stamp also voids sessions whose rows
	// are restored from an older backup.
	if err := session.RevokeUser(tx, u.Pool, u.Sub); err != nil {
		return err
	}
	u.SignedOut = after(tx.Now, u.SignedOut)
	return account.SaveCredentials(tx, u)
}
