package accesskey

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Table is what a db.Cache of keys reads.
const Table = "access_key"

// The states of a key: only an active one signs.
const (
	Active   = "Active"
	Inactive = "Inactive"
)

// Key is an access key.
type Key struct {
	ID      string // 20 characters beginning with AKIA
	Owner   string // the id of a user of IAM (record/principal); "" for a root key
	Sealed  []byte // the secret, under Label(ID)
	Status  string // Active or Inactive
	Created time.Time
	Last    Use // zero for a key that was never used
}

// Use is one request that a key has signed.
type Use struct {
	At      time.Time
	Service string // the signing name of the service, such as "iam"
	Region  string
}

// pause is the least time between two writes of a key's uses.
const pause = time.Minute

// Outdated reports whether a later use must be written: a minute has passed.
func (u Use) Outdated(by Use) bool { return by.At.Sub(u.At) >= pause }

// columns are what scan reads.
const columns = "id, owner, sealed, status, created, last_used, last_service, last_region"

const (
	idAlphabet     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	secretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)

// NewID makes the id of a new key.
func NewID() string { return "AKIA" + id.Random(idAlphabet, 16) }

// NewSecret makes a secret in the form AWS gives them: 40 characters.
func NewSecret() string { return id.Random(secretAlphabet, 40) }

// Label is what the secret of the key named is sealed under.
func Label(keyID string) string { return "access-key/" + keyID }

// Insert stores a new key, created now. [db.ErrExists] if its id is taken.
func Insert(tx *db.Tx, k *Key) error {
	k.Created = tx.Now
	tx.Changed(Table)
	n, err := tx.Exec(`
		INSERT INTO access_key (id, owner, sealed, status, created)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`,
		k.ID, k.Owner, k.Sealed, k.Status, db.Millis(k.Created))
	if err == nil && n == 0 {
		err = db.ErrExists
	}
	return wrap("insert", k.ID, err)
}

// Get returns the key with this id, or [db.ErrNotFound].
func Get(tx *db.Tx, keyID string) (*Key, error) {
	k, err := db.One(tx, scan, `
		SELECT `+columns+`
		FROM access_key
		WHERE id = $1`,
		keyID)
	if err != nil {
		return nil, wrap("get", keyID, err)
	}
	return k, nil
}

// List returns the keys of an owner, oldest first; "" has the root keys.
func List(tx *db.Tx, owner string) ([]*Key, error) {
	list, err := db.All(tx, scan, `
		SELECT `+columns+`
		FROM access_key
		WHERE owner = $1
		ORDER BY created, id`,
		owner)
	if err != nil {
		return nil, fmt.Errorf("list access keys: %w", err)
	}
	return list, nil
}

// SetStatus makes a key [Active] or [Inactive]. [db.ErrNotFound] if there is none with this id.
func SetStatus(tx *db.Tx, keyID, status string) error {
	tx.Changed(Table)
	n, err := tx.Exec(`
		UPDATE access_key
		SET status = $2
		WHERE id = $1`,
		keyID, status)
	return wrap("set status of", keyID, found(n, err))
}

// Note writes a use of a key, unless another use of the same minute has been written. It is nothing to a key that is gone, and no
// change to those who have the key in a db.Cache.
func Note(tx *db.Tx, keyID string, u Use) error {
	_, err := tx.Exec(`
		UPDATE access_key
		SET last_used = $1, last_service = $2, last_region = $3
		WHERE id = $4 AND last_used <= $5`,
		db.Millis(u.At), u.Service, u.Region, keyID, db.Millis(u.At.Add(-pause)))
	return wrap("note use of", keyID, err)
}

// Delete forgets a key. [db.ErrNotFound] if there is none with this id.
func Delete(tx *db.Tx, keyID string) error {
	tx.Changed(Table)
	n, err := tx.Exec(`
		DELETE FROM access_key
		WHERE id = $1`,
		keyID)
	return wrap("delete", keyID, found(n, err))
}

func scan(s db.Scanner) (*Key, error) {
	k := &Key{}
	var created, used int64
	err := s.Scan(&k.ID, &k.Owner, &k.Sealed, &k.Status, &created, &used, &k.Last.Service, &k.Last.Region)
	k.Created, k.Last.At = db.Time(created), db.Time(used)
	return k, err
}

func found(n int64, err error) error {
	if err == nil && n == 0 {
		return db.ErrNotFound
	}
	return err
}

func wrap(what, keyID string, err error) error {
	if err != nil {
		return fmt.Errorf("%s access key %s: %w", what, keyID, err)
	}
	return nil
}
