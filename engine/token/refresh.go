package token

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/scope"
	"cardea/platform/audit"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/device"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/dpop"
)

// RefreshRequest asks for new tokens of a session.
type RefreshRequest struct {
	access.App
	RefreshToken string
	DeviceKey    string
	Metadata     map[string]string
	Key          *dpop.Proof   // of the key that the tokens are bound to; nil: none
	From         caller.Caller // where the request came from
	Scopes       []string      // that the tokens are to have, of the session's own; nil: all

	// Check, if set, is asked about the session's user before anything else about them is judged: SECRET_HASH in the
	// refresh flow is made with a user name that only the session knows. Its error refuses the tokens.
	Check func(u *user.User) error
}

// rotates tells whether new tokens come with a new refresh token.
func (r *RefreshRequest) rotates() bool {
	rotates, _ := r.Client.Rotates()
	return rotates
}

// redeemed finds the session that a token opens, with all that its tokens say.
func (m *Minter) redeemed(tx *db.Tx, r RefreshRequest, given *refreshToken) (*facts, error) {
	o, groups, err := m.redeem(tx, r, given)
	if err != nil {
		return nil, err
	}
	f, err := m.gather(tx, r.App, o.user, groups)
	if err != nil {
		return nil, err
	}
	if f.sid, err = m.sid(tx, r.App, o.session.SSO); err != nil {
		return nil, err
	}
	f.key, f.opener = thumbprint(r.Key), o.token
	f.session, err = narrowed(o.session, r.Scopes)
	return f, err
}

// narrowed is a session as its tokens show it that have some of its scopes only, or scope.ErrRefused for others. What is stored
// of the session stays as it is (RFC 6749 §6).
func narrowed(s *session.Session, scopes []string) (*session.Session, error) {
	if scopes == nil {
		return s, nil
	}
	for _, one := range scopes {
		if !slices.Contains(granted(s.Kind, s.Scopes), one) {
			return nil, scope.ErrRefused
		}
	}
	shown := *s
	if s.Kind == session.OAuth {
		shown.Scopes = scopes
	}
	return &shown, nil
}

// redeem finds the session that a token opens, and its user, if it opens any. It asks for the user's groups.
func (m *Minter) redeem(tx *db.Tx, r RefreshRequest, given *refreshToken) (o opening, groups Groups, err error) {
	s, row, err := session.Redeem(tx, given.record(r.Pool.ID))
	if errors.Is(err, db.ErrNotFound) {
		return o, nil, m.unknown(tx, r, given)
	}
	if err != nil {
		return o, nil, fmt.Errorf("redeem refresh token: %w", err)
	}
	if s.Client != r.Client.ID || s.JKT != "" && s.JKT != thumbprint(r.Key) {
		return o, nil, ErrInvalidRefresh
	}
	if err := onDevice(tx, s, r.DeviceKey); err != nil {
		return o, nil, err
	}

	theUser := user.Ask(tx, s.Pool, s.Sub)
	groups = AskGroups(tx, s.Pool, s.Sub)
	u, err := theUser.Get()
	if errors.Is(err, db.ErrNotFound) {
		return o, nil, ErrRevokedRefresh
	}
	if err != nil {
		return o, nil, fmt.Errorf("get user: %w", err)
	}
	audit.About(tx.Context(), string(u.Pool), string(u.Sub))
	if r.Check != nil {
		if err := r.Check(u); err != nil {
			return o, nil, err
		}
	}
	o = opening{r.Pool, s, row, u}
	return o, groups, o.refusal(r.Client, tx.Now)
}

// opening is a session with the refresh token that opens it, and its user.
type opening struct {
	pool    *pool.Pool
	session *session.Session
	token   *session.Refresh
	user    *user.User
}

// refusal answers what keeps a client from new tokens: ErrRevokedRefresh, ErrExpiredRefresh, ErrReusedRefresh, or what
// account.Active says.
func (o opening) refusal(c *client.Client, now time.Time) error {
	switch {
	case over(o.session, o.user), o.pool.Ended(o.session.AuthTime, o.session.Created):
		return ErrRevokedRefresh
	case !o.session.Live(now):
		return ErrExpiredRefresh
	case reused(c, o.token, now):
		return ErrReusedRefresh
	}
	return account.Active(o.user, o.session.Federated)
}

// onDevice refuses a session that is bound to a device to all but that device, once it is confirmed
// (docs/cognito/tokens.md, "Refresh").
func onDevice(tx *db.Tx, s *session.Session, key string) error {
	if s.DeviceKey == "" {
		return nil
	}
	if s.DeviceKey != key {
		return ErrInvalidRefresh
	}
	d, err := device.Get(tx, s.Pool, s.Sub, key)
	if errors.Is(err, db.ErrNotFound) || err == nil && !d.Confirmed {
		return ErrInvalidRefresh
	}
	return err
}

// reused reports whether rotation has replaced the token, and its time of grace is over.
func reused(c *client.Client, row *session.Refresh, now time.Time) bool {
	_, grace := c.Rotates()
	return !row.Replaced.IsZero() && now.Sub(row.Replaced) >= grace
}

// rotate replaces the given refresh token by a new one. Without a grace period, of several requests with one token at once
// the first gets a new token, and the next ends the session.
func (m *Minter) rotate(ctx context.Context, r RefreshRequest, given *refreshToken) (f *facts, next string, err error) {
	var reused bool
	err = m.DB.Write(ctx, func(tx *db.Tx) (err error) {
		f, err = m.redeemed(tx, r, given)
		if reused = errors.Is(err, ErrReusedRefresh); reused {
			return session.Revoke(tx, r.Pool.ID, given.session)
		}
		if err != nil {
			return err
		}
		if err := Spend(tx, r.Pool.ID, r.Key); err != nil {
			return err
		}
		if next, err = m.replace(tx, f.session, f.opener); err != nil {
			return err
		}
		if r.notes(f.session, tx.Now) {
			return session.Note(tx, f.session, Use(tx.Now, r.From))
		}
		return nil
	})
	if err == nil && reused {
		err = ErrReusedRefresh
	}
	return f, next, err
}

// replace makes the token that replaces another. Within its grace period a token that is already replaced gives another.
func (m *Minter) replace(tx *db.Tx, s *session.Session, old *session.Refresh) (string, error) {
	if old.Replaced.IsZero() {
		session.Replace(tx, old)
	}
	next, err := m.newRefreshToken(tx, s)
	if err != nil {
		return "", err
	}
	session.AddRefresh(tx, next.record(s.Pool))
	return next.text, nil
}

// endReused ends the session of a token that was used after its replacement, since one of its two users has stolen it.
func (m *Minter) endReused(ctx context.Context, r RefreshRequest, given *refreshToken) error {
	err := m.DB.Write(ctx, func(tx *db.Tx) error { return session.Revoke(tx, r.Pool.ID, given.session) })
	if err != nil {
		return fmt.Errorf("end session of a reused refresh token: %w", err)
	}
	return ErrReusedRefresh
}

// unknown is the condition for a token that is not stored.
func (m *Minter) unknown(tx *db.Tx, r RefreshRequest, given *refreshToken) error {
	if err := m.made(tx, r, given); err != nil {
		return err
	}
	if !tx.Now.Before(given.expires) {
		return ErrExpiredRefresh
	}
	s, err := session.Get(tx, r.Pool.ID, given.session)
	if err == nil && s.Live(tx.Now) {
		return ErrReusedRefresh // rotation replaced it long ago: it is not remembered any more
	}
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("get session: %w", err)
	}
	return ErrRevokedRefresh
}
