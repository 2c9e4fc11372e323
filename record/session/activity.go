package session

import (
	"fmt"
	"math"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// pause is the least time between two writes of a session's uses from one place.
const pause = time.Minute

// Activity is the last use of a session: its sign-in, or a refresh since.
type Activity struct {
	Active     time.Time
	IP         string // empty when unknown
	DeviceType string // "Firefox on Windows"; empty when unknown
}

// Outdated reports whether a later use must be written: it comes from another place, or a minute has passed.
func (a Activity) Outdated(by Activity) bool {
	return a.IP != by.IP || by.Active.Sub(a.Active) >= pause
}

// Note writes a use of a live session, unless another use of the same moment has been written.
func Note(tx *db.Tx, s *Session, a Activity) error {
	_, err := tx.Exec(`
		UPDATE session
		SET active = $1, ip = $2, device_type = $3
		WHERE pool_id = $4 AND id = $5 AND revoked = 0 AND (active <= $6 OR ip <> $2)`,
		db.Millis(a.Active), a.IP, a.DeviceType, string(s.Pool), s.ID, db.Millis(a.Active.Add(-pause)))
	if err != nil {
		return fmt.Errorf("note use of session: %w", err)
	}
	return nil
}

// Query says which of a user's live sessions List gives.
type Query struct {
	Pool  id.Pool
	Sub   id.Sub
	Since time.Time // begun after this moment
	After *Session  // listed behind this one, of which Active and ID count; nil: from the front
	Limit int
}

// List gives a page of a user's live sessions, the most recently used first.
func List(tx *db.Tx, q Query) ([]*Session, error) {
	before, than := int64(math.MaxInt64), ""
	if q.After != nil {
		before, than = db.Millis(q.After.Active), q.After.ID
	}
	return db.All(tx, scan, `
		SELECT pool_id, id, origin, sub, client_id, scopes, device_key, auth_time, created, expires, revoked, sso, active, ip,
			device_type, kind, resource, jkt, federated
		FROM session
		WHERE `+unended+` AND expires > $3 AND created > $4
			AND (active < $5 OR active = $5 AND id < $6)
		ORDER BY active DESC, id DESC
		LIMIT $7`,
		string(q.Pool), string(q.Sub), db.Millis(tx.Now), db.Millis(q.Since), before, than, q.Limit)
}

// Evict ends the least recently used of a user's live sessions until no more than keep are left, without waiting.
func Evict(tx *db.Tx, pool id.Pool, sub id.Sub, keep int64) {
	tx.Later(`
		UPDATE session
		SET revoked = $3
		WHERE pool_id = $1 AND sub = $2 AND revoked = 0 AND id IN (
			SELECT id
			FROM session
			WHERE `+unended+` AND expires > $3
			ORDER BY active DESC, id DESC
			LIMIT $4 OFFSET $5)`,
		string(pool), string(sub), db.Millis(tx.Now), math.MaxInt32, keep)
}

// RevokeLinked ends all sessions of a user that came from one single sign-on session. Of those that came from none it
// ends nothing.
func RevokeLinked(tx *db.Tx, pool id.Pool, sub id.Sub, sso string) error {
	if sso == "" {
		return nil
	}
	_, err := tx.Exec(`
		UPDATE session
		SET revoked = $3
		WHERE `+unended+` AND sso = $4`,
		string(pool), string(sub), db.Millis(tx.Now), sso)
	if err != nil {
		return fmt.Errorf("revoke linked sessions: %w", err)
	}
	return nil
}

// App is an app that has sessions which came from a single sign-on session.
type App struct {
	Client id.Client
	SSO    string
}

// Apps are the apps that have, or had, sessions of a user which came from a single sign-on session that has not been ended: sso,
// or any if that is empty.
func Apps(tx *db.Tx, pool id.Pool, sub id.Sub, sso string) ([]App, error) {
	apps, err := db.All(tx, scanApp, `
		SELECT DISTINCT client_id, sso
		FROM session
		WHERE `+ofUser+` AND sso IN (SELECT id FROM sso_session WHERE pool_id = $1 AND sub = $2 AND (id = $3 OR $3 = ''))`,
		string(pool), string(sub), sso)
	if err != nil {
		return nil, fmt.Errorf("find apps of single sign-on session: %w", err)
	}
	return apps, nil
}

func scanApp(row db.Scanner) (a App, err error) {
	err = row.Scan((*string)(&a.Client), &a.SSO)
	return a, err
}
