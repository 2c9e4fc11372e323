package pushedrequest

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Request is a pushed request, without its request_uri.
type Request struct {
	Pool    id.Pool
	Hash    string
	Client  id.Client
	Query   string // its parameters
	Created time.Time
	Expires time.Time
}

// Insert adds a request.
func Insert(tx *db.Tx, r *Request) error {
	rows, err := tx.Exec(`
		INSERT INTO pushed_request (pool_id, hash, client_id, query, created, expires)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`,
		r.Pool, r.Hash, r.Client, r.Query, db.Millis(r.Created), db.Millis(r.Expires))
	if err != nil {
		return fmt.Errorf("insert pushed request: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Get finds a request by its hash, also one that has expired, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, hash string) (*Request, error) {
	return db.One(tx, scan, `
		SELECT pool_id, hash, client_id, query, created, expires
		FROM pushed_request
		WHERE pool_id = $1 AND hash = $2`,
		pool, hash)
}

// Use deletes a request, which is answered in tx. Only one call ever succeeds; the others get db.ErrStale.
func Use(tx *db.Tx, r *Request) error {
	rows, err := tx.Exec(`
		DELETE FROM pushed_request
		WHERE pool_id = $1 AND hash = $2`,
		r.Pool, r.Hash)
	if err != nil {
		return fmt.Errorf("use pushed request: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	return nil
}

// Prune removes up to limit requests that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM pushed_request
		WHERE (pool_id, hash) IN (SELECT pool_id, hash FROM pushed_request WHERE expires < $1 ORDER BY expires LIMIT $2)`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune pushed requests: %w", err)
	}
	return int(rows), nil
}

func scan(row db.Scanner) (*Request, error) {
	var r Request
	var created, expires int64
	err := row.Scan((*string)(&r.Pool), &r.Hash, (*string)(&r.Client), &r.Query, &created, &expires)
	if err != nil {
		return nil, err
	}
	r.Created, r.Expires = db.Time(created), db.Time(expires)
	return &r, nil
}
