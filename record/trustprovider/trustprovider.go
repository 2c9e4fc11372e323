package trustprovider

import (
	"encoding/json"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/iam"
)

// Table is the name under which db.Cache finds changes of providers.
const Table = "trust_provider"

// Kind is what a provider speaks.
type Kind string

// The kinds.
const (
	OIDC Kind = "oidc"
	SAML Kind = "saml"
)

// Provider is a provider.
type Provider struct {
	ARN     string
	Kind    Kind
	Version int64 // grows by one with every change
	Doc     Doc
	Created time.Time
}

// Doc is what is not searched for.
type Doc struct {
	URL         string    `json:",omitzero"` // of an OIDC provider: its issuer without the scheme
	ClientIDs   []string  `json:",omitzero"` // of an OIDC provider
	Thumbprints []string  `json:",omitzero"` // of an OIDC provider: kept, not enforced
	Metadata    string    `json:",omitzero"` // of a SAML provider: the document
	ValidUntil  int64     `json:",omitzero"` // of a SAML provider, in Unix milliseconds
	UUID        string    `json:",omitzero"` // of a SAML provider: what service providers may know it by
	Tags        []iam.Tag `json:",omitzero"`
}

// Insert adds a new provider. One with the same ARN gives db.ErrExists.
func Insert(tx *db.Tx, p *Provider) error {
	doc, err := json.Marshal(p.Doc)
	if err != nil {
		return fmt.Errorf("encode provider %s: %w", p.ARN, err)
	}
	p.Version, p.Created = 1, tx.Now
	rows, err := tx.Exec(`
		INSERT INTO trust_provider (arn, kind, version, doc, created)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`,
		p.ARN, string(p.Kind), p.Version, string(doc), db.Millis(p.Created))
	if err != nil {
		return fmt.Errorf("insert provider %s: %w", p.ARN, err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	tx.Changed(Table)
	return nil
}

// Get finds a provider, or answers db.ErrNotFound.
func Get(tx *db.Tx, arn string) (*Provider, error) {
	return db.One(tx, scan, `
		SELECT arn, kind, version, doc, created
		FROM trust_provider
		WHERE arn = $1`,
		arn)
}

// Update writes the document if the provider is still the version that was read, and answers db.ErrStale if it is not.
func Update(tx *db.Tx, p *Provider) error {
	doc, err := json.Marshal(p.Doc)
	if err != nil {
		return fmt.Errorf("encode provider %s: %w", p.ARN, err)
	}
	rows, err := tx.Exec(`
		UPDATE trust_provider
		SET version = version + 1, doc = $1
		WHERE arn = $2 AND version = $3`,
		string(doc), p.ARN, p.Version)
	if err != nil {
		return fmt.Errorf("update provider %s: %w", p.ARN, err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	p.Version++
	tx.Changed(Table)
	return nil
}

// Delete removes a provider, or answers db.ErrNotFound.
func Delete(tx *db.Tx, arn string) error {
	rows, err := tx.Exec(`
		DELETE FROM trust_provider
		WHERE arn = $1`,
		arn)
	if err != nil {
		return fmt.Errorf("delete provider %s: %w", arn, err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	tx.Changed(Table)
	return nil
}

// List returns all providers of a kind in the order of their ARNs. There are a hundred of each at most.
func List(tx *db.Tx, kind Kind) ([]*Provider, error) {
	list, err := db.All(tx, scan, `
		SELECT arn, kind, version, doc, created
		FROM trust_provider
		WHERE kind = $1
		ORDER BY arn`,
		string(kind))
	if err != nil {
		return nil, fmt.Errorf("list providers: %w", err)
	}
	return list, nil
}

func scan(row db.Scanner) (*Provider, error) {
	p := &Provider{}
	var kind, doc string
	var created int64
	if err := row.Scan(&p.ARN, &kind, &p.Version, &doc, &created); err != nil {
		return nil, err
	}
	p.Kind, p.Created = Kind(kind), db.Time(created)
	if err := json.Unmarshal([]byte(doc), &p.Doc); err != nil {
		return nil, fmt.Errorf("decode provider %s: %w", p.ARN, err)
	}
	return p, nil
}
