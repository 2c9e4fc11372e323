package datakey

import (
	"fmt"
	"time"

	"cardea/platform/db"
)

// Oldest is when the oldest of the keys that seal was made: of each pool the newest counts. It is zero where there are no keys.
func Oldest(tx *db.Tx) (time.Time, error) {
	oldest, err := db.OneMoment(tx, `
		SELECT MIN(newest)
		FROM (
			SELECT MAX(created) AS newest
			FROM data_key
			GROUP BY pool_id
		) AS sealing`)
	if err != nil {
		return time.Time{}, fmt.Errorf("find the oldest data key: %w", err)
	}
	return oldest, nil
}
