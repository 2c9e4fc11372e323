package acme

import (
	"fmt"

	"cardea/platform/db"
)

// Get finds what is kept under a name, sealed, or answers db.ErrNotFound.
func Get(tx *db.Tx, name string) ([]byte, error) {
	return db.One(tx, func(row db.Scanner) (sealed []byte, err error) {
		err = row.Scan(&sealed)
		return sealed, err
	}, `
		SELECT sealed
		FROM acme
		WHERE name = $1`,
		name)
}

// Put keeps something under a name, in place of what was there.
func Put(tx *db.Tx, name string, sealed []byte) error {
	_, err := tx.Exec(`
		INSERT INTO acme (name, sealed, modified)
		VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE
		SET sealed = excluded.sealed, modified = excluded.modified`,
		name, sealed, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return nil
}

// Delete removes what is kept under a name, if anything is.
func Delete(tx *db.Tx, name string) error {
	_, err := tx.Exec(`
		DELETE FROM acme
		WHERE name = $1`,
		name)
	if err != nil {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}
