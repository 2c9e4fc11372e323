package policy

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/spec/iam"
	"cardea/spec/id"
)

// Table is the name under which db.Cache finds changes of policies, as of principals.
const Table = "iam"

const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// Managed is a managed policy of the account.
type Managed struct {
	ID      string // 21 characters; Insert makes it
	ARN     string
	Version int64 // of the row: grows by one with every change
	Name    string
	Path    string // begins and ends with a slash
	Default int64  // the number of the version in force
	Last    int64  // the number of the newest version that there ever was
	Doc     Doc
	Created time.Time
	Updated time.Time // when the newest version was made
}

// Doc is what is not searched for.
type Doc struct {
	Description string    `json:",omitzero"`
	Tags        []iam.Tag `json:",omitzero"`
}

// Version is one version of a managed policy.
type Version struct {
	Number   int64 // 1 for "v1"
	Document string
	Created  time.Time
}

const managedColumns = "id, arn, version, name, path, default_number, last_number, doc, created, updated"

// Insert adds a new policy whose first version has the document given. A policy of the same name gives db.ErrExists.
func Insert(tx *db.Tx, m *Managed, document string) error {
	doc, err := json.Marshal(m.Doc)
	if err != nil {
		return fmt.Errorf("encode policy %s: %w", m.Name, err)
	}
	m.ID, m.Version, m.Default, m.Last = "ANPA"+id.Random(idAlphabet, 17), 1, 1, 1
	m.Created, m.Updated = tx.Now, tx.Now
	rows, err := tx.Exec(`
		INSERT INTO managed_policy (name_key, id, arn, version, name, path, default_number, last_number, doc, created, updated)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT DO NOTHING`,
		strings.ToLower(m.Name), m.ID, m.ARN, m.Version, m.Name, m.Path, m.Default, m.Last, string(doc), db.Millis(m.Created), db.Millis(m.Updated))
	if err != nil {
		return fmt.Errorf("insert policy %s: %w", m.Name, err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return AddVersion(tx, m.ID, 1, document)
}

// Get finds a policy of the account by its ARN, or answers db.ErrNotFound.
func Get(tx *db.Tx, arn string) (*Managed, error) {
	return db.One(tx, scanManaged, `
		SELECT `+managedColumns+`
		FROM managed_policy
		WHERE arn = $1`,
		arn)
}

// Update writes the policy's default version, newest version, document and when it was updated, if it is still the version that
// was read, and answers db.ErrStale if it is not.
func Update(tx *db.Tx, m *Managed) error {
	doc, err := json.Marshal(m.Doc)
	if err != nil {
		return fmt.Errorf("encode policy %s: %w", m.Name, err)
	}
	rows, err := tx.Exec(`
		UPDATE managed_policy
		SET version = version + 1, default_number = $1, last_number = $2, doc = $3, updated = $4
		WHERE arn = $5 AND version = $6`,
		m.Default, m.Last, string(doc), db.Millis(m.Updated), m.ARN, m.Version)
	if err != nil {
		return fmt.Errorf("update policy %s: %w", m.Name, err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	m.Version++
	tx.Changed(Table)
	return nil
}

// Delete removes a policy with its versions, or answers db.ErrNotFound. Nobody may have it any more.
func Delete(tx *db.Tx, m *Managed) error {
	rows, err := tx.Exec(`
		DELETE FROM managed_policy
		WHERE arn = $1`,
		m.ARN)
	if err != nil {
		return fmt.Errorf("delete policy %s: %w", m.Name, err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	if _, err := tx.Exec(`
		DELETE FROM managed_policy_version
		WHERE policy_id = $1`,
		m.ID); err != nil {
		return fmt.Errorf("delete versions of policy %s: %w", m.Name, err)
	}
	tx.Changed(Table)
	return nil
}

// Count is how many policies the account has.
func Count(tx *db.Tx) (int, error) {
	n, err := db.One(tx, scanCount, `SELECT COUNT(*) FROM managed_policy`)
	if err != nil {
		return 0, fmt.Errorf("count policies: %w", err)
	}
	return n, nil
}

// CountVersions counts the versions of all policies of the account.
func CountVersions(tx *db.Tx) (int, error) {
	n, err := db.One(tx, scanCount, `
		SELECT COUNT(*)
		FROM managed_policy_version`)
	if err != nil {
		return 0, fmt.Errorf("count versions of policies: %w", err)
	}
	return n, nil
}

// AddVersion adds a version to a policy.
func AddVersion(tx *db.Tx, policyID string, number int64, document string) error {
	_, err := tx.Exec(`
		INSERT INTO managed_policy_version (policy_id, number, document, created)
		VALUES ($1, $2, $3, $4)`,
		policyID, number, document, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("insert version %d of policy %s: %w", number, policyID, err)
	}
	tx.Changed(Table)
	return nil
}

// GetVersion finds a version of a policy, or answers db.ErrNotFound.
func GetVersion(tx *db.Tx, policyID string, number int64) (*Version, error) {
	return db.One(tx, scanVersion, `
		SELECT number, document, created
		FROM managed_policy_version
		WHERE policy_id = $1 AND number = $2`,
		policyID, number)
}

// Versions returns the versions of a policy, the newest first. There are five at most.
func Versions(tx *db.Tx, policyID string) ([]*Version, error) {
	list, err := db.All(tx, scanVersion, `
		SELECT number, document, created
		FROM managed_policy_version
		WHERE policy_id = $1
		ORDER BY number DESC`,
		policyID)
	if err != nil {
		return nil, fmt.Errorf("list versions of policy %s: %w", policyID, err)
	}
	return list, nil
}

// DeleteVersion removes a version of a policy, or answers db.ErrNotFound.
func DeleteVersion(tx *db.Tx, policyID string, number int64) error {
	rows, err := tx.Exec(`
		DELETE FROM managed_policy_version
		WHERE policy_id = $1 AND number = $2`,
		policyID, number)
	if err != nil {
		return fmt.Errorf("delete version %d of policy %s: %w", number, policyID, err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	tx.Changed(Table)
	return nil
}

func scanManaged(row db.Scanner) (*Managed, error) {
	m := &Managed{}
	var doc string
	var created, updated int64
	err := row.Scan(&m.ID, &m.ARN, &m.Version, &m.Name, &m.Path, &m.Default, &m.Last, &doc, &created, &updated)
	if err != nil {
		return nil, err
	}
	m.Created, m.Updated = db.Time(created), db.Time(updated)
	if err := json.Unmarshal([]byte(doc), &m.Doc); err != nil {
		return nil, fmt.Errorf("decode policy %s: %w", m.Name, err)
	}
	return m, nil
}

func scanCount(row db.Scanner) (n int, err error) {
	err = row.Scan(&n)
	return n, err
}

func scanVersion(row db.Scanner) (*Version, error) {
	v := &Version{}
	var created int64
	err := row.Scan(&v.Number, &v.Document, &created)
	v.Created = db.Time(created)
	return v, err
}
