package policy

import (
	"fmt"
	"strings"

	"cardea/platform/db"
)

// Query asks for managed policies of the account.
type Query struct {
	Path  string // what their paths begin with
	Used  bool   // only those that somebody has, as Use says
	Use   Use
	After string // the name of the last policy that is known already
	Limit int
}

// List returns policies of the account in the order of their names, in lower case.
func List(tx *db.Tx, q Query) ([]*Managed, error) {
	a, b := q.Use.values()
	list, err := db.All(tx, scanManaged, `
		SELECT `+managedColumns+`
		FROM managed_policy m
		WHERE name_key > $1 AND path >= $2 AND path < $3
			AND ($4 = FALSE OR EXISTS (
				SELECT 1
				FROM attached_policy a
				WHERE a.policy_arn = m.arn AND (a.boundary = $5 OR a.boundary = $6)))
		ORDER BY name_key
		LIMIT $7`,
		strings.ToLower(q.After), q.Path, db.AfterPrefix(q.Path), q.Used, a, b, q.Limit)
	if err != nil {
		return nil, fmt.Errorf("list policies: %w", err)
	}
	return list, nil
}
