package signingkey

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Purposes of a pool's keys. A pool has one of each.
const (
	IDTokens     = "id"
	AccessTokens = "access"
)

// Server is the pool of the server's own keys.
const Server = id.Pool("")

// Purposes of the server's own keys. There is one of each.
const (
	IdentityTokens  = "identity"         // tokens of identity pools
	PrincipalsRSA   = "principals-rsa"   // tokens of principals of IAM, by RS256
	PrincipalsECDSA = "principals-ecdsa" // and by ES384
)

// Key is one private key.
type Key struct {
	Pool    id.Pool // empty in stock, and of the server's own
	ID      string  // the kid: 44 characters of standard base64
	Purpose string  // one of the above; empty in stock
	Created time.Time
	Sealed  []byte // PKCS #8
}

// ForPool lists the keys of a pool.
func ForPool(tx *db.Tx, pool id.Pool) ([]Key, error) {
	keys, err := db.All(tx, scan, `
		SELECT pool_id, kid, purpose, created, sealed
		FROM signing_key
		WHERE pool_id = $1
		ORDER BY created, kid`,
		string(pool))
	if err != nil {
		return nil, fmt.Errorf("list signing keys: %w", err)
	}
	return keys, nil
}

// Insert gives a pool a key.
func Insert(tx *db.Tx, k Key) error {
	rows, err := tx.Exec(`
		INSERT INTO signing_key (pool_id, kid, purpose, created, sealed)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`,
		string(k.Pool), k.ID, k.Purpose, db.Millis(k.Created), k.Sealed)
	if err != nil {
		return fmt.Errorf("insert signing key: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Put adds a spare key to the stock.
func Put(tx *db.Tx, k Key) error {
	rows, err := tx.Exec(`
		INSERT INTO spare_signing_key (kid, created, sealed)
		VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`,
		k.ID, db.Millis(tx.Now), k.Sealed)
	if err != nil {
		return fmt.Errorf("insert spare signing key: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Stock counts the spare keys.
func Stock(tx *db.Tx) (int, error) {
	n, err := db.One(tx, func(row db.Scanner) (n int, err error) {
		err = row.Scan(&n)
		return n, err
	}, `
		SELECT count(*)
		FROM spare_signing_key`)
	if err != nil {
		return 0, fmt.Errorf("count spare signing keys: %w", err)
	}
	return n, nil
}

// Take removes n spare keys from the stock and answers them; if there are fewer, it takes none and answers none.
func Take(tx *db.Tx, n int) ([]Key, error) {
	keys, err := db.All(tx, scan, `
		SELECT '', kid, '', created, sealed
		FROM spare_signing_key
		ORDER BY kid
		LIMIT $1`,
		n)
	if err != nil {
		return nil, fmt.Errorf("list spare signing keys: %w", err)
	}
	if len(keys) < n {
		return nil, nil
	}
	for _, k := range keys {
		rows, err := tx.Exec(`
			DELETE FROM spare_signing_key
			WHERE kid = $1`,
			k.ID)
		if err != nil {
			return nil, fmt.Errorf("take spare signing key: %w", err)
		}
		if rows == 0 {
			return nil, db.ErrStale
		}
	}
	return keys, nil
}

func scan(row db.Scanner) (Key, error) {
	var k Key
	var created int64
	err := row.Scan((*string)(&k.Pool), &k.ID, &k.Purpose, &created, &k.Sealed)
	k.Created = db.Time(created)
	return k, err
}
