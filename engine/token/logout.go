package token

import (
	"context"
	"fmt"
	"time"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/id"
)

// logoutLife is how long a logout token is good: the app is told in this moment.
const logoutLife = 2 * time.Minute

// backChannelLogout is the event that a logout token tells of (OpenID Connect Back-Channel Logout 1.0 §2.4).
const backChannelLogout = "http://schemas.openid.net/event/backchannel-logout"

// LogoutNotice says that a single sign-on session of a user has ended, to an app.
type LogoutNotice struct {
	Pool   id.Pool
	Client id.Client
	Sub    id.Sub
	SSO    string
}

// LogoutToken makes the token that tells an app of it. It has neither the type nor the use of an ID token or an access token, so that
// it is taken for neither. It answers db.ErrNotFound when the pool is gone.
func (m *Minter) LogoutToken(ctx context.Context, n LogoutNotice) (string, error) {
	keys, err := m.signingKeysOf(ctx, n.Pool)
	if err != nil {
		return "", err
	}
	var sid string
	err = m.DB.Read(ctx, func(tx *db.Tx) (err error) {
		sid, err = m.nameSSO(tx, n.Pool, n.SSO)
		return err
	})
	if err != nil {
		return "", err
	}
	now := m.DB.Now()
	c := newClaims(nil)
	c.text("iss", m.Issuer(n.Pool))
	c.text("aud", string(n.Client))
	c.number("iat", now.Unix())
	c.number("exp", now.Add(logoutLife).Unix())
	c.text("jti", id.NewUUID())
	c.text("sub", string(n.Sub))
	c.text("sid", sid)
	c.b = append(appendText(append(c.member("events"), '{'), backChannelLogout), ":{}}"...)
	payload, err := c.end()
	if err != nil {
		return "", err
	}
	return keys.id.SignTyped("logout+jwt", payload)
}

// sid is the sid claim of a session's ID tokens: the name of the single sign-on session that it came from, in pools that tell apps
// of its end; empty: there is none.
func (m *Minter) sid(tx *db.Tx, app access.App, sso string) (string, error) {
	if sso == "" || !app.Pool.Follows(pool.BackChannelLogout) {
		return "", nil
	}
	return m.nameSSO(tx, app.Pool.ID, sso)
}

// nameSSO is SessionName for a single sign-on session.
func (m *Minter) nameSSO(tx *db.Tx, pool id.Pool, sso string) (string, error) {
	box, err := m.Ring.Box(tx, pool)
	if err != nil {
		return "", fmt.Errorf("data key: %w", err)
	}
	return SessionName(box, SSOSession, sso)
}

// sid adds the sid claim, whatever a function says.
func (c *claims) sid(name string) {
	if name != "" {
		c.b = appendText(c.member("sid"), name)
	}
}
