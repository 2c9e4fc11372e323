package linkedidentity

import (
	"encoding/json"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Subject is the attribute of identities that are known by the provider's own name for them.
const Subject = "Cognito_Subject"

// Identity is somebody at an identity provider, and the user that they are. Key names it; no two users have the same.
type Identity struct {
	Pool id.Pool
	Key
	Sub id.Sub
	Doc
}

// Key names an identity.
type Key struct {
	Provider  string
	Attribute string // Subject, or the attribute by which an administrator has linked an identity that has not signed in yet
	Value     string
}

// Doc is what no query searches by.
type Doc struct {
	Type    string    `json:"type"`             // of the provider, an IdentityProviderTypeType
	Issuer  string    `json:"issuer,omitempty"` // the provider's name of itself; empty: it has none
	Primary bool      `json:"primary,omitempty"`
	Created time.Time `json:"created"`
}

const columns = `pool_id, provider, attribute, value, sub, doc`

// Insert adds an identity, or answers db.ErrExists when it is somebody's.
func Insert(tx *db.Tx, i *Identity) error {
	doc, err := json.Marshal(i.Doc)
	if err != nil {
		return fmt.Errorf("encode linked identity: %w", err)
	}
	rows, err := tx.Exec(`
		INSERT INTO linked_identity (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`,
		i.Pool, i.Provider, i.Attribute, i.Value, i.Sub, string(doc))
	if err != nil {
		return fmt.Errorf("insert linked identity: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Find finds an identity, or answers db.ErrNotFound.
func Find(tx *db.Tx, pool id.Pool, k Key) (*Identity, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM linked_identity
		WHERE pool_id = $1 AND provider = $2 AND attribute = $3 AND value = $4`,
		pool, k.Provider, k.Attribute, k.Value)
}

// OfUser gives the identities of a user.
func OfUser(tx *db.Tx, pool id.Pool, sub id.Sub) ([]*Identity, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM linked_identity
		WHERE pool_id = $1 AND sub = $2
		ORDER BY provider, attribute, value`,
		pool, sub)
}

// Delete removes an identity, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, k Key) error {
	rows, err := tx.Exec(`
		DELETE FROM linked_identity
		WHERE pool_id = $1 AND provider = $2 AND attribute = $3 AND value = $4`,
		pool, k.Provider, k.Attribute, k.Value)
	if err != nil {
		return fmt.Errorf("delete linked identity: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// DeleteUser removes the identities of a user.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM linked_identity
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete linked identities of user: %w", err)
	}
	return nil
}

func scan(row db.Scanner) (*Identity, error) {
	var i Identity
	var doc string
	if err := row.Scan(&i.Pool, &i.Provider, &i.Attribute, &i.Value, &i.Sub, &doc); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(doc), &i.Doc); err != nil {
		return nil, fmt.Errorf("decode linked identity: %w", err)
	}
	return &i, nil
}
