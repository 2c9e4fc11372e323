package device

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Device is one device of a user.
type Device struct {
	Pool     id.Pool
	Sub      id.Sub // its user
	Key      string // "us-east-1_" and a UUID
	GroupKey string // the other half of its name: the proofs of its secret are computed over both
	Client   id.Client
	Name     string // what its user sees; empty when unknown
	SDK      string // the AWS library that the app uses; empty when unknown
	IP       string // where it was last seen

	Secret     []byte // sealed; nil until it is confirmed
	Confirmed  bool
	Remembered bool // may stand in for a second factor; false until it is confirmed

	Created       time.Time
	Modified      time.Time
	Authenticated time.Time // when a user last signed in on it
}

const columns = `
	pool_id, sub, device_key, group_key, client_id, name, sdk, ip, secret, confirmed, remembered, created, modified,
	authenticated`

// Insert adds a device, or answers db.ErrExists.
func Insert(tx *db.Tx, d *Device) error {
	rows, err := tx.Exec(`
		INSERT INTO device (`+columns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT DO NOTHING`,
		d.Pool, d.Sub, d.Key, d.GroupKey, d.Client, d.Name, d.SDK, d.IP, d.Secret, d.Confirmed, d.Remembered,
		db.Millis(d.Created), db.Millis(d.Modified), db.Millis(d.Authenticated))
	if err != nil {
		return fmt.Errorf("insert device: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Get finds a device of a user, confirmed or not, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, sub id.Sub, key string) (*Device, error) {
	return db.One(tx, scan, `
		SELECT `+columns+`
		FROM device
		WHERE pool_id = $1 AND sub = $2 AND device_key = $3`,
		pool, sub, key)
}

// Query says which confirmed devices List gives.
type Query struct {
	Pool       id.Pool
	Sub        id.Sub
	Remembered bool   // only those that are
	After      string // begin behind this key
	Limit      int
}

// List gives a page of a user's confirmed devices in the order of their keys.
func List(tx *db.Tx, q Query) ([]*Device, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM device
		WHERE pool_id = $1 AND sub = $2 AND device_key > $3 AND confirmed = TRUE AND (remembered = TRUE OR remembered = $4)
		ORDER BY device_key
		LIMIT $5`,
		q.Pool, q.Sub, q.After, q.Remembered, q.Limit)
}

// Confirm stores the secret, the name and the address of a device that was issued before, and whether it is remembered.
// It works once for each device; then it answers db.ErrStale.
func Confirm(tx *db.Tx, d *Device) error {
	rows, err := tx.Exec(`
		UPDATE device
		SET confirmed = TRUE, secret = $4, name = $5, ip = $6, remembered = $7, modified = $8
		WHERE pool_id = $1 AND sub = $2 AND device_key = $3 AND confirmed = FALSE`,
		d.Pool, d.Sub, d.Key, d.Secret, d.Name, d.IP, d.Remembered, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("confirm device: %w", err)
	}
	if rows == 0 {
		return db.ErrStale
	}
	d.Confirmed, d.Modified = true, tx.Now
	return nil
}

// Remember notes whether a confirmed device is remembered, or answers db.ErrNotFound.
func Remember(tx *db.Tx, d *Device, remembered bool) error {
	rows, err := tx.Exec(`
		UPDATE device
		SET remembered = $4, modified = $5
		WHERE pool_id = $1 AND sub = $2 AND device_key = $3 AND confirmed = TRUE`,
		d.Pool, d.Sub, d.Key, remembered, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("remember device: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	d.Remembered, d.Modified = remembered, tx.Now
	return nil
}

// Seen notes that a user has signed in on a device that is confirmed and remembered, from an address. It answers
// db.ErrNotFound when the device is not, or no longer.
func Seen(tx *db.Tx, d *Device, ip string) error {
	rows, err := tx.Exec(`
		UPDATE device
		SET authenticated = $4, ip = $5
		WHERE pool_id = $1 AND sub = $2 AND device_key = $3 AND confirmed = TRUE AND remembered = TRUE`,
		d.Pool, d.Sub, d.Key, db.Millis(tx.Now), ip)
	if err != nil {
		return fmt.Errorf("note sign-in on device: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	d.Authenticated, d.IP = tx.Now, ip
	return nil
}

func scan(row db.Scanner) (*Device, error) {
	var d Device
	var created, modified, authenticated int64
	err := row.Scan(&d.Pool, &d.Sub, &d.Key, &d.GroupKey, &d.Client, &d.Name, &d.SDK, &d.IP, &d.Secret, &d.Confirmed,
		&d.Remembered, &created, &modified, &authenticated)
	d.Created, d.Modified, d.Authenticated = db.Time(created), db.Time(modified), db.Time(authenticated)
	return &d, err
}
