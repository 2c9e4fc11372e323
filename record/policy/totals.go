package policy

import (
	"fmt"

	"cardea/platform/db"
)

// Totals counts the managed policies of the account, and all their versions.
func Totals(tx *db.Tx) (policies, versions int, err error) {
	scan := func(row db.Scanner) (struct{}, error) { return struct{}{}, row.Scan(&policies, &versions) }
	_, err = db.One(tx, scan, `
		SELECT (SELECT COUNT(*) FROM managed_policy), (SELECT COUNT(*) FROM managed_policy_version)`)
	if err != nil {
		return 0, 0, fmt.Errorf("count policies: %w", err)
	}
	return policies, versions, nil
}
