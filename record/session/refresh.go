package session

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Refresh is one refresh token, known by its hash.
type Refresh struct {
	Pool     id.Pool
	Session  string
	Hash     string // SHA-256 of the token
	Created  time.Time
	Replaced time.Time // when rotation put another in its place; zero while it is the current one
}

// AddRefresh remembers a refresh token that is being issued.
func AddRefresh(tx *db.Tx, r Refresh) error {
	rows, err := tx.Exec(`
		INSERT INTO refresh (pool_id, session_id, hash, created, replaced)
		VALUES ($1, $2, $3, $4, 0)
		ON CONFLICT DO NOTHING`,
		string(r.Pool), r.Session, r.Hash, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("insert refresh token: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Redeem finds a refresh token and its session, or answers db.ErrNotFound. It judges nothing.
func Redeem(tx *db.Tx, r Refresh) (*Session, *Refresh, error) {
	found := r
	s, err := db.One(tx, func(from db.Scanner) (*Session, error) {
		var r row
		var created, replaced int64
		if err := from.Scan(append(r.columns(), &created, &replaced)...); err != nil {
			return nil, err
		}
		found.Created, found.Replaced = db.Time(created), db.Time(replaced)
		return r.session(), nil
	}, `
		SELECT s.pool_id, s.id, s.origin, s.sub, s.client_id, s.scopes, s.device_key,
		       s.auth_time, s.created, s.expires, s.revoked, r.created, r.replaced
		FROM refresh AS r
		JOIN session AS s ON s.pool_id = r.pool_id AND s.id = r.session_id
		WHERE r.pool_id = $1 AND r.session_id = $2 AND r.hash = $3`,
		string(r.Pool), r.Session, r.Hash)
	if err != nil {
		return nil, nil, err
	}
	return s, &found, nil
}

// Replace marks a refresh token as rotated away. Of all who try, at any time, one succeeds; the others get db.ErrStale.
func Replace(tx *db.Tx, r Refresh) error {
	rows, err := tx.Exec(`
		UPDATE refresh
		SET replaced = $1
		WHERE pool_id = $2 AND session_id = $3 AND hash = $4 AND replaced = 0`,
		db.Millis(tx.Now), string(r.Pool), r.Session, r.Hash)
	if err != nil {
		return fmt.Errorf("replace refresh token: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	return nil
}
