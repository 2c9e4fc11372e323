package quota

import (
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Use counts one use under a name and returns how many there were since the first, this one included. The count begins
// anew when a time of length per has passed since that first use. Beyond most it stays at most+1, so that refused uses write
// nothing.
func Use(tx *db.Tx, pool id.Pool, name string, most int64, per time.Duration) (int64, error) {
	now := db.Millis(tx.Now)
	c, err := db.One(tx, scanCounter, `
		SELECT uses, expires
		FROM quota
		WHERE pool_id = $1 AND name = $2`,
		pool, name)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return 0, fmt.Errorf("count uses: %w", err)
	}
	if c.expires <= now {
		c = counter{expires: db.Millis(tx.Now.Add(per))}
	}
	if c.uses >= most {
		return most + 1, nil
	}

	c.uses++
	_, err = tx.Exec(`
		INSERT INTO quota (pool_id, name, uses, expires)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (pool_id, name) DO UPDATE
		SET uses = excluded.uses, expires = excluded.expires`,
		pool, name, c.uses, c.expires)
	if err != nil {
		return 0, fmt.Errorf("count uses: %w", err)
	}
	return c.uses, nil
}

// Full reports whether a name has reached most. It is a check in advance; Use decides.
func Full(tx *db.Tx, pool id.Pool, name string, most int64) (bool, error) {
	c, err := db.One(tx, scanCounter, `
		SELECT uses, expires
		FROM quota
		WHERE pool_id = $1 AND name = $2`,
		pool, name)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return false, fmt.Errorf("look up uses: %w", err)
	}
	return c.uses >= most && c.expires > db.Millis(tx.Now), nil
}

// Prune removes up to limit counters that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM quota
		WHERE (pool_id, name) IN (SELECT pool_id, name FROM quota WHERE expires < $1 ORDER BY expires LIMIT $2) AND expires < $1`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune counters: %w", err)
	}
	return int(rows), nil
}

type counter struct{ uses, expires int64 }

func scanCounter(row db.Scanner) (c counter, err error) {
	err = row.Scan(&c.uses, &c.expires)
	return c, err
}
