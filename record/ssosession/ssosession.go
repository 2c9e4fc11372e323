package ssosession

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Session is the sign-in of a browser at a domain.
type Session struct {
	Pool        id.Pool
	ID          string // UUID
	Domain      string
	Sub         id.Sub
	Hash        string    // of the secret in the browser's cookie
	Proofs      []string  // by which the user has signed in
	PasswordSet time.Time // the user's, then
	AuthTime    time.Time // when they proved who they are
	Expires     time.Time

	Active     time.Time // when it was used last: the sign-in, or a code that it gave since
	IP         string    // from where; empty when unknown
	DeviceType string    // "Firefox on Windows"; empty when unknown

	Upstream Upstream
}

// Upstream is the sign-in at an identity provider that a session has come of. The zero Upstream is none: the user has signed in here.
type Upstream struct {
	Provider string `json:"p,omitempty"` // its name
	NameID   string `json:"n,omitempty"` // SAML: how the provider calls the user
	Format   string `json:"f,omitempty"` // of NameID
	Index    string `json:"i,omitempty"` // SAML: of the session there
}

// columns of a session, in the order in which scan reads them.
const columns = "pool_id, id, domain, sub, hash, proofs, password_set, auth_time, expires, active, ip, device_type, upstream"

// Insert adds a session.
func Insert(tx *db.Tx, s *Session) error {
	upstream, err := s.Upstream.encode()
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		INSERT INTO sso_session (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT DO NOTHING`,
		s.Pool, s.ID, s.Domain, s.Sub, s.Hash, strings.Join(s.Proofs, " "),
		db.Millis(s.PasswordSet), db.Millis(s.AuthTime), db.Millis(s.Expires), db.Millis(s.Active), s.IP, s.DeviceType, upstream)
	if err != nil {
		return fmt.Errorf("insert single sign-on session: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Get finds a session by its id, also one that has expired, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, session string) (*Session, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM sso_session
		WHERE pool_id = $1 AND id = $2`,
		pool, session)
}

// OfUser gives the sessions of a user, also those that have expired.
func OfUser(tx *db.Tx, pool id.Pool, sub id.Sub) ([]*Session, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM sso_session
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
}

// Begun gives up to 100 sessions of a pool whose user signed in before a moment, in the order of their ids from behind after on.
func Begun(tx *db.Tx, pool id.Pool, before time.Time, after string) ([]*Session, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM sso_session
		WHERE pool_id = $1 AND auth_time < $2 AND id > $3
		ORDER BY id
		LIMIT 100`,
		pool, db.Millis(before), after)
}

// Query says which of a user's sessions List gives.
type Query struct {
	Pool        id.Pool
	Sub         id.Sub
	PasswordSet time.Time // the user's: sessions of a former password have ended
	Before      time.Time // used before this moment, or at it and with an id before Than; zero: any
	Than        string
	Limit       int
}

// List gives a page of a user's sessions that have not ended, the most recently used first.
func List(tx *db.Tx, q Query) ([]*Session, error) {
	before := int64(math.MaxInt64)
	if !q.Before.IsZero() {
		before = db.Millis(q.Before)
	}
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM sso_session
		WHERE pool_id = $1 AND sub = $2 AND password_set = $3 AND expires > $4
			AND (active < $5 OR active = $5 AND id < $6)
		ORDER BY active DESC, id DESC
		LIMIT $7`,
		q.Pool, q.Sub, db.Millis(q.PasswordSet), db.Millis(tx.Now), before, q.Than, q.Limit)
}

// Note writes the use of a session.
func Note(tx *db.Tx, s *Session, at time.Time, ip, deviceType string) error {
	_, err := tx.Exec(`
		UPDATE sso_session
		SET active = $1, ip = $2, device_type = $3
		WHERE pool_id = $4 AND id = $5`,
		db.Millis(at), ip, deviceType, s.Pool, s.ID)
	if err != nil {
		return fmt.Errorf("note use of single sign-on session: %w", err)
	}
	return nil
}

// Prove adds proofs that the user has given since they signed in. Without any, or without a session, it does nothing.
func Prove(tx *db.Tx, pool id.Pool, session string, proofs []string) error {
	for _, proof := range proofs {
		if session == "" {
			break
		}
		_, err := tx.Exec(`
			UPDATE sso_session
			SET proofs = proofs || $1
			WHERE pool_id = $2 AND id = $3`,
			" "+proof, pool, session)
		if err != nil {
			return fmt.Errorf("add a proof to single sign-on session: %w", err)
		}
	}
	return nil
}

// Delete ends a session, if there is one.
func Delete(tx *db.Tx, pool id.Pool, session string) error {
	_, err := tx.Exec(`
		DELETE FROM sso_session
		WHERE pool_id = $1 AND id = $2`,
		pool, session)
	if err != nil {
		return fmt.Errorf("delete single sign-on session: %w", err)
	}
	return nil
}

// DeleteUser ends all sessions of a user.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM sso_session
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete single sign-on sessions of user: %w", err)
	}
	return nil
}

// DeleteDomain ends all sessions of browsers at a domain of a pool.
func DeleteDomain(tx *db.Tx, pool id.Pool, domain string) error {
	_, err := tx.Exec(`
		DELETE FROM sso_session
		WHERE pool_id = $1 AND domain = $2`,
		pool, domain)
	if err != nil {
		return fmt.Errorf("delete single sign-on sessions of domain: %w", err)
	}
	return nil
}

// Prune removes up to limit sessions that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM sso_session
		WHERE (pool_id, id) IN (SELECT pool_id, id FROM sso_session WHERE expires < $1 ORDER BY expires LIMIT $2) AND expires < $1`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune single sign-on sessions: %w", err)
	}
	return int(rows), nil
}

func scan(row db.Scanner) (*Session, error) {
	var s Session
	var proofs, upstream string
	var password, proven, expires, active int64
	err := row.Scan(
		(*string)(&s.Pool), &s.ID, &s.Domain, (*string)(&s.Sub), &s.Hash, &proofs, &password, &proven, &expires,
		&active, &s.IP, &s.DeviceType, &upstream,
	)
	if err != nil {
		return nil, err
	}
	s.Proofs = strings.Fields(proofs)
	s.PasswordSet, s.AuthTime, s.Expires = db.Time(password), db.Time(proven), db.Time(expires)
	s.Active = db.Time(active)
	if upstream == "" {
		return &s, nil
	}
	if err := json.Unmarshal([]byte(upstream), &s.Upstream); err != nil {
		return nil, fmt.Errorf("decode the provider of single sign-on session: %w", err)
	}
	return &s, nil
}

func (u Upstream) encode() (string, error) {
	if u == (Upstream{}) {
		return "", nil
	}
	text, err := json.Marshal(u)
	if err != nil {
		return "", fmt.Errorf("encode the provider of single sign-on session: %w", err)
	}
	return string(text), nil
}
