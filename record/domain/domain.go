package domain

import (
	"encoding/json"
	"fmt"

	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Table is what a db.Cache of domains reads.
const Table = "domain"

// Name names a domain: a prefix with its Region, or a custom domain, which has none.
type Name struct {
	Region string
	Text   string
}

// Custom tells a custom domain from a prefix.
func (n Name) Custom() bool { return n.Region == "" }

// Domain is one domain of a pool.
type Domain struct {
	Name Name
	Pool id.Pool
	// Doc are its settings, as DescribeUserPoolDomain shows them; the members that follow from the rest are empty.
	Doc cognitoidp.DomainDescriptionType
}

// Insert adds a domain. If the name is taken, or the pool has a domain of its kind already, it answers db.ErrExists.
func Insert(tx *db.Tx, d *Domain) error {
	doc, err := d.encode()
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		INSERT INTO domain (pool_id, region, name, doc)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`,
		string(d.Pool), d.Name.Region, d.Name.Text, doc)
	if err != nil {
		return fmt.Errorf("insert domain: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	tx.Changed(Table)
	return nil
}

// Find finds a domain, or answers db.ErrNotFound.
func Find(tx *db.Tx, name Name) (*Domain, error) {
	return db.One(tx, scan, `
		SELECT pool_id, region, name, doc
		FROM domain
		WHERE name = $1 AND region = $2`,
		name.Text, name.Region)
}

// Update replaces the settings of a domain, or answers db.ErrNotFound.
func Update(tx *db.Tx, d *Domain) error {
	doc, err := d.encode()
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		UPDATE domain
		SET doc = $1
		WHERE pool_id = $2 AND region = $3 AND name = $4`,
		doc, string(d.Pool), d.Name.Region, d.Name.Text)
	if err != nil {
		return fmt.Errorf("update domain: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	tx.Changed(Table)
	return nil
}

// Delete removes a domain of a pool, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, name Name) error {
	rows, err := tx.Exec(`
		DELETE FROM domain
		WHERE pool_id = $1 AND region = $2 AND name = $3`,
		string(pool), name.Region, name.Text)
	if err != nil {
		return fmt.Errorf("delete domain: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	tx.Changed(Table)
	return nil
}

func (d *Domain) encode() (string, error) {
	doc, err := json.Marshal(&d.Doc)
	if err != nil {
		return "", fmt.Errorf("encode domain: %w", err)
	}
	return string(doc), nil
}

func scan(row db.Scanner) (*Domain, error) {
	var pool, doc string
	var d Domain
	if err := row.Scan(&pool, &d.Name.Region, &d.Name.Text, &doc); err != nil {
		return nil, err
	}
	d.Pool = id.Pool(pool)
	if err := json.Unmarshal([]byte(doc), &d.Doc); err != nil {
		return nil, fmt.Errorf("decode domain: %w", err)
	}
	return &d, nil
}
