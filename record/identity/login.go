package identity

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Login says which identity somebody is who is known to a provider.
type Login struct {
	Pool      id.IdentityPool
	Provider  string // its canonical name
	Subject   string // the provider's name for them
	Identity  id.Identity
	Developer bool // the provider is the pool's own developer provider
	Linked    time.Time
}

// Link adds a login. It answers db.ErrExists if the login is some identity's already, or if the identity has another login of this
// provider and the provider is public.
func Link(tx *db.Tx, l *Login) error {
	l.Linked = tx.Now
	rows, err := tx.Exec(`
		INSERT INTO identity_login (identity_pool_id, provider, subject, identity_id, developer, linked)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`,
		l.Pool, l.Provider, l.Subject, l.Identity, l.Developer, db.Millis(l.Linked))
	if err != nil {
		return fmt.Errorf("link login: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Unlink removes a login of an identity, or answers db.ErrNotFound if the identity does not have it.
func Unlink(tx *db.Tx, l *Login) error {
	rows, err := tx.Exec(`
		DELETE FROM identity_login
		WHERE identity_pool_id = $1 AND provider = $2 AND subject = $3 AND identity_id = $4`,
		l.Pool, l.Provider, l.Subject, l.Identity)
	if err != nil {
		return fmt.Errorf("unlink login: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// UnlinkAll removes all logins of an identity.
func UnlinkAll(tx *db.Tx, pool id.IdentityPool, identity id.Identity) error {
	_, err := tx.Exec(`
		DELETE FROM identity_login
		WHERE identity_pool_id = $1 AND identity_id = $2`,
		pool, identity)
	if err != nil {
		return fmt.Errorf("unlink logins: %w", err)
	}
	return nil
}

// Move gives all logins of one identity to another, which must have none of the same public providers.
func Move(tx *db.Tx, pool id.IdentityPool, from, to id.Identity) error {
	_, err := tx.Exec(`
		UPDATE identity_login
		SET identity_id = $1
		WHERE identity_pool_id = $2 AND identity_id = $3`,
		to, pool, from)
	if err != nil {
		return fmt.Errorf("move logins: %w", err)
	}
	return nil
}

// Find finds a login, or answers db.ErrNotFound.
func Find(tx *db.Tx, pool id.IdentityPool, provider, subject string) (*Login, error) {
	return db.One(tx, scanLogin, `
		SELECT identity_pool_id, provider, subject, identity_id, developer, linked
		FROM identity_login
		WHERE identity_pool_id = $1 AND provider = $2 AND subject = $3`,
		pool, provider, subject)
}

// Logins gives the logins of all identities whose ids lie between two, both included, in the order of identities, providers and
// subjects. There are twenty of one identity at most.
func Logins(tx *db.Tx, pool id.IdentityPool, first, last id.Identity) ([]*Login, error) {
	return db.All(tx, scanLogin, `
		SELECT identity_pool_id, provider, subject, identity_id, developer, linked
		FROM identity_login
		WHERE identity_pool_id = $1 AND identity_id >= $2 AND identity_id <= $3
		ORDER BY identity_id, provider, subject`,
		pool, first, last)
}

func scanLogin(row db.Scanner) (*Login, error) {
	var l Login
	var pool, identity string
	var linked int64
	if err := row.Scan(&pool, &l.Provider, &l.Subject, &identity, &l.Developer, &linked); err != nil {
		return nil, err
	}
	l.Pool, l.Identity, l.Linked = id.IdentityPool(pool), id.Identity(identity), db.Time(linked)
	return &l, nil
}
