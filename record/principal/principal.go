package principal

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/spec/arn"
	"cardea/spec/iam"
	"cardea/spec/id"
)

// Table is the name under which db.Cache finds changes of principals and of the policies that they have.
const Table = "iam"

// Kind is what a principal is.
type Kind string

// The kinds.
const (
	Role  Kind = "role"
	User  Kind = "user"
	Group Kind = "group"
)

// prefixes begin the ids of each kind, as in AWS.
var prefixes = map[Kind]string{Role: "AROA", User: "AIDA", Group: "AGPA"}

const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// Principal is a role, a user or a group.
type Principal struct {
	Kind    Kind
	ID      string // 20 characters; Insert makes it
	Version int64  // grows by one with every change
	Name    string
	Path    string // begins and ends with a slash
	Doc     Doc
	Created time.Time
}

// Doc is what is not searched for.
type Doc struct {
	Description string    `json:",omitzero"` // of a role
	Trust       string    `json:",omitzero"` // of a role: the policy that says who may assume it
	MaxSession  int64     `json:",omitzero"` // of a role, in seconds
	Tags        []iam.Tag `json:",omitzero"` // of roles and users
}

// ARN is the principal's ARN in an account.
func (p *Principal) ARN(account arn.Account) string {
	return account.IAM(string(p.Kind) + p.Path + p.Name)
}

// Insert adds a new principal under a new id. A principal of the same kind and name gives db.ErrExists.
func Insert(tx *db.Tx, p *Principal) error {
	doc, err := json.Marshal(p.Doc)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", p.Kind, p.Name, err)
	}
	p.ID, p.Version, p.Created = prefixes[p.Kind]+id.Random(idAlphabet, 16), 1, tx.Now
	rows, err := tx.Exec(`
		INSERT INTO principal (kind, name_key, id, version, name, path, doc, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT DO NOTHING`,
		string(p.Kind), key(p.Name), p.ID, p.Version, p.Name, p.Path, string(doc), db.Millis(p.Created))
	if err != nil {
		return fmt.Errorf("insert %s %s: %w", p.Kind, p.Name, err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	tx.Changed(Table)
	return nil
}

// Get finds the principal of a kind by its name, or answers db.ErrNotFound.
func Get(tx *db.Tx, kind Kind, name string) (*Principal, error) {
	return db.One(tx, scan, `
		SELECT kind, id, version, name, path, doc, created
		FROM principal
		WHERE kind = $1 AND name_key = $2`,
		string(kind), key(name))
}

// ByID finds a principal by its id, or answers db.ErrNotFound.
func ByID(tx *db.Tx, principalID string) (*Principal, error) {
	return db.One(tx, scan, `
		SELECT kind, id, version, name, path, doc, created
		FROM principal
		WHERE id = $1`,
		principalID)
}

// Update writes name, path and document if the principal is still the version that was read, and answers db.ErrStale if
// it is not, and db.ErrExists if another one of its kind has the new name.
func Update(tx *db.Tx, p *Principal) error {
	doc, err := json.Marshal(p.Doc)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", p.Kind, p.Name, err)
	}
	other, err := Get(tx, p.Kind, p.Name)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return fmt.Errorf("find %s %s: %w", p.Kind, p.Name, err)
	}
	if err == nil && other.ID != p.ID {
		return db.ErrExists
	}
	rows, err := tx.Exec(`
		UPDATE principal
		SET name_key = $1, version = version + 1, name = $2, path = $3, doc = $4
		WHERE id = $5 AND version = $6`,
		key(p.Name), p.Name, p.Path, string(doc), p.ID, p.Version)
	if err != nil {
		return fmt.Errorf("update %s %s: %w", p.Kind, p.Name, err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	p.Version++
	tx.Changed(Table)
	return nil
}

// Delete removes a principal and its memberships, or answers db.ErrNotFound. Its policies and keys must be gone.
func Delete(tx *db.Tx, principalID string) error {
	rows, err := tx.Exec(`
		DELETE FROM principal
		WHERE id = $1`,
		principalID)
	if err != nil {
		return fmt.Errorf("delete principal %s: %w", principalID, err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	if _, err := tx.Exec(`
		DELETE FROM principal_member
		WHERE group_id = $1 OR user_id = $1`,
		principalID); err != nil {
		return fmt.Errorf("delete memberships of %s: %w", principalID, err)
	}
	tx.Changed(Table)
	return nil
}

// List returns up to limit principals of a kind in the order of their names, from the first whose name comes after the one
// given. Only those whose path begins with prefix count; "" and "/" are all.
func List(tx *db.Tx, kind Kind, prefix, after string, limit int) ([]*Principal, error) {
	to := db.AfterPrefix(prefix)
	list, err := db.All(tx, scan, `
		SELECT kind, id, version, name, path, doc, created
		FROM principal
		WHERE kind = $1 AND name_key > $2 AND path >= $3 AND path < $4
		ORDER BY name_key
		LIMIT $5`,
		string(kind), key(after), prefix, to, limit)
	if err != nil {
		return nil, fmt.Errorf("list principals: %w", err)
	}
	return list, nil
}

// Count counts the principals of a kind.
func Count(tx *db.Tx, kind Kind) (int, error) {
	n, err := db.One(tx, scanCount, `
		SELECT COUNT(*)
		FROM principal
		WHERE kind = $1`,
		string(kind))
	if err != nil {
		return 0, fmt.Errorf("count principals: %w", err)
	}
	return n, nil
}

func scanCount(row db.Scanner) (n int, err error) {
	err = row.Scan(&n)
	return n, err
}

func key(name string) string { return strings.ToLower(name) }

func scan(row db.Scanner) (*Principal, error) {
	p := &Principal{}
	var kind, doc string
	var created int64
	if err := row.Scan(&kind, &p.ID, &p.Version, &p.Name, &p.Path, &doc, &created); err != nil {
		return nil, err
	}
	p.Kind, p.Created = Kind(kind), db.Time(created)
	if err := json.Unmarshal([]byte(doc), &p.Doc); err != nil {
		return nil, fmt.Errorf("decode %s %s: %w", p.Kind, p.Name, err)
	}
	return p, nil
}
