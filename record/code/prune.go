package code

import (
	"fmt"
	"time"

	"cardea/platform/db"
)

// Prune removes up to limit codes that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM code
		WHERE (pool_id, sub, purpose) IN (SELECT pool_id, sub, purpose FROM code WHERE expires < $1 ORDER BY expires LIMIT $2)
			AND expires < $1`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune codes: %w", err)
	}
	return int(rows), nil
}
