package code

import (
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Use counts one use under a name and returns how many there were since the first, this one included. The count begins
// anew when a time of length per has passed since that first use. Beyond most it stays at most+1: who is refused already
// costs no more writes.
func Use(tx *db.Tx, pool id.Pool, name string, most int64, per time.Duration) (int64, error) {
	now := db.Millis(tx.Now)
	c, err := db.One(tx, scanCounter, `
		SELECT uses, expires
		FROM code_use
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
		INSERT INTO code_use (pool_id, name, uses, expires)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (pool_id, name) DO UPDATE
		SET uses = excluded.uses, expires = excluded.expires`,
		pool, name, c.uses, c.expires)
	if err != nil {
		return 0, fmt.Errorf("count uses: %w", err)
	}
	return c.uses, nil
}

type counter struct{ uses, expires int64 }

func scanCounter(row db.Scanner) (c counter, err error) {
	err = row.Scan(&c.uses, &c.expires)
	return c, err
}
