package lease

import (
	"fmt"
	"time"

	"cardea/platform/db"
)

// Take takes the lease called name for d from the transaction's moment on, and reports whether it was free.
func Take(tx *db.Tx, name string, d time.Duration) (bool, error) {
	n, err := tx.Exec(`
		INSERT INTO lease (name, expires)
		VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE
		SET expires = excluded.expires
		WHERE lease.expires <= $3`,
		name, db.Millis(tx.Now.Add(d)), db.Millis(tx.Now))
	if err != nil {
		return false, fmt.Errorf("take lease %s: %w", name, err)
	}
	return n == 1, nil
}
