package limit

import (
	"fmt"

	"cardea/platform/db"
)

// row is a row of provisioned_limit.
type row struct {
	category string
	value    int64
}

// All are the limits that were set, in requests per second, by category.
func All(tx *db.Tx) (map[string]int64, error) {
	rows, err := db.All(tx, func(s db.Scanner) (r row, err error) {
		err = s.Scan(&r.category, &r.value)
		return r, err
	}, `
		SELECT category, value
		FROM provisioned_limit`)
	if err != nil {
		return nil, fmt.Errorf("list provisioned limits: %w", err)
	}
	set := make(map[string]int64, len(rows))
	for _, r := range rows {
		set[r.category] = r.value
	}
	return set, nil
}

// Set stores the limit of a category.
func Set(tx *db.Tx, category string, value int64) error {
	_, err := tx.Exec(`
		INSERT INTO provisioned_limit (category, value)
		VALUES ($1, $2)
		ON CONFLICT (category) DO UPDATE
		SET value = excluded.value`,
		category, value)
	if err != nil {
		return fmt.Errorf("set provisioned limit: %w", err)
	}
	return nil
}

// Unset removes the limit of a category, if one was set.
func Unset(tx *db.Tx, category string) error {
	_, err := tx.Exec(`
		DELETE FROM provisioned_limit
		WHERE category = $1`,
		category)
	if err != nil {
		return fmt.Errorf("remove provisioned limit: %w", err)
	}
	return nil
}
