package policy

import (
	"fmt"

	"cardea/platform/db"
)

// Inline is a policy that belongs to one principal.
type Inline struct {
	Name     string
	Document string
}

// PutInline gives a principal an inline policy, in the place of one of the same name.
func PutInline(tx *db.Tx, principalID string, p Inline) error {
	_, err := tx.Exec(`
		INSERT INTO inline_policy (principal_id, name, document)
		VALUES ($1, $2, $3)
		ON CONFLICT (principal_id, name) DO UPDATE SET document = excluded.document`,
		principalID, p.Name, p.Document)
	if err != nil {
		return fmt.Errorf("put inline policy %s of %s: %w", p.Name, principalID, err)
	}
	tx.Changed(Table)
	return nil
}

// InlineOf returns the inline policies of a principal in the order of their names.
func InlineOf(tx *db.Tx, principalID string) ([]Inline, error) {
	list, err := db.All(tx, scanInline, `
		SELECT name, document
		FROM inline_policy
		WHERE principal_id = $1
		ORDER BY name`,
		principalID)
	if err != nil {
		return nil, fmt.Errorf("list inline policies of %s: %w", principalID, err)
	}
	return list, nil
}

// GetInline finds an inline policy of a principal by its name, or answers db.ErrNotFound.
func GetInline(tx *db.Tx, principalID, name string) (Inline, error) {
	return db.One(tx, scanInline, `
		SELECT name, document
		FROM inline_policy
		WHERE principal_id = $1 AND name = $2`,
		principalID, name)
}

// DeleteInline removes an inline policy, or answers db.ErrNotFound.
func DeleteInline(tx *db.Tx, principalID, name string) error {
	rows, err := tx.Exec(`
		DELETE FROM inline_policy
		WHERE principal_id = $1 AND name = $2`,
		principalID, name)
	if err != nil {
		return fmt.Errorf("delete inline policy %s of %s: %w", name, principalID, err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	tx.Changed(Table)
	return nil
}

func scanInline(row db.Scanner) (p Inline, err error) {
	err = row.Scan(&p.Name, &p.Document)
	return p, err
}
