package signingkey

import (
	"fmt"
	"time"

	"cardea/platform/db"
)

// Oldest is when the oldest of the keys that sign was made: of each pool and purpose the newest counts. It is zero where there
// are no keys.
func Oldest(tx *db.Tx) (time.Time, error) {
	oldest, err := db.OneMoment(tx, `
		SELECT MIN(newest)
		FROM (
			SELECT MAX(created) AS newest
			FROM signing_key
			GROUP BY pool_id, purpose
		) AS signing`)
	if err != nil {
		return time.Time{}, fmt.Errorf("find the oldest signing key: %w", err)
	}
	return oldest, nil
}
