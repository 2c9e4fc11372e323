package provider

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Metadata is what a SAML provider says of itself. It is apart from the provider, since it is long and mostly not needed.
type Metadata struct {
	Pool     id.Pool
	Name     string // of the provider
	EntityID string // how the provider calls itself
	URL      string // where it was fetched; empty: it was given
	XML      string
	Fetched  time.Time
}

// PutMetadata writes the metadata of a provider, in the place of those that it had.
func PutMetadata(tx *db.Tx, m *Metadata) error {
	_, err := tx.Exec(`
		INSERT INTO saml_metadata (pool_id, name, entity_id, url, xml, fetched)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (pool_id, name) DO UPDATE
		SET entity_id = excluded.entity_id, url = excluded.url, xml = excluded.xml, fetched = excluded.fetched`,
		m.Pool, m.Name, m.EntityID, m.URL, m.XML, db.Millis(m.Fetched))
	if err != nil {
		return fmt.Errorf("write metadata of identity provider: %w", err)
	}
	return nil
}

// GetMetadata finds the metadata of a provider, or answers db.ErrNotFound.
func GetMetadata(tx *db.Tx, pool id.Pool, name string) (*Metadata, error) {
	return db.One(tx, scanMetadata, `
		SELECT pool_id, name, entity_id, url, xml, fetched
		FROM saml_metadata
		WHERE pool_id = $1 AND name = $2`,
		pool, name)
}

// NamesOfEntity gives the names of up to limit providers that call themselves by an entity ID.
func NamesOfEntity(tx *db.Tx, pool id.Pool, entity string, limit int) ([]string, error) {
	return db.All(tx, func(row db.Scanner) (name string, err error) { return name, row.Scan(&name) }, `
		SELECT name
		FROM saml_metadata
		WHERE pool_id = $1 AND entity_id = $2
		ORDER BY name
		LIMIT $3`,
		pool, entity, limit)
}

func deleteMetadata(tx *db.Tx, pool id.Pool, name string) error {
	_, err := tx.Exec(`
		DELETE FROM saml_metadata
		WHERE pool_id = $1 AND name = $2`,
		pool, name)
	if err != nil {
		return fmt.Errorf("delete metadata of identity provider: %w", err)
	}
	return nil
}

func scanMetadata(row db.Scanner) (*Metadata, error) {
	var m Metadata
	var fetched int64
	if err := row.Scan(&m.Pool, &m.Name, &m.EntityID, &m.URL, &m.XML, &fetched); err != nil {
		return nil, err
	}
	m.Fetched = db.Time(fetched)
	return &m, nil
}
