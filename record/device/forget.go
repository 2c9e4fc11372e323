package device

import (
	"fmt"
	"math"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Delete removes a confirmed device, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, sub id.Sub, key string) error {
	rows, err := tx.Exec(`
		DELETE FROM device
		WHERE pool_id = $1 AND sub = $2 AND device_key = $3 AND confirmed = TRUE`,
		pool, sub, key)
	if err != nil {
		return fmt.Errorf("delete device: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// DeleteUser forgets every device of a user.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM device
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete devices of user: %w", err)
	}
	return nil
}

// LimitUnconfirmed forgets a user's unconfirmed devices, but for the newest keep.
func LimitUnconfirmed(tx *db.Tx, pool id.Pool, sub id.Sub, keep int) error {
	_, err := tx.Exec(`
		DELETE FROM device
		WHERE pool_id = $1 AND sub = $2 AND device_key IN (
			SELECT device_key
			FROM device
			WHERE pool_id = $1 AND sub = $2 AND confirmed = FALSE
			ORDER BY created DESC, device_key
			LIMIT $3 OFFSET $4)`,
		pool, sub, math.MaxInt32, keep)
	if err != nil {
		return fmt.Errorf("limit unconfirmed devices: %w", err)
	}
	return nil
}

// Prune forgets up to limit devices that were named before a moment and never confirmed, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM device
		WHERE confirmed = FALSE AND (pool_id, sub, device_key) IN (
			SELECT pool_id, sub, device_key
			FROM device
			WHERE confirmed = FALSE AND created < $1
			ORDER BY created
			LIMIT $2
		)`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune devices: %w", err)
	}
	return int(rows), nil
}
