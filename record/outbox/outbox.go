package outbox

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Row is one message. An empty Medium is a decoy: it is written so that a message to an unknown user costs what one to a
// known user does, and is deleted instead of being delivered.
type Row struct {
	Pool      id.Pool
	ID        string // grows with time
	Queue     int64  // the queue that it is delivered from
	Medium    string // "EMAIL" or "SMS"; "FUNCTION:" before it if a function of the pool sends the message
	Recipient string // a keyed hash of the address, to find its messages by
	Content   []byte // sealed
	Written   time.Time
	Attempts  int64
	Due       time.Time // when to deliver it, or when the claim of the node that tries to expires
	Expires   time.Time // when it is deleted instead of delivered
}

// Shown tells whether an inbox shows the message: not decoys, and not what a function sends, since only that writes it.
func (r *Row) Shown() bool { return r.Medium == "EMAIL" || r.Medium == "SMS" }

const columns = "pool_id, id, queue, medium, recipient, content, written, attempts, due, expires"

// Insert adds a message.
func Insert(tx *db.Tx, r *Row) error {
	_, err := tx.Exec(`
		INSERT INTO outbox (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.Pool, r.ID, r.Queue, r.Medium, r.Recipient, r.Content, db.Millis(r.Written), r.Attempts, db.Millis(r.Due),
		db.Millis(r.Expires))
	if err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	return nil
}

// Newest lists up to limit messages that an inbox shows, the newest first; recipient narrows it to one address's, unless empty.
func Newest(tx *db.Tx, recipient string, limit int) ([]*Row, error) {
	if recipient != "" {
		return db.All(tx, scan, `
			SELECT `+columns+`
			FROM outbox
			WHERE recipient = $1 AND medium IN ('EMAIL', 'SMS')
			ORDER BY written DESC, id DESC
			LIMIT $2`,
			recipient, limit)
	}
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM outbox
		WHERE medium IN ('EMAIL', 'SMS')
		ORDER BY written DESC, id DESC
		LIMIT $1`,
		limit)
}

// Get finds a message, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, name string) (*Row, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM outbox
		WHERE pool_id = $1 AND id = $2`,
		pool, name)
}

// Due lists up to limit messages of a queue whose time has come, the longest overdue first.
func Due(tx *db.Tx, queue int64, limit int) ([]*Row, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM outbox
		WHERE queue = $1 AND due <= $2
		ORDER BY due
		LIMIT $3`,
		queue, db.Millis(tx.Now), limit)
}

// Claim takes a message for an attempt of a node at delivering it, until the moment given. It answers db.ErrStale when another
// has claimed it before.
func Claim(tx *db.Tx, r *Row, until time.Time, node string) error {
	rows, err := tx.Exec(`
		UPDATE outbox
		SET due = $1, attempts = attempts + 1, claimed_by = $5
		WHERE pool_id = $2 AND id = $3 AND due = $4`,
		db.Millis(until), r.Pool, r.ID, db.Millis(r.Due), node)
	if err != nil {
		return fmt.Errorf("claim message: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	return nil
}

// Postpone gives a claimed message back, to be tried again at a later moment.
func Postpone(tx *db.Tx, r *Row, due time.Time) error {
	_, err := tx.Exec(`
		UPDATE outbox
		SET due = $1, claimed_by = ''
		WHERE pool_id = $2 AND id = $3 AND due = $4`,
		db.Millis(due), r.Pool, r.ID, db.Millis(r.Due))
	if err != nil {
		return fmt.Errorf("postpone message: %w", err)
	}
	return nil
}

// Release makes what a node has claimed and not concluded due at once: it has died.
func Release(tx *db.Tx, node string) error {
	_, err := tx.Exec(`
		UPDATE outbox
		SET due = $1, claimed_by = ''
		WHERE claimed_by = $2 AND claimed_by <> ''`,
		db.Millis(tx.Now), node)
	if err != nil {
		return fmt.Errorf("release messages: %w", err)
	}
	return nil
}

// Delete removes a message that was delivered or will not be.
func Delete(tx *db.Tx, r *Row) error {
	_, err := tx.Exec(`
		DELETE FROM outbox
		WHERE pool_id = $1 AND id = $2`,
		r.Pool, r.ID)
	if err != nil {
		return fmt.Errorf("delete message: %w", err)
	}
	return nil
}

// Prune removes up to limit rows that an inbox does not need: decoys, those written before a moment, and all but the
// newest keep. It answers how many.
func Prune(tx *db.Tx, before time.Time, keep, limit int) (int, error) {
	oldest, err := db.All(tx, scanMillis, `
		SELECT written
		FROM outbox
		ORDER BY written DESC
		LIMIT 1 OFFSET $1`,
		keep)
	if err != nil {
		return 0, fmt.Errorf("find surplus messages: %w", err)
	}
	edge := db.Millis(before)
	if len(oldest) == 1 && oldest[0] >= edge {
		edge = oldest[0] + 1
	}
	rows, err := tx.Exec(`
		DELETE FROM outbox
		WHERE (pool_id, id) IN (
			SELECT pool_id, id
			FROM outbox
			WHERE written < $1 OR medium = ''
			ORDER BY written
			LIMIT $2
		)`,
		edge, limit)
	if err != nil {
		return 0, fmt.Errorf("prune messages: %w", err)
	}
	return int(rows), nil
}

func scan(row db.Scanner) (*Row, error) {
	var r Row
	var written, due, expires int64
	err := row.Scan((*string)(&r.Pool), &r.ID, &r.Queue, &r.Medium, &r.Recipient, &r.Content, &written, &r.Attempts, &due, &expires)
	r.Written, r.Due, r.Expires = db.Time(written), db.Time(due), db.Time(expires)
	return &r, err
}

func scanMillis(row db.Scanner) (ms int64, err error) {
	err = row.Scan(&ms)
	return ms, err
}
