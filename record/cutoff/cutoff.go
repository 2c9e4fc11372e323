package cutoff

import (
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
)

// Table is what a db.Cache of cutoffs reads.
const Table = "cutoff"

// Credentials are the temporary credentials of IAM, STS and identity pools.
const Credentials = "temporary credentials"

// Get is the moment before which what is named is void; zero: there is none.
func Get(tx *db.Tx, name string) (time.Time, error) {
	ms, err := db.One(tx, func(row db.Scanner) (ms int64, err error) {
		err = row.Scan(&ms)
		return ms, err
	}, `
		SELECT moment
		FROM cutoff
		WHERE name = $1`,
		name)
	if errors.Is(err, db.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("get cutoff: %w", err)
	}
	return db.Time(ms), nil
}

// Raise makes void what is named and was issued before a moment. An earlier moment than the one that is set changes nothing.
func Raise(tx *db.Tx, name string, moment time.Time) error {
	_, err := tx.Exec(`
		INSERT INTO cutoff (name, moment)
		VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE
		SET moment = excluded.moment
		WHERE cutoff.moment < excluded.moment`,
		name, db.Millis(moment))
	if err != nil {
		return fmt.Errorf("raise cutoff: %w", err)
	}
	tx.Changed(Table)
	return nil
}
