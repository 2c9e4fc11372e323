package authcode

import (
	"encoding/json"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Code is an authorization code, without the code itself.
type Code struct {
	Pool    id.Pool
	Hash    string
	Client  id.Client
	Sub     id.Sub
	Doc     Doc
	Created time.Time
	Expires time.Time
	Used    time.Time // zero until it is redeemed
	Session string    // the session that it gave
}

// Doc is what was asked for and what was proven.
type Doc struct {
	RedirectURI string    `json:"redirect_uri"`
	Implied     bool      `json:"implied,omitzero"` // the redirect URI is the client's default, and was not in the request
	Challenge   string    `json:"challenge,omitzero"`
	Scopes      []string  `json:"scopes"`
	Nonce       string    `json:"nonce,omitzero"`
	Level       string    `json:"level,omitzero"` // of authentication, where the app has asked for it
	Resource    string    `json:"resource,omitzero"`
	JKT         string    `json:"jkt,omitzero"` // the thumbprint of the key that the client has to show; empty: any
	Proofs      []string  `json:"proofs"`
	SSO         string    `json:"sso,omitzero"`
	AuthTime    time.Time `json:"auth_time"`
	PasswordSet time.Time `json:"password_set"` // the user's, then
}

// Insert adds a code that is not used yet.
func Insert(tx *db.Tx, c *Code) error {
	doc, err := json.Marshal(&c.Doc)
	if err != nil {
		return fmt.Errorf("encode authorization code: %w", err)
	}
	rows, err := tx.Exec(`
		INSERT INTO auth_code (pool_id, hash, client_id, sub, doc, created, expires, used, session_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')
		ON CONFLICT DO NOTHING`,
		c.Pool, c.Hash, c.Client, c.Sub, string(doc), db.Millis(c.Created), db.Millis(c.Expires))
	if err != nil {
		return fmt.Errorf("insert authorization code: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Get finds a code by its hash, also one that was used or has expired, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, hash string) (*Code, error) {
	return db.One(tx, scan, `
		SELECT pool_id, hash, client_id, sub, doc, created, expires, used, session_id
		FROM auth_code
		WHERE pool_id = $1 AND hash = $2`,
		pool, hash)
}

// Use marks a code as redeemed for a session. Only one call ever succeeds; the others get db.ErrStale.
func Use(tx *db.Tx, c *Code, session string) error {
	rows, err := tx.Exec(`
		UPDATE auth_code
		SET used = $1, session_id = $2
		WHERE pool_id = $3 AND hash = $4 AND used = 0`,
		db.Millis(tx.Now), session, c.Pool, c.Hash)
	if err != nil {
		return fmt.Errorf("use authorization code: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	return nil
}

// DeleteUser removes all codes of a user.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM auth_code
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete authorization codes of user: %w", err)
	}
	return nil
}

// Prune removes up to limit codes that expired before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM auth_code
		WHERE (pool_id, hash) IN (SELECT pool_id, hash FROM auth_code WHERE expires < $1 ORDER BY expires LIMIT $2)`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune authorization codes: %w", err)
	}
	return int(rows), nil
}

func scan(row db.Scanner) (*Code, error) {
	var c Code
	var doc string
	var created, expires, used int64
	err := row.Scan((*string)(&c.Pool), &c.Hash, (*string)(&c.Client), (*string)(&c.Sub), &doc, &created, &expires, &used, &c.Session)
	if err != nil {
		return nil, err
	}
	c.Created, c.Expires, c.Used = db.Time(created), db.Time(expires), db.Time(used)
	if err := json.Unmarshal([]byte(doc), &c.Doc); err != nil {
		return nil, fmt.Errorf("decode authorization code: %w", err)
	}
	return &c, nil
}
