package identitypool

import (
	"encoding/json"
	"fmt"

	"cardea/platform/db"
	"cardea/spec/id"
)

// TagMap says which claims of a provider's users become tags of their sessions.
type TagMap struct {
	UseDefaults bool              `json:",omitempty"` // the claims aud and sub become the tags client and username
	Tags        map[string]string `json:",omitempty"` // the names of claims, by the tags that they become
}

// PutTagMap sets the map of a provider in place of the one that there was.
func PutTagMap(tx *db.Tx, pool id.IdentityPool, provider string, m TagMap) error {
	doc, err := json.Marshal(&m)
	if err != nil {
		return fmt.Errorf("encode principal tags: %w", err)
	}
	_, err = tx.Exec(`
		INSERT INTO principal_tag_map (identity_pool_id, provider, doc)
		VALUES ($1, $2, $3)
		ON CONFLICT (identity_pool_id, provider) DO UPDATE
		SET doc = excluded.doc`,
		pool, provider, string(doc))
	if err != nil {
		return fmt.Errorf("store principal tags: %w", err)
	}
	return nil
}

// GetTagMap reads the map of a provider, or answers db.ErrNotFound.
func GetTagMap(tx *db.Tx, pool id.IdentityPool, provider string) (TagMap, error) {
	return db.One(tx, scanTagMap, `
		SELECT doc
		FROM principal_tag_map
		WHERE identity_pool_id = $1 AND provider = $2`,
		pool, provider)
}

func scanTagMap(row db.Scanner) (m TagMap, err error) {
	var doc string
	if err := row.Scan(&doc); err != nil {
		return m, err
	}
	if err := json.Unmarshal([]byte(doc), &m); err != nil {
		return m, fmt.Errorf("decode principal tags: %w", err)
	}
	return m, nil
}
