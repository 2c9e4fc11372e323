package replay

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

const insert = `
	INSERT INTO replay (pool_id, key, expires)
	VALUES ($1, $2, $3)
	ON CONFLICT DO NOTHING`

// Use marks what (an id, or the hash of a secret) as used. It answers db.ErrExists to all but the first caller. The row is
// deleted after until, when the value would be refused as expired anyway.
func Use(tx *db.Tx, pool id.Pool, what string, until time.Time) error {
	rows, err := tx.Exec(insert, string(pool), what, db.Millis(until))
	if err != nil {
		return fmt.Errorf("mark as used: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// UseLater is Use without waiting: if what has been used, the transaction fails with the error used, as by db.Tx.LaterOne.
func UseLater(tx *db.Tx, pool id.Pool, what string, until time.Time, used error) {
	tx.LaterOne(used, insert, string(pool), what, db.Millis(until))
}

// Used reports whether what has been used. It is a check in advance; Use decides.
func Used(tx *db.Tx, pool id.Pool, what string) (bool, error) {
	n, err := db.One(tx, func(row db.Scanner) (n int64, err error) {
		err = row.Scan(&n)
		return n, err
	}, `
		SELECT count(*)
		FROM replay
		WHERE pool_id = $1 AND key = $2`,
		string(pool), what)
	if err != nil {
		return false, fmt.Errorf("look up what was used: %w", err)
	}
	return n > 0, nil
}

// Prune removes up to limit rows whose time was over before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM replay
		WHERE (pool_id, key) IN (SELECT pool_id, key FROM replay WHERE expires < $1 ORDER BY expires LIMIT $2)`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune what was used: %w", err)
	}
	return int(rows), nil
}
