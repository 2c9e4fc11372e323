package code

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Code is one code that was sent and is not yet used.
type Code struct {
	Pool      id.Pool
	Sub       id.Sub // whose it is; for the decoy of an unknown user a made-up one
	Purpose   string // what it can be used for
	Attribute string // where it was sent: "email" or "phone_number"
	Hash      []byte
	Tries     int64 // wrong tries so far
	Expires   time.Time
}

// Put remembers the code in the place of any earlier one for the same user and purpose.
func Put(tx *db.Tx, c *Code) error {
	_, err := tx.Exec(`
		INSERT INTO code (pool_id, sub, purpose, attribute, hash, tries, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (pool_id, sub, purpose) DO UPDATE
		SET attribute = excluded.attribute, hash = excluded.hash, tries = excluded.tries, expires = excluded.expires`,
		c.Pool, c.Sub, c.Purpose, c.Attribute, c.Hash, c.Tries, db.Millis(c.Expires))
	if err != nil {
		return fmt.Errorf("put code: %w", err)
	}
	return nil
}

// Get finds the code a user holds for a purpose, also one that has expired, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, sub id.Sub, purpose string) (*Code, error) {
	return db.One(tx, scan, `
		SELECT pool_id, sub, purpose, attribute, hash, tries, expires
		FROM code
		WHERE pool_id = $1 AND sub = $2 AND purpose = $3`,
		pool, sub, purpose)
}

// Miss counts one wrong try.
func Miss(tx *db.Tx, c *Code) error {
	_, err := tx.Exec(`
		UPDATE code
		SET tries = tries + 1
		WHERE pool_id = $1 AND sub = $2 AND purpose = $3`,
		c.Pool, c.Sub, c.Purpose)
	if err != nil {
		return fmt.Errorf("count wrong code: %w", err)
	}
	c.Tries++
	return nil
}

// Spend uses the code up. Only one caller ever succeeds; the others get db.ErrNotFound.
func Spend(tx *db.Tx, c *Code) error {
	rows, err := tx.Exec(`
		DELETE FROM code
		WHERE pool_id = $1 AND sub = $2 AND purpose = $3 AND hash = $4`,
		c.Pool, c.Sub, c.Purpose, c.Hash)
	if err != nil {
		return fmt.Errorf("use code: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// Drop forgets the code a user holds for a purpose, if there is one.
func Drop(tx *db.Tx, pool id.Pool, sub id.Sub, purpose string) error {
	_, err := tx.Exec(`
		DELETE FROM code
		WHERE pool_id = $1 AND sub = $2 AND purpose = $3`,
		pool, sub, purpose)
	if err != nil {
		return fmt.Errorf("drop code: %w", err)
	}
	return nil
}

// DeleteUser forgets every code of a user.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM code
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete codes of user: %w", err)
	}
	return nil
}

func scan(row db.Scanner) (*Code, error) {
	var c Code
	var expires int64
	err := row.Scan((*string)(&c.Pool), (*string)(&c.Sub), &c.Purpose, &c.Attribute, &c.Hash, &c.Tries, &expires)
	c.Expires = db.Time(expires)
	return &c, err
}
