package group

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Group is one group of a pool.
type Group struct {
	Pool        id.Pool
	Name        string
	Description string
	RoleArn     string
	Precedence  *int64 // nil when none was given
	Created     time.Time
	Modified    time.Time
}

// Compare orders groups by the rank of their roles: by precedence, those without one last, equals by name.
func Compare(a, b Group) int {
	switch {
	case a.Precedence != nil && b.Precedence != nil && *a.Precedence != *b.Precedence:
		return cmp.Compare(*a.Precedence, *b.Precedence)
	case a.Precedence != nil && b.Precedence == nil:
		return -1
	case a.Precedence == nil && b.Precedence != nil:
		return 1
	}
	return cmp.Compare(a.Name, b.Name)
}

// doc holds the members that no query searches by.
type doc struct {
	Description string `json:",omitzero"`
	RoleArn     string `json:",omitzero"`
}

const columns = `g.pool_id, g.name, g.precedence, g.doc, g.created, g.modified`

// Insert adds a group, or answers db.ErrExists.
func Insert(tx *db.Tx, g *Group) error {
	text, err := json.Marshal(doc{g.Description, g.RoleArn})
	if err != nil {
		return fmt.Errorf("encode group: %w", err)
	}
	rows, err := tx.Exec(`
		INSERT INTO user_group (pool_id, name, precedence, doc, created, modified)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`,
		g.Pool, g.Name, g.Precedence, string(text), db.Millis(g.Created), db.Millis(g.Modified))
	if err == nil && rows == 0 {
		return db.ErrExists
	}
	return err
}

// Get loads a group, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, name string) (*Group, error) {
	g, err := db.One(tx, scan, `
		SELECT `+columns+`
		FROM user_group g
		WHERE g.pool_id = $1 AND g.name = $2`,
		pool, name)
	if err != nil {
		return nil, err
	}
	return &g, nil
}

// Update overwrites a group, or answers db.ErrNotFound.
func Update(tx *db.Tx, g *Group) error {
	text, err := json.Marshal(doc{g.Description, g.RoleArn})
	if err != nil {
		return fmt.Errorf("encode group: %w", err)
	}
	rows, err := tx.Exec(`
		UPDATE user_group
		SET precedence = $3, doc = $4, modified = $5
		WHERE pool_id = $1 AND name = $2`,
		g.Pool, g.Name, g.Precedence, string(text), db.Millis(g.Modified))
	if err == nil && rows == 0 {
		return db.ErrNotFound
	}
	return err
}

// Delete removes a group and all memberships of it, or answers db.ErrNotFound.
func Delete(tx *db.Tx, pool id.Pool, name string) error {
	rows, err := tx.Exec(`
		DELETE FROM user_group
		WHERE pool_id = $1 AND name = $2`,
		pool, name)
	if err != nil {
		return err
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	_, err = tx.Exec(`
		DELETE FROM group_member
		WHERE pool_id = $1 AND name = $2`,
		pool, name)
	return err
}

// List loads up to limit groups in the order of their names, beginning after one.
func List(tx *db.Tx, pool id.Pool, after string, limit int) ([]Group, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM user_group g
		WHERE g.pool_id = $1 AND g.name > $2
		ORDER BY g.name
		LIMIT $3`,
		pool, after, limit)
}

// Count counts a pool's groups.
func Count(tx *db.Tx, pool id.Pool) (int64, error) {
	return db.One(tx, scanCount, `
		SELECT COUNT(*)
		FROM user_group
		WHERE pool_id = $1`,
		pool)
}

func scan(row db.Scanner) (g Group, err error) {
	var text string
	var created, modified int64
	if err := row.Scan(&g.Pool, &g.Name, &g.Precedence, &text, &created, &modified); err != nil {
		return g, err
	}
	var d doc
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return g, fmt.Errorf("decode group %s: %w", g.Name, err)
	}
	g.Description, g.RoleArn = d.Description, d.RoleArn
	g.Created, g.Modified = db.Time(created), db.Time(modified)
	return g, nil
}

func scanCount(row db.Scanner) (n int64, err error) { return n, row.Scan(&n) }
