package terms

import (
	"encoding/json"
	"fmt"

	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Terms is one document of a client, as DescribeTerms shows it.
type Terms = cognitoidp.TermsType

// Insert adds a document; if the client has one of its name, it answers db.ErrExists.
func Insert(tx *db.Tx, t *Terms) error {
	doc, err := encode(t)
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		INSERT INTO terms (pool_id, terms_id, client_id, name, doc)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`,
		t.UserPoolId, t.TermsId, t.ClientId, t.TermsName, doc)
	if err != nil {
		return fmt.Errorf("insert terms: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Get finds a document by its id, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, termsID string) (*Terms, error) {
	return db.One(tx, scan, `
		SELECT doc
		FROM terms
		WHERE pool_id = $1 AND terms_id = $2`,
		string(pool), termsID)
}

// Find finds the document of a client by its name, or answers db.ErrNotFound.
func Find(tx *db.Tx, pool id.Pool, client id.Client, name string) (*Terms, error) {
	return db.One(tx, scan, `
		SELECT doc
		FROM terms
		WHERE pool_id = $1 AND client_id = $2 AND name = $3`,
		string(pool), string(client), name)
}

// Update replaces a document, or answers db.ErrNotFound. No other document of the client may have its name.
func Update(tx *db.Tx, t *Terms) error {
	doc, err := encode(t)
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		UPDATE terms
		SET name = $1, doc = $2
		WHERE pool_id = $3 AND terms_id = $4`,
		t.TermsName, doc, t.UserPoolId, t.TermsId)
	if err != nil {
		return fmt.Errorf("update terms: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// Delete removes a document, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, termsID string) error {
	rows, err := tx.Exec(`
		DELETE FROM terms
		WHERE pool_id = $1 AND terms_id = $2`,
		string(pool), termsID)
	if err != nil {
		return fmt.Errorf("delete terms: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// List gives up to limit documents of the pool in the order of their ids, beginning behind after (empty: at the first).
func List(tx *db.Tx, pool id.Pool, after string, limit int) ([]*Terms, error) {
	return db.All(tx, scan, `
		SELECT doc
		FROM terms
		WHERE pool_id = $1 AND terms_id > $2
		ORDER BY terms_id
		LIMIT $3`,
		string(pool), after, limit)
}

func encode(t *Terms) (string, error) {
	doc, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode terms: %w", err)
	}
	return string(doc), nil
}

func scan(row db.Scanner) (*Terms, error) {
	var doc string
	if err := row.Scan(&doc); err != nil {
		return nil, err
	}
	t := &Terms{}
	if err := json.Unmarshal([]byte(doc), t); err != nil {
		return nil, fmt.Errorf("decode terms: %w", err)
	}
	return t, nil
}
