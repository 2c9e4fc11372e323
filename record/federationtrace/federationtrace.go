package federationtrace

import (
	"fmt"
	"math"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Trace is what happened in one sign-in.
type Trace struct {
	Pool     id.Pool
	ID       string // of the request that ended the sign-in
	Provider string // its name
	Failed   bool
	Began    time.Time
	Expires  time.Time
	Doc      string // JSON, without secrets
}

const columns = "pool_id, id, provider, failed, began, expires, doc"

// Insert adds a trace, unless there is one of its id already.
func Insert(tx *db.Tx, t *Trace) error {
	_, err := tx.Exec(`
		INSERT INTO federation_trace (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`,
		t.Pool, t.ID, t.Provider, t.Failed, db.Millis(t.Began), db.Millis(t.Expires), t.Doc)
	if err != nil {
		return fmt.Errorf("insert trace of federated sign-in: %w", err)
	}
	return nil
}

// Query says which traces of a pool List gives.
type Query struct {
	Pool     id.Pool
	ID       string    // empty: any
	Provider string    // empty: any
	Failed   bool      // only those of sign-ins that failed
	Before   time.Time // began before this moment, or at it and with an id before Than; zero: any
	Than     string
	Limit    int
}

// List gives a page of the traces that have not expired, the newest first.
func List(tx *db.Tx, q Query) ([]*Trace, error) {
	before := int64(math.MaxInt64)
	if !q.Before.IsZero() {
		before = db.Millis(q.Before)
	}
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM federation_trace
		WHERE pool_id = $1 AND ($2 = '' OR id = $2) AND ($3 = '' OR provider = $3) AND failed >= $4 AND expires > $5
			AND (began < $6 OR began = $6 AND id < $7)
		ORDER BY began DESC, id DESC
		LIMIT $8`,
		q.Pool, q.ID, q.Provider, q.Failed, db.Millis(tx.Now), before, q.Than, q.Limit)
}

// Trim removes the oldest traces of a pool, of sign-ins that failed or of those that did not, but for the newest ones.
func Trim(tx *db.Tx, pool id.Pool, failed bool, newest int) error {
	_, err := tx.Exec(`
		DELETE FROM federation_trace
		WHERE pool_id = $1 AND failed = $2 AND id IN (
			SELECT id FROM federation_trace WHERE pool_id = $1 AND failed = $2 ORDER BY began DESC, id DESC LIMIT $3 OFFSET $4)`,
		pool, failed, math.MaxInt32, newest)
	if err != nil {
		return fmt.Errorf("trim traces of federated sign-ins: %w", err)
	}
	return nil
}

// Prune removes up to limit traces that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM federation_trace
		WHERE (pool_id, id) IN (SELECT pool_id, id FROM federation_trace WHERE expires < $1 ORDER BY expires LIMIT $2) AND expires < $1`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune traces of federated sign-ins: %w", err)
	}
	return int(rows), nil
}

func scan(row db.Scanner) (*Trace, error) {
	var t Trace
	var began, expires int64
	if err := row.Scan((*string)(&t.Pool), &t.ID, &t.Provider, &t.Failed, &began, &expires, &t.Doc); err != nil {
		return nil, err
	}
	t.Began, t.Expires = db.Time(began), db.Time(expires)
	return &t, nil
}
