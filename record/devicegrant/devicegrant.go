package devicegrant

import (
	"encoding/json"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// State is how far a grant has come.
type State string

// The states.
const (
	Pending State = "pending" // nobody has signed in for it
	Asked   State = "asked"   // a user has signed in, and is asked
	Allowed State = "allowed" // the device may have its tokens
	Denied  State = "denied"
	Used    State = "used" // it has had them
)

// Grant is a device that waits.
type Grant struct {
	Pool     id.Pool
	ID       string
	Hash     string // of the device code
	UserCode string
	Client   id.Client
	State    State
	Secret   string // the hash of what the browser that is asked has
	Sub      id.Sub // who has signed in there
	Doc      Doc
	Polled   time.Time     // when the device has asked last; zero: not yet
	Pause    time.Duration // that it has to wait before it asks again
	Created  time.Time
	Expires  time.Time
}

// Doc is what is asked for, and what was proven.
type Doc struct {
	Scopes      []string  `json:"scopes,omitzero"` // nil: whatever the client may have
	Proofs      []string  `json:"proofs,omitzero"`
	SSO         string    `json:"sso,omitzero"`
	AuthTime    time.Time `json:"auth_time,omitzero"`
	PasswordSet time.Time `json:"password_set,omitzero"` // the user's, when they signed in
	Answered    time.Time `json:"answered,omitzero"`     // when they did that
}

const columns = "pool_id, id, hash, user_code, client_id, state, secret, sub, doc, polled, pause, created, expires"

// Insert adds a grant that is pending. It answers db.ErrExists when the user code is another's.
func Insert(tx *db.Tx, g *Grant) error {
	doc, err := json.Marshal(&g.Doc)
	if err != nil {
		return fmt.Errorf("encode device grant: %w", err)
	}
	rows, err := tx.Exec(`
		INSERT INTO device_grant (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, '', '', $7, 0, $8, $9, $10)
		ON CONFLICT DO NOTHING`,
		g.Pool, g.ID, g.Hash, g.UserCode, g.Client, string(Pending), string(doc), g.Pause.Milliseconds(),
		db.Millis(g.Created), db.Millis(g.Expires))
	if err != nil {
		return fmt.Errorf("insert device grant: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Get finds a grant by its id, in whatever state, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, name string) (*Grant, error) { return find(tx, "id", pool, name) }

// OfDevice finds a grant likewise by the hash of its device code.
func OfDevice(tx *db.Tx, pool id.Pool, hash string) (*Grant, error) {
	return find(tx, "hash", pool, hash)
}

// OfUser finds a grant likewise by its user code.
func OfUser(tx *db.Tx, pool id.Pool, code string) (*Grant, error) {
	return find(tx, "user_code", pool, code)
}

func find(tx *db.Tx, column string, pool id.Pool, value string) (*Grant, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM device_grant
		WHERE pool_id = $1 AND `+column+` = $2`,
		pool, value)
}

// Ask notes who has signed in for a grant, with its Secret, Sub and Doc. The last who does so is asked. It answers db.ErrStale
// when the grant is decided.
func Ask(tx *db.Tx, g *Grant) error {
	doc, err := json.Marshal(&g.Doc)
	if err != nil {
		return fmt.Errorf("encode device grant: %w", err)
	}
	return one(tx.Exec(`
		UPDATE device_grant
		SET state = 'asked', secret = $3, sub = $4, doc = $5
		WHERE pool_id = $1 AND id = $2 AND state IN ('pending', 'asked')`,
		g.Pool, g.ID, g.Secret, g.Sub, string(doc)))
}

// Decide allows or denies a grant on behalf of the browser that is asked, which has the secret of this hash, or answers
// db.ErrStale.
func Decide(tx *db.Tx, g *Grant, secret string, to State) error {
	return one(tx.Exec(`
		UPDATE device_grant
		SET state = $4
		WHERE pool_id = $1 AND id = $2 AND state = 'asked' AND secret = $3`,
		g.Pool, g.ID, secret, string(to)))
}

// Poll notes that the device has asked. It answers db.ErrStale when it did so too soon.
func Poll(tx *db.Tx, g *Grant) error {
	return one(tx.Exec(`
		UPDATE device_grant
		SET polled = $3
		WHERE pool_id = $1 AND id = $2 AND polled + pause <= $3`,
		g.Pool, g.ID, db.Millis(tx.Now)))
}

// Slow makes the device wait longer, from now on.
func Slow(tx *db.Tx, g *Grant, pause time.Duration) error {
	return one(tx.Exec(`
		UPDATE device_grant
		SET polled = $3, pause = $4
		WHERE pool_id = $1 AND id = $2`,
		g.Pool, g.ID, db.Millis(tx.Now), pause.Milliseconds()))
}

// Use notes that the device gets its tokens. Only one call ever succeeds; the others get db.ErrStale.
func Use(tx *db.Tx, g *Grant) error {
	return one(tx.Exec(`
		UPDATE device_grant
		SET state = 'used'
		WHERE pool_id = $1 AND id = $2 AND state = 'allowed'`,
		g.Pool, g.ID))
}

// one turns the number of rows that a conditional statement has changed into db.ErrStale where it is none.
func one(rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("change device grant: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	return nil
}

// DeleteUser removes the grants that a user has signed in for.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM device_grant
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete device grants of user: %w", err)
	}
	return nil
}

// Prune removes up to limit grants that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM device_grant
		WHERE (pool_id, id) IN (SELECT pool_id, id FROM device_grant WHERE expires < $1 ORDER BY expires LIMIT $2)`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune device grants: %w", err)
	}
	return int(rows), nil
}

func scan(row db.Scanner) (*Grant, error) {
	var g Grant
	var doc string
	var polled, pause, created, expires int64
	err := row.Scan((*string)(&g.Pool), &g.ID, &g.Hash, &g.UserCode, (*string)(&g.Client), (*string)(&g.State), &g.Secret,
		(*string)(&g.Sub), &doc, &polled, &pause, &created, &expires)
	if err != nil {
		return nil, err
	}
	g.Polled, g.Pause = db.Time(polled), time.Duration(pause)*time.Millisecond
	g.Created, g.Expires = db.Time(created), db.Time(expires)
	if err := json.Unmarshal([]byte(doc), &g.Doc); err != nil {
		return nil, fmt.Errorf("decode device grant: %w", err)
	}
	return &g, nil
}
