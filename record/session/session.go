package session

import (
	"fmt"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Kind is the kind of sign-in that began a session.
type Kind string

// The kinds. Tokens of an API session allow operations on the user's own account; those of an OAuth session allow what its
// scopes say.
const (
	API   Kind = "api"
	OAuth Kind = "oauth"
)

// Session is one sign-in of a user at an app client.
type Session struct {
	Pool      id.Pool
	ID        string // UUID: the event_id claim
	Origin    string // UUID: the origin_jti claim
	Sub       id.Sub
	Client    id.Client
	Kind      Kind
	Scopes    []string // of an OAuth session
	Resource  string   // the aud claim of its access tokens; empty: none
	JKT       string   // the thumbprint of the key that its refresh tokens are bound to; empty: none
	DeviceKey string
	SSO       string    // UUID: the single sign-on session of the hosted pages that it came from; empty: none
	Federated bool      // an identity provider has vouched for the user
	AuthTime  time.Time // when the user proved who they are, which may be before Created; the auth_time claim
	Created   time.Time
	Expires   time.Time // the end of its refresh tokens, which rotation does not move, or of its only tokens
	Revoked   time.Time // zero while it lives
	Activity
}

// Live reports whether the session has neither expired nor been revoked.
func (s *Session) Live(now time.Time) bool { return s.Revoked.IsZero() && now.Before(s.Expires) }

// Insert adds a session with the refresh token it begins with; the zero Refresh is none. It answers db.ErrExists for one whose id is
// taken.
func Insert(tx *db.Tx, s *Session, first Refresh) error {
	rows, err := tx.Exec(insert, s.values(first)...)
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// InsertLater is Insert without waiting: if the id is taken, the transaction fails, as by db.Tx.LaterOne.
func InsertLater(tx *db.Tx, s *Session, first Refresh) {
	tx.LaterOne(fmt.Errorf("insert session: %w", db.ErrExists), insert, s.values(first)...)
}

const insert = `
	INSERT INTO session (pool_id, id, origin, sub, client_id, scopes, device_key, auth_time, created, expires, revoked,
		refresh_hash, refresh_replaced, sso, active, ip, device_type, kind, resource, jkt,
		federated)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, $15, $16, $17, $18, $19, $20)
	ON CONFLICT DO NOTHING`

// values are those of insert.
func (s *Session) values(first Refresh) []any {
	return []any{
		string(s.Pool), s.ID, s.Origin, string(s.Sub), string(s.Client), strings.Join(s.Scopes, " "), s.DeviceKey,
		db.Millis(s.AuthTime), db.Millis(s.Created), db.Millis(s.Expires), db.Millis(s.Revoked), first.Hash,
		s.SSO, db.Millis(s.Active), s.IP, s.DeviceType, string(s.Kind), s.Resource, s.JKT, s.Federated,
	}
}

// Get finds a session by its id, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, session string) (*Session, error) {
	return db.One(tx, scan, get, string(pool), session)
}

// Ask is Get without waiting, as db.Ask.
func Ask(tx *db.Tx, pool id.Pool, session string) *db.Answer[*Session] {
	return db.Ask(tx, scan, get, string(pool), session)
}

const get = `
	SELECT pool_id, id, origin, sub, client_id, scopes, device_key, auth_time, created, expires, revoked, sso, active, ip,
		device_type, kind, resource, jkt, federated
	FROM session
	WHERE pool_id = $1 AND id = $2`

// Revoke ends one session. Ending it twice does nothing more.
func Revoke(tx *db.Tx, pool id.Pool, session string) error {
	_, err := tx.Exec(`
		UPDATE session
		SET revoked = $1
		WHERE pool_id = $2 AND id = $3 AND revoked = 0`,
		db.Millis(tx.Now), string(pool), session)
	if err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	return nil
}

// These are the sessions of user $2 in pool $1, all or those that were not revoked, in SQL. Their ids are looked up first,
// in the index that has them: for whole rows SQLite would rather look through the pool, which it believes to be small.
const (
	ofUser  = "pool_id = $1 AND sub = $2 AND id IN (SELECT id FROM session WHERE pool_id = $1 AND sub = $2)"
	unended = "pool_id = $1 AND sub = $2 AND revoked = 0 AND id IN (SELECT id FROM session WHERE pool_id = $1 AND sub = $2 AND revoked = 0)"
)

// RevokeUser ends all sessions of a user.
func RevokeUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		UPDATE session
		SET revoked = $3
		WHERE `+unended,
		string(pool), string(sub), db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("revoke sessions of user: %w", err)
	}
	return nil
}

// DeleteUser removes all that is kept of a user's sessions.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	tx.Later(`
		DELETE FROM refresh_token
		WHERE pool_id = $1 AND session_id IN (SELECT id FROM session WHERE pool_id = $1 AND sub = $2)`,
		string(pool), string(sub))
	_, err := tx.Exec(`
		DELETE FROM session
		WHERE `+ofUser,
		string(pool), string(sub))
	if err != nil {
		return fmt.Errorf("delete sessions of user: %w", err)
	}
	return nil
}

// row is a session in the form of its columns.
type row struct {
	Session
	scopes                                      string
	authTime, created, expires, revoked, active int64
}

// columns are where the columns of a session go, in the order in which every query names them.
func (r *row) columns() []any {
	return []any{
		(*string)(&r.Pool), &r.ID, &r.Origin, (*string)(&r.Sub), (*string)(&r.Client), &r.scopes, &r.DeviceKey,
		&r.authTime, &r.created, &r.expires, &r.revoked, &r.SSO, &r.active, &r.IP, &r.DeviceType, (*string)(&r.Kind), &r.Resource, &r.JKT, &r.Federated,
	}
}

func (r *row) session() *Session {
	s := r.Session
	s.AuthTime, s.Created = db.Time(r.authTime), db.Time(r.created)
	s.Expires, s.Revoked = db.Time(r.expires), db.Time(r.revoked)
	s.Active = db.Time(r.active)
	if r.scopes != "" {
		s.Scopes = strings.Split(r.scopes, " ")
	}
	return &s
}

func scan(s db.Scanner) (*Session, error) {
	var r row
	if err := s.Scan(r.columns()...); err != nil {
		return nil, err
	}
	return r.session(), nil
}

// ExpireDevice ends the refresh tokens of a user's sessions that are bound to a device. Access tokens that were issued
// before stay valid until they expire.
func ExpireDevice(tx *db.Tx, pool id.Pool, sub id.Sub, key string) error {
	_, err := tx.Exec(`
		UPDATE session
		SET expires = $4
		WHERE `+ofUser+` AND device_key = $3 AND expires > $4`,
		string(pool), string(sub), key, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("expire sessions of device: %w", err)
	}
	return nil
}
