package passkey

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Credential is one passkey of a user.
type Credential struct {
	Pool           id.Pool
	Sub            id.Sub
	ID             string // base64url without padding; unique in the pool
	RelyingParty   string // the id of the relying party that it was made for
	UserHandle     []byte // what the authenticator calls the user
	PublicKey      []byte // COSE_Key
	SignCount      uint32 // the last seen; authenticators that do not count stay at 0
	Verified       bool   // the authenticator verified the user when it was made (UV)
	BackupEligible bool   // it may be copied to other devices (BE); never changes
	BackedUp       bool   // it has been, when last seen (BS)
	AAGUID         []byte // 16 bytes, the authenticator's make; zeros when it does not tell
	Attestation    string // the format of the statement that came with it, which was not verified
	Attachment     string // "platform", "cross-platform" or unknown: ""
	Transports     []string
	Name           string // what its user sees
	Client         id.Client
	Created        time.Time
	Used           time.Time // zero until the first sign-in
}

// Insert adds a credential. One whose id is in the pool already gives db.ErrExists.
func Insert(tx *db.Tx, c *Credential) error {
	rows, err := tx.Exec(`
		INSERT INTO passkey (pool_id, sub, credential_id, relying_party, user_handle, public_key, sign_count, verified,
			backup_eligible, backed_up, aaguid, attestation, attachment, transports, name, client_id, created, used)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT DO NOTHING`,
		c.Pool, c.Sub, c.ID, c.RelyingParty, c.UserHandle, c.PublicKey, c.SignCount, c.Verified,
		c.BackupEligible, c.BackedUp, c.AAGUID, c.Attestation, c.Attachment, strings.Join(c.Transports, " "), c.Name, c.Client,
		db.Millis(c.Created), db.Millis(c.Used))
	if err != nil {
		return fmt.Errorf("insert passkey: %w", err)
	}
	if rows == 0 {
		return db.ErrExists
	}
	return nil
}

// Count tells how many credentials a user has.
func Count(tx *db.Tx, pool id.Pool, sub id.Sub) (int, error) {
	return db.One(tx, scanCount, `
		SELECT count(*)
		FROM passkey
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
}

// List gives all credentials of a user, the oldest first.
func List(tx *db.Tx, pool id.Pool, sub id.Sub) ([]Credential, error) {
	return db.All(tx, scan, `
		SELECT pool_id, sub, credential_id, relying_party, user_handle, public_key, sign_count, verified,
			backup_eligible, backed_up, aaguid, attestation, attachment, transports, name, client_id, created, used
		FROM passkey
		WHERE pool_id = $1 AND sub = $2
		ORDER BY created, credential_id`,
		pool, sub)
}

// Get finds a credential of the pool, of any user, or answers db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, credential string) (Credential, error) {
	return db.One(tx, scan, `
		SELECT pool_id, sub, credential_id, relying_party, user_handle, public_key, sign_count, verified,
			backup_eligible, backed_up, aaguid, attestation, attachment, transports, name, client_id, created, used
		FROM passkey
		WHERE pool_id = $1 AND credential_id = $2`,
		pool, credential)
}

// Use notes that a credential was used, with the counter that it brought and whether it is backed up now. A counter that
// has not grown gives db.ErrStale, unless both it and the last one are 0; a credential that is gone db.ErrNotFound.
func Use(tx *db.Tx, c *Credential, counter uint32, backedUp bool) error {
	rows, err := tx.Exec(`
		UPDATE passkey
		SET sign_count = $1, backed_up = $2, used = $3
		WHERE pool_id = $4 AND sub = $5 AND credential_id = $6 AND (sign_count < $1 OR (sign_count = 0 AND $1 = 0))`,
		counter, backedUp, db.Millis(tx.Now), c.Pool, c.Sub, c.ID)
	if err != nil {
		return fmt.Errorf("use passkey: %w", err)
	}
	if rows > 0 {
		return nil
	}
	kept, err := Get(tx, c.Pool, c.ID)
	if err == nil && kept.Sub == c.Sub {
		return db.ErrStale
	}
	if err == nil || errors.Is(err, db.ErrNotFound) {
		return db.ErrNotFound
	}
	return fmt.Errorf("look up used passkey: %w", err)
}

// Delete removes a credential of a user, or answers db.ErrNotFound: also when it is another user's.
func Delete(tx *db.Tx, pool id.Pool, sub id.Sub, credential string) error {
	rows, err := tx.Exec(`
		DELETE FROM passkey
		WHERE pool_id = $1 AND sub = $2 AND credential_id = $3`,
		pool, sub, credential)
	if err != nil {
		return fmt.Errorf("delete passkey: %w", err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	return nil
}

// DeleteUser removes all credentials of a user and the open registration.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM passkey
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete passkeys of user: %w", err)
	}
	_, err = tx.Exec(`
		DELETE FROM passkey_ceremony
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err != nil {
		return fmt.Errorf("delete passkey registration of user: %w", err)
	}
	return nil
}

func scan(row db.Scanner) (Credential, error) {
	var c Credential
	var transports string
	var count, created, used int64
	err := row.Scan((*string)(&c.Pool), (*string)(&c.Sub), &c.ID, &c.RelyingParty, &c.UserHandle, &c.PublicKey, &count,
		&c.Verified, &c.BackupEligible, &c.BackedUp, &c.AAGUID, &c.Attestation, &c.Attachment, &transports, &c.Name,
		(*string)(&c.Client), &created, &used)
	c.SignCount, c.Transports = uint32(count), strings.Fields(transports)
	c.Created, c.Used = db.Time(created), db.Time(used)
	return c, err
}

func scanCount(row db.Scanner) (n int, err error) {
	err = row.Scan(&n)
	return n, err
}
