package session

import (
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Sweep walks over the sessions of a pool, in the order of their ids, to end those whose sign-in was before a moment.
type Sweep struct {
	Pool   id.Pool
	Before time.Time
	After  string // the last id that was seen; empty: begin
	Limit  int    // how many are looked at at once
}

// End ends the next sessions of a sweep that have not ended, and says how many. more is false when there are none to look at any more. The
// moment of a session's sign-in counts, not that of its last use. It is kept in whole seconds: one of the moment's own second is as old as the
// session.
func (w *Sweep) End(tx *db.Tx) (ended int64, more bool, err error) {
	through, err := db.One(tx, scanID, `
		SELECT id
		FROM session
		WHERE pool_id = $1 AND id > $2
		ORDER BY id
		LIMIT 1 OFFSET $3`,
		w.Pool, w.After, w.Limit-1)
	more = !errors.Is(err, db.ErrNotFound)
	if !more {
		through, err = "~", nil // behind all ids, which are UUIDs
	}
	if err != nil {
		return 0, false, fmt.Errorf("find sessions to end: %w", err)
	}
	ended, err = tx.Exec(`
		UPDATE session
		SET revoked = $1
		WHERE pool_id = $2 AND id > $3 AND id <= $4 AND revoked = 0 AND expires > $1
			AND (created < $5 OR auth_time < $6)`,
		db.Millis(tx.Now), w.Pool, w.After, through, db.Millis(w.Before), db.Millis(w.Before.Truncate(time.Second)))
	if err != nil {
		return 0, false, fmt.Errorf("end sessions: %w", err)
	}
	tx.OnCommit(func() { w.After = through })
	return ended, more, nil
}

func scanID(row db.Scanner) (name string, err error) {
	err = row.Scan(&name)
	return name, err
}
