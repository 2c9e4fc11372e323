package session

import (
	"fmt"
	"math"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Refresh is one refresh token, known by its hash.
type Refresh struct {
	Pool     id.Pool
	Session  string
	Hash     string    // SHA-256 of the token; never empty
	Replaced time.Time // when rotation replaced it; zero while it is the current one

	first bool // it is the one that its session began with, as Redeem has found
}

// A session remembers at most maxRefresh refresh tokens that rotation issued, and those that were replaced for as long as
// their grace period may last, which is a minute at most. Others are recognized as tokens of the session by their
// form alone.
const (
	maxRefresh   = 200
	replacedLife = 5 * time.Minute
)

// AddRefresh remembers a refresh token that rotation issues, and forgets older ones of the session, without waiting. The
// transaction fails with db.ErrExists if the token is remembered already.
func AddRefresh(tx *db.Tx, r Refresh) {
	tx.LaterOne(fmt.Errorf("insert refresh token: %w", db.ErrExists), `
		INSERT INTO refresh_token (pool_id, session_id, hash, created, replaced)
		VALUES ($1, $2, $3, $4, 0)
		ON CONFLICT DO NOTHING`,
		string(r.Pool), r.Session, r.Hash, db.Millis(tx.Now))
	tx.Later(`
		DELETE FROM refresh_token
		WHERE pool_id = $1 AND session_id = $2 AND (replaced > 0 AND replaced < $3 OR hash IN (
			SELECT hash
			FROM refresh_token
			WHERE pool_id = $1 AND session_id = $2
			ORDER BY created DESC, hash
			LIMIT $4 OFFSET $5))`,
		string(r.Pool), r.Session, db.Millis(tx.Now.Add(-replacedLife)), math.MaxInt32, maxRefresh)
}

// Redeem finds a refresh token and its session, or answers db.ErrNotFound. It does not check whether they are still valid.
func Redeem(tx *db.Tx, r Refresh) (*Session, *Refresh, error) {
	found := r
	s, err := db.One(tx, func(from db.Scanner) (*Session, error) {
		var r row
		var replaced int64
		if err := from.Scan(append(r.columns(), &replaced, &found.first)...); err != nil {
			return nil, err
		}
		found.Replaced = db.Time(replaced)
		return r.session(), nil
	}, `
		SELECT s.pool_id, s.id, s.origin, s.sub, s.client_id, s.scopes, s.device_key,
		       s.auth_time, s.created, s.expires, s.revoked, s.sso, s.active, s.ip, s.device_type, s.kind, s.resource, s.jkt, s.federated,
		       COALESCE(r.replaced, s.refresh_replaced), s.refresh_hash = $3
		FROM session AS s
		LEFT JOIN refresh_token AS r ON r.pool_id = s.pool_id AND r.session_id = s.id AND r.hash = $3
		WHERE s.pool_id = $1 AND s.id = $2 AND (s.refresh_hash = $3 OR r.hash = $3)`,
		string(r.Pool), r.Session, r.Hash)
	if err != nil {
		return nil, nil, err
	}
	return s, &found, nil
}

// Replace marks a refresh token that Redeem has found as replaced, without waiting. Only one call ever succeeds; the transactions of
// the others fail with db.ErrStale, as by db.Tx.LaterOne.
func Replace(tx *db.Tx, r *Refresh) {
	update := `
		UPDATE refresh_token
		SET replaced = $1
		WHERE pool_id = $2 AND session_id = $3 AND hash = $4 AND replaced = 0`
	if r.first {
		update = `
		UPDATE session
		SET refresh_replaced = $1
		WHERE pool_id = $2 AND id = $3 AND refresh_hash = $4 AND refresh_replaced = 0`
	}
	tx.LaterOne(fmt.Errorf("replace refresh token: %w", db.ErrStale), update, db.Millis(tx.Now), string(r.Pool), r.Session, r.Hash)
}
