package token

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/device"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// RefreshRequest asks for new tokens of a session.
type RefreshRequest struct {
	access.App
	RefreshToken string
	DeviceKey    string
	Metadata     map[string]string
	From         awsjson.Caller // the user's end

	// Check, if set, is asked about the session's user before anything else about them is judged: SECRET_HASH in the
	// refresh flow is made with a user name that only the session knows. Its error refuses the tokens.
	Check func(u *user.User) error
}

// Refresh makes new tokens for the holder of a refresh token, and a new refresh token if the client rotates them; otherwise
// it answers why not: ErrInvalidRefresh, ErrExpiredRefresh, ErrRevokedRefresh, ErrReusedRefresh, or what account.Active
// says. Without rotation nothing is written, but now and then the use of a session that the pool
// keeps account of. It does not ask whether the client may use the flow
// by which the request came: REFRESH_TOKEN_AUTH is the caller's to refuse.
func (m *Minter) Refresh(ctx context.Context, r RefreshRequest) (*cognitoidp.AuthenticationResultType, error) {
	given, err := readRefreshToken(r.RefreshToken)
	if err != nil {
		return nil, ErrInvalidRefresh
	}

	if err := trigger.Refuse(r.Pool.Doc.LambdaConfig, trigger.PreTokenGeneration); err != nil {
		return nil, err
	}

	var f *facts
	err = m.DB.Read(ctx, func(tx *db.Tx) error {
		s, u, err := m.redeem(tx, r, given)
		if err != nil {
			return err
		}
		if f, err = m.gather(tx, r.Pool, r.Client, u); err != nil {
			return err
		}
		f.session = s
		f.keys, err = m.keyring(tx, r.Pool.ID)
		return err
	})
	if errors.Is(err, ErrReusedRefresh) {
		return nil, m.punish(ctx, r, given)
	}
	if err != nil {
		return nil, goneWithPool(r.Pool, err)
	}

	result, err := f.sign()
	if err != nil {
		return nil, err
	}
	if rotates, _ := r.Client.Rotates(); rotates {
		result.RefreshToken, err = m.rotate(ctx, r, given)
	} else {
		err = m.note(ctx, r, f)
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// redeem finds the session that a token opens, and its user, if it opens any.
func (m *Minter) redeem(tx *db.Tx, r RefreshRequest, given *refreshToken) (*session.Session, *user.User, error) {
	s, row, err := session.Redeem(tx, given.record(r.Pool.ID))
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, m.unknown(tx, r, given)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("redeem refresh token: %w", err)
	}
	if s.Client != r.Client.ID {
		return nil, nil, ErrInvalidRefresh
	}
	if err := onDevice(tx, s, r.DeviceKey); err != nil {
		return nil, nil, err
	}

	u, err := user.Get(tx, s.Pool, s.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, ErrRevokedRefresh
	}
	if err != nil {
		return nil, nil, fmt.Errorf("get user: %w", err)
	}
	if r.Check != nil {
		if err := r.Check(u); err != nil {
			return nil, nil, err
		}
	}
	if over(s, u) {
		return nil, nil, ErrRevokedRefresh
	}
	if !s.Live(tx.Now) {
		return nil, nil, ErrExpiredRefresh
	}
	if reused(r.Client, row, tx.Now) {
		return nil, nil, ErrReusedRefresh
	}
	return s, u, account.Active(u)
}

// onDevice refuses a session that is bound to a device to all but that device, once it is confirmed (03-tokens §6).
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

// rotate puts a new refresh token in the place of the given one. Of many who come with one token at once, without a time
// of grace, one gets a new one, and the session ends with the next.
func (m *Minter) rotate(ctx context.Context, r RefreshRequest, given *refreshToken) (string, error) {
	var next *refreshToken
	var refusal error
	err := m.DB.Write(ctx, func(tx *db.Tx) error {
		refusal = nil
		s, _, err := m.redeem(tx, r, given)
		if err == nil {
			err = m.replace(tx, s, given, &next)
		}
		if err == nil && r.notes(s, tx.Now) {
			err = session.Note(tx, s, use(tx.Now, r.From))
		}
		if errors.Is(err, ErrReusedRefresh) {
			refusal = ErrReusedRefresh
			return session.Revoke(tx, r.Pool.ID, given.session)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if refusal != nil {
		return "", refusal
	}
	return next.text, nil
}

func (m *Minter) replace(tx *db.Tx, s *session.Session, given *refreshToken, next **refreshToken) error {
	// Within its time of grace a token is replaced already and gives a further one.
	err := session.Replace(tx, given.record(s.Pool))
	if err != nil && !errors.Is(err, db.ErrStale) {
		return err
	}
	if *next, err = m.newRefreshToken(tx, s); err != nil {
		return err
	}
	return session.AddRefresh(tx, (*next).record(s.Pool))
}

// punish ends the session of a token that was presented after its replacement: one of the two holders is a thief.
func (m *Minter) punish(ctx context.Context, r RefreshRequest, given *refreshToken) error {
	err := m.DB.Write(ctx, func(tx *db.Tx) error { return session.Revoke(tx, r.Pool.ID, given.session) })
	if err != nil {
		return fmt.Errorf("end session of a reused refresh token: %w", err)
	}
	return ErrReusedRefresh
}

// unknown tells why a token that nothing is remembered of is refused.
func (m *Minter) unknown(tx *db.Tx, r RefreshRequest, given *refreshToken) error {
	box, err := m.Ring.Box(tx, r.Pool.ID)
	if err != nil {
		return fmt.Errorf("data key: %w", err)
	}
	switch {
	case !given.genuine(box, r.Client):
		return ErrInvalidRefresh
	case !tx.Now.Before(given.expires):
		return ErrExpiredRefresh
	}
	return ErrRevokedRefresh
}
