package provider

import (
	"encoding/json"
	"fmt"

	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Table is where changes of identity providers are announced.
const Table = "identity_provider"

// Provider is one identity provider of a pool.
type Provider struct {
	Pool    id.Pool
	Name    string
	Version int64
	Doc     cognitoidp.IdentityProviderType // as it was given, without UserPoolId, ProviderName, secrets and metadata
	Found   map[string]string               // details that were not given, but found out
	Sealed  []byte                          // the secrets; empty for none
}

// stored is the document of a provider as it is written.
type stored struct {
	cognitoidp.IdentityProviderType
	Found map[string]string `json:",omitempty"`
}

const columns = `p.pool_id, p.name, p.version, p.doc, p.sealed`

// Insert adds a provider. It answers db.ErrExists when the pool has one of its name, and *IdentifierError when another has one of
// its identifiers.
func Insert(tx *db.Tx, p *Provider) error {
	doc, err := encode(p)
	if err != nil {
		return err
	}
	p.Version = 1
	rows, err := tx.Exec(`
		INSERT INTO identity_provider (pool_id, name, version, doc, sealed)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`,
		p.Pool, p.Name, p.Version, doc, p.Sealed)
	if err != nil {
		return fmt.Errorf("insert identity provider: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	tx.Changed(Table)
	return insertIdentifiers(tx, p)
}

// Get finds a provider by its name, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, name string) (*Provider, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM identity_provider p
		WHERE p.pool_id = $1 AND p.name = $2`,
		pool, name)
}

// ByIdentifier finds the provider that has an identifier, or answers db.ErrNotFound.
func ByIdentifier(tx *db.Tx, pool id.Pool, identifier string) (*Provider, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM identity_provider_identifier i
		JOIN identity_provider p ON p.pool_id = i.pool_id AND p.name = i.name
		WHERE i.pool_id = $1 AND i.identifier = $2`,
		pool, identifier)
}

// Update writes what can change of a provider. It answers db.ErrStale when the row has changed since it was loaded, or is gone, and
// *IdentifierError as Insert does.
func Update(tx *db.Tx, p *Provider) error {
	doc, err := encode(p)
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		UPDATE identity_provider
		SET version = version + 1, doc = $1, sealed = $2
		WHERE pool_id = $3 AND name = $4 AND version = $5`,
		doc, p.Sealed, p.Pool, p.Name, p.Version)
	if err != nil {
		return fmt.Errorf("update identity provider: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	p.Version++
	tx.Changed(Table)
	if err := deleteIdentifiers(tx, p.Pool, p.Name); err != nil {
		return err
	}
	return insertIdentifiers(tx, p)
}

// Delete removes a provider with its identifiers and metadata, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, name string) error {
	rows, err := tx.Exec(`
		DELETE FROM identity_provider
		WHERE pool_id = $1 AND name = $2`,
		pool, name)
	if err != nil {
		return fmt.Errorf("delete identity provider: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	tx.Changed(Table)
	if err := deleteMetadata(tx, pool, name); err != nil {
		return err
	}
	return deleteIdentifiers(tx, pool, name)
}

// Count is the number of a pool's providers.
func Count(tx *db.Tx, pool id.Pool) (int, error) {
	return db.One(tx, func(row db.Scanner) (n int, err error) {
		err = row.Scan(&n)
		return n, err
	}, `
		SELECT COUNT(*)
		FROM identity_provider
		WHERE pool_id = $1`,
		pool)
}

// List loads up to limit providers in the order of their names, beginning after one.
func List(tx *db.Tx, pool id.Pool, after string, limit int) ([]*Provider, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM identity_provider p
		WHERE p.pool_id = $1 AND p.name > $2
		ORDER BY p.name
		LIMIT $3`,
		pool, after, limit)
}

// IdentifierError says that an identifier is another provider's.
type IdentifierError struct{ Identifier string }

func (e *IdentifierError) Error() string {
	return "another identity provider has the identifier " + e.Identifier
}

func insertIdentifiers(tx *db.Tx, p *Provider) error {
	for _, identifier := range p.Doc.IdpIdentifiers {
		rows, err := tx.Exec(`
			INSERT INTO identity_provider_identifier (pool_id, identifier, name)
			VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING`,
			p.Pool, identifier, p.Name)
		if err != nil {
			return fmt.Errorf("insert identifier of identity provider: %w", err)
		}
		if rows == 0 {
			return &IdentifierError{identifier}
		}
	}
	return nil
}

func deleteIdentifiers(tx *db.Tx, pool id.Pool, name string) error {
	_, err := tx.Exec(`
		DELETE FROM identity_provider_identifier
		WHERE pool_id = $1 AND name = $2`,
		pool, name)
	if err != nil {
		return fmt.Errorf("delete identifiers of identity provider: %w", err)
	}
	return nil
}

func encode(p *Provider) (string, error) {
	doc := stored{p.Doc, p.Found}
	doc.UserPoolId, doc.ProviderName = "", ""
	text, err := json.Marshal(doc)
	if err != nil {
		return "", fmt.Errorf("encode identity provider: %w", err)
	}
	if p.Sealed == nil {
		p.Sealed = []byte{}
	}
	return string(text), nil
}

func scan(row db.Scanner) (*Provider, error) {
	var p Provider
	var doc string
	if err := row.Scan(&p.Pool, &p.Name, &p.Version, &doc, &p.Sealed); err != nil {
		return nil, err
	}
	var written stored
	if err := json.Unmarshal([]byte(doc), &written); err != nil {
		return nil, fmt.Errorf("decode identity provider %s: %w", p.Name, err)
	}
	p.Doc, p.Found = written.IdentityProviderType, written.Found
	return &p, nil
}
