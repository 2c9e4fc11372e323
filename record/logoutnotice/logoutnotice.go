package logoutnotice

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Notice is that an app is to be told of the end of a session. There is one for each app and session.
type Notice struct {
	Pool     id.Pool
	Client   id.Client
	SSO      string // UUID: the single sign-on session
	Sub      id.Sub
	Attempts int64
	Due      time.Time // when to tell the app, or when the claim of the node that tries to expires
	Expires  time.Time // when it is not told any more
}

const columns = "pool_id, client_id, sso, sub, attempts, due, expires"

// Insert adds a notice, unless there is one already.
func Insert(tx *db.Tx, n *Notice) error {
	_, err := tx.Exec(`
		INSERT INTO logout_notice (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`,
		n.Pool, n.Client, n.SSO, n.Sub, n.Attempts, db.Millis(n.Due), db.Millis(n.Expires))
	if err != nil {
		return fmt.Errorf("insert notice of logout: %w", err)
	}
	return nil
}

// Due lists up to limit notices whose time has come, the longest overdue first.
func Due(tx *db.Tx, limit int) ([]*Notice, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM logout_notice
		WHERE due <= $1
		ORDER BY due
		LIMIT $2`,
		db.Millis(tx.Now), limit)
}

// Claim takes a notice for an attempt of a node, until the moment given. It answers db.ErrStale when it was claimed before.
func Claim(tx *db.Tx, n *Notice, until time.Time, node string) error {
	rows, err := tx.Exec(`
		UPDATE logout_notice
		SET due = $1, attempts = attempts + 1, claimed_by = $6
		WHERE pool_id = $2 AND client_id = $3 AND sso = $4 AND due = $5`,
		db.Millis(until), n.Pool, n.Client, n.SSO, db.Millis(n.Due), node)
	if err != nil {
		return fmt.Errorf("claim notice of logout: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	return nil
}

// Postpone gives a claimed notice back, to be tried again at a later moment.
func Postpone(tx *db.Tx, n *Notice, due time.Time) error {
	_, err := tx.Exec(`
		UPDATE logout_notice
		SET due = $1, claimed_by = ''
		WHERE pool_id = $2 AND client_id = $3 AND sso = $4`,
		db.Millis(due), n.Pool, n.Client, n.SSO)
	if err != nil {
		return fmt.Errorf("postpone notice of logout: %w", err)
	}
	return nil
}

// Release makes what a node has claimed and not concluded due at once: it has died.
func Release(tx *db.Tx, node string) error {
	_, err := tx.Exec(`
		UPDATE logout_notice
		SET due = $1, claimed_by = ''
		WHERE claimed_by = $2 AND claimed_by <> ''`,
		db.Millis(tx.Now), node)
	if err != nil {
		return fmt.Errorf("release notices of logout: %w", err)
	}
	return nil
}

// Spare lets an app's other notices wait until a moment, those that are due before it: the app does not answer.
func Spare(tx *db.Tx, n *Notice, until time.Time) error {
	_, err := tx.Exec(`
		UPDATE logout_notice
		SET due = $1
		WHERE pool_id = $2 AND client_id = $3 AND due < $1`,
		db.Millis(until), n.Pool, n.Client)
	if err != nil {
		return fmt.Errorf("postpone notices of app: %w", err)
	}
	return nil
}

// Delete removes a notice.
func Delete(tx *db.Tx, n *Notice) error {
	_, err := tx.Exec(`
		DELETE FROM logout_notice
		WHERE pool_id = $1 AND client_id = $2 AND sso = $3`,
		n.Pool, n.Client, n.SSO)
	if err != nil {
		return fmt.Errorf("delete notice of logout: %w", err)
	}
	return nil
}

// Prune removes up to limit notices that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM logout_notice
		WHERE (pool_id, client_id, sso) IN (
			SELECT pool_id, client_id, sso FROM logout_notice WHERE expires < $1 ORDER BY expires LIMIT $2
		) AND expires < $1`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune notices of logout: %w", err)
	}
	return int(rows), nil
}

func scan(row db.Scanner) (*Notice, error) {
	var n Notice
	var due, expires int64
	err := row.Scan((*string)(&n.Pool), (*string)(&n.Client), &n.SSO, (*string)(&n.Sub), &n.Attempts, &due, &expires)
	n.Due, n.Expires = db.Time(due), db.Time(expires)
	return &n, err
}
