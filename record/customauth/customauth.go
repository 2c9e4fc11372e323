package customauth

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// SignIn is one custom sign-in.
type SignIn struct {
	Pool    id.Pool
	ID      string // a UUID that grows with time
	Holder  string // UserHolder, or what stands for an unknown user
	Source  string // stands for the address that it was begun from; empty when that is not known
	Round   int64  // the one that waits for an answer, from 1 on; 0 when it has failed
	Sealed  []byte
	Expires time.Time
}

// UserHolder is the holder of a user's sign-ins.
func UserHolder(sub id.Sub) string { return "user/" + string(sub) }

// Insert adds a sign-in. Of those of the same holder and source the newest stay, the new one among them, most in all.
func Insert(tx *db.Tx, s *SignIn, most int) error {
	_, err := tx.Exec(`
		DELETE FROM custom_auth
		WHERE pool_id = $1 AND id IN (
			SELECT id
			FROM custom_auth
			WHERE pool_id = $1 AND holder = $2 AND source = $3
			ORDER BY id DESC
			LIMIT 1000 OFFSET $4)`,
		s.Pool, s.Holder, s.Source, most-1)
	if err != nil {
		return fmt.Errorf("replace old custom sign-ins: %w", err)
	}
	_, err = tx.Exec(`
		INSERT INTO custom_auth (pool_id, id, holder, source, round, sealed, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.Pool, s.ID, s.Holder, s.Source, s.Round, s.Sealed, db.Millis(s.Expires))
	if err != nil {
		return fmt.Errorf("insert custom sign-in: %w", err)
	}
	return nil
}

// Get finds a sign-in, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, name string) (*SignIn, error) {
	return db.One(tx, scan, `
		SELECT pool_id, id, holder, source, round, sealed, expires
		FROM custom_auth
		WHERE pool_id = $1 AND id = $2`,
		pool, name)
}

// Update stores the round, the sealed state and the end of a sign-in whose round is still from, or answers db.ErrStale.
func Update(tx *db.Tx, s *SignIn, from int64) error {
	rows, err := tx.Exec(`
		UPDATE custom_auth
		SET round = $4, sealed = $5, expires = $6
		WHERE pool_id = $1 AND id = $2 AND round = $3`,
		s.Pool, s.ID, from, s.Round, s.Sealed, db.Millis(s.Expires))
	if err != nil {
		return fmt.Errorf("update custom sign-in: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	return nil
}

// Delete removes a sign-in whose round is still the given one, or answers db.ErrStale.
func Delete(tx *db.Tx, pool id.Pool, name string, round int64) error {
	rows, err := tx.Exec(`
		DELETE FROM custom_auth
		WHERE pool_id = $1 AND id = $2 AND round = $3`,
		pool, name, round)
	if err != nil {
		return fmt.Errorf("delete custom sign-in: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	return nil
}

// Count is how many sign-ins from a source have neither succeeded nor expired.
func Count(tx *db.Tx, pool id.Pool, source string) (int64, error) {
	n, err := db.One(tx, func(row db.Scanner) (n int64, err error) {
		err = row.Scan(&n)
		return n, err
	}, `
		SELECT count(*)
		FROM custom_auth
		WHERE pool_id = $1 AND source = $2 AND expires > $3`,
		pool, source, db.Millis(tx.Now))
	if err != nil {
		return 0, fmt.Errorf("count custom sign-ins: %w", err)
	}
	return n, nil
}

// DeleteUser removes the sign-ins of a user who is being deleted.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM custom_auth
		WHERE pool_id = $1 AND holder = $2`,
		pool, UserHolder(sub))
	if err != nil {
		return fmt.Errorf("delete custom sign-ins of user: %w", err)
	}
	return nil
}

// Prune removes up to limit sign-ins that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM custom_auth
		WHERE (pool_id, id) IN (SELECT pool_id, id FROM custom_auth WHERE expires < $1 ORDER BY expires LIMIT $2)
			AND expires < $1`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune custom sign-ins: %w", err)
	}
	return int(rows), nil
}

func scan(row db.Scanner) (*SignIn, error) {
	var s SignIn
	var expires int64
	err := row.Scan(&s.Pool, &s.ID, &s.Holder, &s.Source, &s.Round, &s.Sealed, &expires)
	s.Expires = db.Time(expires)
	return &s, err
}
