package passkey

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Ceremony is a registration that waits for the authenticator's answer.
type Ceremony struct {
	Pool      id.Pool
	Sub       id.Sub
	Client    id.Client // the app that it began in
	Challenge []byte
	Expires   time.Time
}

// Begin remembers a registration in the place of any earlier one of the same user.
func Begin(tx *db.Tx, c *Ceremony) error {
	_, err := tx.Exec(`
		INSERT INTO passkey_ceremony (pool_id, sub, client_id, challenge, expires)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (pool_id, sub) DO UPDATE
		SET client_id = excluded.client_id, challenge = excluded.challenge, expires = excluded.expires`,
		c.Pool, c.Sub, c.Client, c.Challenge, db.Millis(c.Expires))
	if err != nil {
		return fmt.Errorf("begin passkey registration: %w", err)
	}
	return nil
}

// Waiting finds a user's open registration, or answers db.ErrNotFound, also when it has expired.
func Waiting(tx *db.Tx, pool id.Pool, sub id.Sub) (*Ceremony, error) {
	return db.One(tx, scanCeremony, `
		SELECT pool_id, sub, client_id, challenge, expires
		FROM passkey_ceremony
		WHERE pool_id = $1 AND sub = $2 AND expires > $3`,
		pool, sub, db.Millis(tx.Now))
}

// Finish uses up a registration. It answers db.ErrNotFound when it was used before, has expired, or was replaced by a newer
// one.
func Finish(tx *db.Tx, c *Ceremony) error {
	rows, err := tx.Exec(`
		DELETE FROM passkey_ceremony
		WHERE pool_id = $1 AND sub = $2 AND client_id = $3 AND challenge = $4 AND expires > $5`,
		c.Pool, c.Sub, c.Client, c.Challenge, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("finish passkey registration: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// Prune removes up to limit registrations that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM passkey_ceremony
		WHERE (pool_id, sub) IN (SELECT pool_id, sub FROM passkey_ceremony WHERE expires < $1 ORDER BY expires LIMIT $2)
			AND expires < $1`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune passkey registrations: %w", err)
	}
	return int(rows), nil
}

func scanCeremony(row db.Scanner) (*Ceremony, error) {
	var c Ceremony
	var expires int64
	err := row.Scan((*string)(&c.Pool), (*string)(&c.Sub), (*string)(&c.Client), &c.Challenge, &expires)
	c.Expires = db.Time(expires)
	return &c, err
}
