package softwaretoken

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Token is one user's software token.
type Token struct {
	Pool     id.Pool
	Sub      id.Sub
	Secret   []byte    // sealed; nil until a token is verified
	LastStep int64     // of the code used last
	Verified time.Time // when Secret came in force
	Pending  []byte    // sealed; nil unless a secret waits to be verified
	Asked    time.Time // when Pending was given to the user
}

// Get finds a user's token, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, sub id.Sub) (*Token, error) {
	return db.One(tx, scan, `
		SELECT pool_id, sub, secret, last_step, verified, pending, asked
		FROM software_token
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
}

// SetPending stores a secret that is not verified yet, in the place of an earlier one. The one in force stays.
func SetPending(tx *db.Tx, pool id.Pool, sub id.Sub, sealed []byte) error {
	_, err := tx.Exec(`
		INSERT INTO software_token (pool_id, sub, secret, last_step, verified, pending, asked)
		VALUES ($1, $2, NULL, 0, 0, $3, $4)
		ON CONFLICT (pool_id, sub) DO UPDATE
		SET pending = excluded.pending, asked = excluded.asked`,
		pool, sub, sealed, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("put pending software token: %w", err)
	}
	return nil
}

// Confirm puts the pending secret, as it was loaded, in force; step is that of the code that verified it. It answers
// db.ErrStale when another secret is pending by now, or none.
func Confirm(tx *db.Tx, t *Token, step int64) error {
	rows, err := tx.Exec(`
		UPDATE software_token
		SET secret = pending, last_step = $4, verified = $5, pending = NULL, asked = 0
		WHERE pool_id = $1 AND sub = $2 AND pending = $3`,
		t.Pool, t.Sub, t.Pending, step, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("confirm software token: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	return nil
}

// Use uses up a step of the secret in force, as it was loaded, and all earlier ones, without waiting: the transaction fails with the
// error used, as by db.Tx.LaterOne, when the step or a later one was used before, and when another secret is in force by
// now, or none.
func Use(tx *db.Tx, t *Token, step int64, used error) {
	tx.LaterOne(used, `
		UPDATE software_token
		SET last_step = $4
		WHERE pool_id = $1 AND sub = $2 AND secret = $3 AND last_step < $4`,
		t.Pool, t.Sub, t.Secret, step)
}

// Skip uses up a step and all earlier ones of every token, since which of them were used is not known.
func Skip(tx *db.Tx, step int64) error {
	_, err := tx.Exec(`
		UPDATE software_token
		SET last_step = $1
		WHERE last_step < $1`,
		step)
	if err != nil {
		return fmt.Errorf("use steps of software tokens: %w", err)
	}
	return nil
}

// Delete removes a user's token, in force and pending, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	rows, err := tx.Exec(`
		DELETE FROM software_token
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete software token: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// DeleteUser removes the token of a user who is being deleted, if there is one.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM software_token
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete software token of user: %w", err)
	}
	return nil
}

func scan(row db.Scanner) (*Token, error) {
	var t Token
	var verified, asked int64
	err := row.Scan(&t.Pool, &t.Sub, &t.Secret, &t.LastStep, &verified, &t.Pending, &asked)
	t.Verified, t.Asked = db.Time(verified), db.Time(asked)
	return &t, err
}
