package session

import (
	"fmt"
	"time"

	"cardea/platform/db"
)

// Prune removes up to limit sessions that expired or were revoked before a moment, with their refresh tokens, and answers how
// many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	removed := 0
	for _, over := range []string{"expires < $1 ORDER BY expires", "revoked > 0 AND revoked < $1 ORDER BY revoked"} {
		// The key completes the order: both statements mean the same sessions.
		list := "SELECT pool_id, id FROM session WHERE " + over + ", pool_id, id LIMIT $2"
		_, err := tx.Exec(`
			DELETE FROM refresh_token
			WHERE (pool_id, session_id) IN (`+list+`)`,
			db.Millis(before), limit-removed)
		if err != nil {
			return 0, fmt.Errorf("prune refresh tokens: %w", err)
		}
		rows, err := tx.Exec(`
			DELETE FROM session
			WHERE (pool_id, id) IN (`+list+`)`,
			db.Millis(before), limit-removed)
		if err != nil {
			return 0, fmt.Errorf("prune sessions: %w", err)
		}
		removed += int(rows)
	}
	return removed, nil
}
