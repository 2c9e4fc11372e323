package identity

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Identity is an identity of an identity pool.
type Identity struct {
	Pool       id.IdentityPool
	ID         id.Identity
	Guest      bool        // no login was ever linked to it
	Disabled   bool        // its id is dead: it was merged, or deleted
	MergedInto id.Identity // the identity that has taken its place; empty for none
	Created    time.Time
	Modified   time.Time
}

// Insert adds a new identity. One with the same id gives db.ErrExists.
func Insert(tx *db.Tx, i *Identity) error {
	i.Created, i.Modified = tx.Now, tx.Now
	rows, err := tx.Exec(`
		INSERT INTO identity (identity_pool_id, id, guest, disabled, merged_into, created, modified)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`,
		i.Pool, i.ID, i.Guest, i.Disabled, i.MergedInto, db.Millis(i.Created), db.Millis(i.Modified))
	if err != nil {
		return fmt.Errorf("insert identity: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Put writes an identity whether it had a row or not. Its time of creation stays that of the row.
func Put(tx *db.Tx, i *Identity) error {
	i.Modified = tx.Now
	_, err := tx.Exec(`
		INSERT INTO identity (identity_pool_id, id, guest, disabled, merged_into, created, modified)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT (identity_pool_id, id) DO UPDATE
		SET guest = excluded.guest, disabled = excluded.disabled, merged_into = excluded.merged_into, modified = excluded.modified`,
		i.Pool, i.ID, i.Guest, i.Disabled, i.MergedInto, db.Millis(i.Modified))
	if err != nil {
		return fmt.Errorf("store identity: %w", err)
	}
	return nil
}

// Get finds the row of an identity, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.IdentityPool, identity id.Identity) (*Identity, error) {
	return db.One(tx, scan, `
		SELECT identity_pool_id, id, guest, disabled, merged_into, created, modified
		FROM identity
		WHERE identity_pool_id = $1 AND id = $2`,
		pool, identity)
}

// Delete removes the row of an identity and its logins. An identity that has no row is no error.
func Delete(tx *db.Tx, pool id.IdentityPool, identity id.Identity) error {
	_, err := tx.Exec(`
		DELETE FROM identity
		WHERE identity_pool_id = $1 AND id = $2`,
		pool, identity)
	if err != nil {
		return fmt.Errorf("delete identity: %w", err)
	}
	return UnlinkAll(tx, pool, identity)
}

// List gives up to limit rows of a pool's identities in the order of their ids, beginning behind the id after (empty: at the
// first): those of live ones, and those of merged ones unless hideDisabled says otherwise.
func List(tx *db.Tx, pool id.IdentityPool, after string, limit int, hideDisabled bool) ([]*Identity, error) {
	return db.All(tx, scan, `
		SELECT identity_pool_id, id, guest, disabled, merged_into, created, modified
		FROM identity
		WHERE identity_pool_id = $1 AND id > $2 AND (disabled = FALSE OR merged_into <> '' AND disabled <> $3)
		ORDER BY id
		LIMIT $4`,
		pool, after, hideDisabled, limit)
}

// Prune removes up to limit rows of guests that have not changed since a moment, and answers how many. Their ids stay good.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	const unlinked = `guest = TRUE AND disabled = FALSE AND modified < $1`
	rows, err := tx.Exec(`
		DELETE FROM identity
		WHERE (identity_pool_id, id) IN (
			SELECT identity_pool_id, id FROM identity WHERE `+unlinked+` ORDER BY modified LIMIT $2
		) AND `+unlinked,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune guests: %w", err)
	}
	return int(rows), nil
}

// Deleted tells whether the identity was deleted. Its row only keeps its id from being good again.
func (i *Identity) Deleted() bool { return i.Disabled && i.MergedInto == "" }

func scan(row db.Scanner) (*Identity, error) {
	var i Identity
	var pool, identity, into string
	var created, modified int64
	if err := row.Scan(&pool, &identity, &i.Guest, &i.Disabled, &into, &created, &modified); err != nil {
		return nil, err
	}
	i.Pool, i.ID, i.MergedInto = id.IdentityPool(pool), id.Identity(identity), id.Identity(into)
	i.Created, i.Modified = db.Time(created), db.Time(modified)
	return &i, nil
}
