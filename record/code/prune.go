package code

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Stale names one row that time has made worthless.
type Stale struct {
	Pool    id.Pool
	Sub     id.Sub // empty for a counter
	Purpose string // for a counter: its name
}

// Expired lists up to limit codes and up to limit counters that expired before a moment.
func Expired(tx *db.Tx, before time.Time, limit int) ([]Stale, error) {
	codes, err := db.All(tx, scanStale, `
		SELECT pool_id, sub, purpose
		FROM code
		WHERE expires < $1
		ORDER BY expires
		LIMIT $2`,
		db.Millis(before), limit)
	if err != nil {
		return nil, fmt.Errorf("list expired codes: %w", err)
	}
	counters, err := db.All(tx, scanStale, `
		SELECT pool_id, '', name
		FROM code_use
		WHERE expires < $1
		ORDER BY expires
		LIMIT $2`,
		db.Millis(before), limit)
	if err != nil {
		return nil, fmt.Errorf("list expired counters: %w", err)
	}
	return append(codes, counters...), nil
}

// Remove deletes what Expired listed, unless it has come to new life since.
func Remove(tx *db.Tx, s Stale, before time.Time) error {
	var err error
	if s.Sub == "" {
		_, err = tx.Exec(`
			DELETE FROM code_use
			WHERE pool_id = $1 AND name = $2 AND expires < $3`,
			s.Pool, s.Purpose, db.Millis(before))
	} else {
		_, err = tx.Exec(`
			DELETE FROM code
			WHERE pool_id = $1 AND sub = $2 AND purpose = $3 AND expires < $4`,
			s.Pool, s.Sub, s.Purpose, db.Millis(before))
	}
	if err != nil {
		return fmt.Errorf("remove expired code: %w", err)
	}
	return nil
}

func scanStale(row db.Scanner) (s Stale, err error) {
	err = row.Scan((*string)(&s.Pool), (*string)(&s.Sub), &s.Purpose)
	return s, err
}
