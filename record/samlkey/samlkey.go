package samlkey

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Key is the key of a pool.
type Key struct {
	Pool        id.Pool
	Sealed      []byte // the private key
	Certificate string // of the public key, in PEM
	Created     time.Time
}

// Insert adds the key of a pool, or answers db.ErrExists when the pool has one.
func Insert(tx *db.Tx, k *Key) error {
	rows, err := tx.Exec(`
		INSERT INTO saml_key (pool_id, sealed, certificate, created)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`,
		k.Pool, k.Sealed, k.Certificate, db.Millis(k.Created))
	if err != nil {
		return fmt.Errorf("insert SAML key: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Get finds the key of a pool, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool) (*Key, error) {
	return db.One(tx, scan, `
		SELECT pool_id, sealed, certificate, created
		FROM saml_key
		WHERE pool_id = $1`,
		pool)
}

func scan(row db.Scanner) (*Key, error) {
	var k Key
	var created int64
	if err := row.Scan(&k.Pool, &k.Sealed, &k.Certificate, &created); err != nil {
		return nil, err
	}
	k.Created = db.Time(created)
	return &k, nil
}
