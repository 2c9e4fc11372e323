package policy

import (
	"fmt"

	"cardea/platform/db"
)

// Usage is how many principals have a managed policy.
type Usage struct {
	Attached int64 // as a policy
	Boundary int64 // as their permissions boundary
}

// UsageOf counts who has the managed policy with an ARN.
func UsageOf(tx *db.Tx, policyARN string) (Usage, error) {
	found, err := Usages(tx, policyARN, policyARN+"\x01") // what is between begins with the ARN and goes on with a character that no ARN has
	return found[policyARN], err
}

// Usages counts who has the managed policies whose ARNs are from one text on and before another, by their ARNs. Those that nobody
// has are left out.
func Usages(tx *db.Tx, from, before string) (map[string]Usage, error) {
	rows, err := db.All(tx, scanUsage, `
		SELECT policy_arn, boundary, COUNT(*)
		FROM attached_policy
		WHERE policy_arn >= $1 AND policy_arn < $2
		GROUP BY policy_arn, boundary`,
		from, before)
	if err != nil {
		return nil, fmt.Errorf("count who has policies from %s on: %w", from, err)
	}
	all := map[string]Usage{}
	for _, row := range rows {
		sum := all[row.arn]
		sum.Attached += row.Attached
		sum.Boundary += row.Boundary
		all[row.arn] = sum
	}
	return all, nil
}

type usageRow struct {
	arn string
	Usage
}

func scanUsage(row db.Scanner) (u usageRow, err error) {
	var boundary bool
	var n int64
	if err := row.Scan(&u.arn, &boundary, &n); err != nil {
		return u, err
	}
	if boundary {
		u.Boundary = n
	} else {
		u.Attached = n
	}
	return u, nil
}

// Use is one of the ways in which principals have managed policies, or any of them.
type Use int

// The uses.
const (
	AnyUse Use = iota
	AttachedUse
	BoundaryUse
)

// Has reports whether somebody uses the policy so.
func (u Usage) Has(use Use) bool {
	return use != BoundaryUse && u.Attached > 0 || use != AttachedUse && u.Boundary > 0
}

// values are the two values of the column boundary that a use has.
func (u Use) values() (a, b bool) {
	switch u {
	case AttachedUse:
		return false, false
	case BoundaryUse:
		return true, true
	}
	return false, true
}

// Holder is a role, user or group that has a managed policy.
type Holder struct {
	ID   string
	Kind string // as record/principal has it
	Name string
}

// HolderQuery asks who has a managed policy.
type HolderQuery struct {
	ARN   string
	Use   Use
	Kind  string // "" for all
	Path  string // what the holder's path begins with
	After string // the id of the last holder that is known already
	Limit int
}

// Holders returns who has a managed policy in the order of their ids, each once.
func Holders(tx *db.Tx, q HolderQuery) ([]Holder, error) {
	a, b := q.Use.values()
	list, err := db.All(tx, scanHolder, `
		SELECT DISTINCT p.id, p.kind, p.name
		FROM attached_policy a
		JOIN principal p ON p.id = a.principal_id
		WHERE a.policy_arn = $1 AND (a.boundary = $2 OR a.boundary = $3) AND a.principal_id > $4
			AND (p.kind = $5 OR $5 = '') AND p.path >= $6 AND p.path < $7
		ORDER BY p.id
		LIMIT $8`,
		q.ARN, a, b, q.After, q.Kind, q.Path, db.AfterPrefix(q.Path), q.Limit)
	if err != nil {
		return nil, fmt.Errorf("list who has %s: %w", q.ARN, err)
	}
	return list, nil
}

func scanHolder(row db.Scanner) (h Holder, err error) {
	err = row.Scan(&h.ID, &h.Kind, &h.Name)
	return h, err
}
