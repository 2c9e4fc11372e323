package account

import (
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/record/logoutnotice"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/ssosession"
	"cardea/spec/id"
)

// noticeLife is how long apps are told of the end of a session that do not answer.
const noticeLife = 15 * time.Minute

// EndSSO ends a single sign-on session of a user, if there is one, and leaves word for the apps that have sessions of it.
func EndSSO(tx *db.Tx, pool id.Pool, sub id.Sub, session string) error {
	if session == "" {
		return nil
	}
	if err := notify(tx, pool, sub, session); err != nil {
		return err
	}
	return ssosession.Delete(tx, pool, session)
}

// EndAllSSO is EndSSO for all of a user's.
func EndAllSSO(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	if err := notify(tx, pool, sub, ""); err != nil {
		return err
	}
	return ssosession.DeleteUser(tx, pool, sub)
}

// notify writes down who is to be told, once, of the end of a session or of all of a user's, if the transaction commits.
func notify(tx *db.Tx, name id.Pool, sub id.Sub, sso string) error {
	p, err := pool.Get(tx, name)
	if errors.Is(err, db.ErrNotFound) {
		return nil // it ends with its pool, of which no app is told
	}
	if err != nil {
		return fmt.Errorf("get pool: %w", err)
	}
	if !p.Follows(pool.BackChannelLogout) {
		return nil
	}
	apps, err := session.Apps(tx, name, sub, sso)
	if err != nil {
		return err
	}
	for _, app := range apps {
		if p.LogoutURL(app.Client) == "" {
			continue
		}
		err := logoutnotice.Insert(tx, &logoutnotice.Notice{
			Pool: name, Client: app.Client, SSO: app.SSO, Sub: sub, Due: tx.Now, Expires: tx.Now.Add(noticeLife),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
