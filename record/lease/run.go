package lease

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"cardea/platform/db"
)

// Succeeded stores when jobs last succeeded, by their names, unless another node has stored a later moment.
func Succeeded(tx *db.Tx, runs map[string]time.Time) error {
	for _, name := range slices.Sorted(maps.Keys(runs)) { // in one order, so that nodes do not wait for each other in a circle
		_, err := tx.Exec(`
			INSERT INTO job_run (name, succeeded)
			VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE
			SET succeeded = excluded.succeeded
			WHERE job_run.succeeded < excluded.succeeded`,
			name, db.Millis(runs[name]))
		if err != nil {
			return fmt.Errorf("store success of job %s: %w", name, err)
		}
	}
	return nil
}

// run is a row of job_run.
type run struct {
	name      string
	succeeded time.Time
}

// Runs answers when each job last succeeded on any node, by its name.
func Runs(tx *db.Tx) (map[string]time.Time, error) {
	rows, err := db.All(tx, func(row db.Scanner) (r run, err error) {
		var succeeded int64
		err = row.Scan(&r.name, &succeeded)
		r.succeeded = db.Time(succeeded)
		return r, err
	}, `
		SELECT name, succeeded
		FROM job_run`)
	if err != nil {
		return nil, fmt.Errorf("list successes of jobs: %w", err)
	}
	runs := map[string]time.Time{}
	for _, r := range rows {
		runs[r.name] = r.succeeded
	}
	return runs, nil
}
