package user

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"cardea/platform/db"
	"cardea/spec/awsjson"
	"cardea/spec/id"
)

// User is one user of a pool.
type User struct {
	Pool     id.Pool
	Sub      id.Sub
	Username string // as chosen, or Sub in pools whose users sign in with an attribute; it never changes
	Status   string // cognitoidp.UserStatusType…
	Enabled  bool
	Created  time.Time
	Modified time.Time
	Version  int64 // of the row; Update refuses to overwrite another version

	Registered string // the address that was given as the user name; a verified one of its kind takes its place
	Unproven   bool   // the user signed up with Registered and has not proven yet that it is theirs

	Attributes map[string]string // by full name, without sub: "email", "email_verified": "true", "custom:team"
	Pending    map[string]string // new e-mail address or phone number, not in force until it is verified

	Password    []byte    // sealed; nil when the user has none
	PasswordSet time.Time // temporary passwords expire counted from here
	History     [][]byte  // sealed former passwords, newest first
	SignedOut   time.Time // tokens of sign-ins before this moment are void

	MFA MFA // the second factors that the user has switched on
}

// MFA says which second factors a user has switched on, and which of them they prefer. The rest of a factor (an
// address, a registered token, a passkey) is stored elsewhere.
type MFA struct {
	SMS           bool   `json:"sms,omitempty"`
	Email         bool   `json:"email,omitempty"`
	Software      bool   `json:"software,omitempty"`      // a software token; never without one that is verified
	SoftwareUnset bool   `json:"softwareUnset,omitempty"` // the token's verification switched it on, not yet a preference
	Passkey       bool   `json:"passkey,omitempty"`
	App           string `json:"app,omitempty"`       // how the user calls the app that holds their software token
	Preferred     string `json:"preferred,omitempty"` // "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"; empty: none
}

// Touch sets the time of the user's last change.
func (u *User) Touch(now time.Time) { u.Modified = now }

// Verified tells whether the e-mail address ("email") or phone number ("phone_number") is there and verified.
func (u *User) Verified(attribute string) bool {
	return u.Attributes[attribute] != "" && u.Attributes[attribute+"_verified"] == "true"
}

// Clone gives a copy that shares nothing with u, for changing.
func (u *User) Clone() *User {
	c := *u
	c.Attributes, c.Pending = maps.Clone(u.Attributes), maps.Clone(u.Pending)
	c.Password, c.History = slices.Clone(u.Password), slices.Clone(u.History)
	return &c
}

const columns = `
	u.pool_id, u.sub, u.username, u.status, u.enabled, u.created, u.modified, u.version, u.attributes, u.pending,
	u.password, u.password_set, u.history, u.signed_out, u.mfa, u.registered, u.unproven`

var errSubExists = errors.New("the sub is another user's")

// Insert adds a user's row without waiting, as [db.Tx.LaterOne]: a sub is drawn at random, so that one that is taken is a fault, which
// fails the transaction. Names and index entries are added apart.
func Insert(tx *db.Tx, u *User) error {
	v, err := encode(u)
	if err != nil {
		return err
	}
	u.Version = 1
	tx.LaterOne(errSubExists, `
		INSERT INTO user_account (pool_id, sub, username, status, enabled, created, modified, version, attributes, pending,
			password, password_set, history, signed_out, mfa, registered, unproven)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT DO NOTHING`,
		u.Pool, u.Sub, u.Username, u.Status, u.Enabled, db.Millis(u.Created), db.Millis(u.Modified), u.Version,
		v.attributes, v.pending, u.Password, db.Millis(u.PasswordSet), v.history, db.Millis(u.SignedOut), v.mfa, u.Registered, u.Unproven)
	return nil
}

// Get loads a user by sub, or db.ErrNotFound.
func Get(tx *db.Tx, pool id.Pool, sub id.Sub) (*User, error) {
	return db.One(tx, scan, get, pool, sub)
}

const get = `
	SELECT ` + columns + `
	FROM user_account u
	WHERE u.pool_id = $1 AND u.sub = $2`

// Ask is Get without waiting, as db.Ask.
func Ask(tx *db.Tx, pool id.Pool, sub id.Sub) *db.Answer[*User] {
	return db.Ask(tx, scan, get, pool, sub)
}

// Update overwrites the row that was loaded as u and counts its version up; db.ErrStale when the row has changed since,
// or is gone. Names and index entries are changed apart: engine/account keeps them in step, and alone calls this.
func Update(tx *db.Tx, u *User) error {
	v, err := encode(u)
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		UPDATE user_account
		SET status = $4, enabled = $5, modified = $6, version = $3 + 1, attributes = $7, pending = $8, password = $9,
			password_set = $10, history = $11, signed_out = $12, mfa = $13, registered = $14, unproven = $15
		WHERE pool_id = $1 AND sub = $2 AND version = $3`,
		u.Pool, u.Sub, u.Version, u.Status, u.Enabled, db.Millis(u.Modified), v.attributes, v.pending, u.Password,
		db.Millis(u.PasswordSet), v.history, db.Millis(u.SignedOut), v.mfa, u.Registered, u.Unproven)
	if err != nil {
		return err
	}
	if rows == 0 {
		return db.ErrStale
	}
	u.Version++
	return nil
}

// UpdateCredentials is Update for the columns that hold a user's credentials: the password with its history, the factors
// and the moment of the last sign-out. No name and no index entry depends on them.
func UpdateCredentials(tx *db.Tx, u *User) error {
	v, err := encode(u)
	if err != nil {
		return err
	}
	rows, err := tx.Exec(`
		UPDATE user_account
		SET modified = $4, version = $3 + 1, password = $5, password_set = $6, history = $7, signed_out = $8, mfa = $9
		WHERE pool_id = $1 AND sub = $2 AND version = $3`,
		u.Pool, u.Sub, u.Version, db.Millis(u.Modified), u.Password, db.Millis(u.PasswordSet), v.history,
		db.Millis(u.SignedOut), v.mfa)
	if err != nil {
		return err
	}
	if rows == 0 {
		return db.ErrStale
	}
	u.Version++
	return nil
}

// Delete removes the row alone; db.ErrNotFound when there is none.
func Delete(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	rows, err := tx.Exec(`
		DELETE FROM user_account
		WHERE pool_id = $1 AND sub = $2`,
		pool, sub)
	if err == nil && rows == 0 {
		return db.ErrNotFound
	}
	return err
}

// List loads up to limit users in the order of their subs, beginning after one.
func List(tx *db.Tx, pool id.Pool, after id.Sub, limit int) ([]*User, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM user_account u
		WHERE u.pool_id = $1 AND u.sub > $2
		ORDER BY u.sub
		LIMIT $3`,
		pool, after, limit)
}

// encoded are the parts of a user that are stored as documents.
type encoded struct {
	attributes, pending, mfa string
	history                  []byte
}

func encode(u *User) (v encoded, err error) {
	if v.attributes, err = encodeMap(u.Attributes); err != nil {
		return v, fmt.Errorf("encode attributes: %w", err)
	}
	if v.pending, err = encodeMap(u.Pending); err != nil {
		return v, fmt.Errorf("encode pending attributes: %w", err)
	}
	if u.MFA != (MFA{}) {
		text, err := json.Marshal(u.MFA)
		if err != nil {
			return v, fmt.Errorf("encode factors: %w", err)
		}
		v.mfa = string(text)
	}
	if len(u.History) > 0 {
		v.history, err = json.Marshal(u.History)
	}
	return v, err
}

func encodeMap(m map[string]string) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	text, err := json.Marshal(m)
	return string(text), err
}

func scan(row db.Scanner) (*User, error) {
	var u User
	var created, modified, passwordSet, signedOut int64
	var attributes, pending, mfa string
	var history []byte
	err := row.Scan(&u.Pool, &u.Sub, &u.Username, &u.Status, &u.Enabled, &created, &modified, &u.Version, &attributes,
		&pending, &u.Password, &passwordSet, &history, &signedOut, &mfa, &u.Registered, &u.Unproven)
	if err != nil {
		return nil, err
	}
	u.Created, u.Modified = db.Time(created), db.Time(modified)
	u.PasswordSet, u.SignedOut = db.Time(passwordSet), db.Time(signedOut)
	if u.Attributes, err = decodeMap(attributes); err != nil {
		return nil, fmt.Errorf("decode attributes of %s: %w", u.Sub, err)
	}
	if u.Pending, err = decodeMap(pending); err != nil {
		return nil, fmt.Errorf("decode pending attributes of %s: %w", u.Sub, err)
	}
	if mfa != "" {
		if err := json.Unmarshal([]byte(mfa), &u.MFA); err != nil {
			return nil, fmt.Errorf("decode factors of %s: %w", u.Sub, err)
		}
	}
	if len(history) > 0 {
		if err := json.Unmarshal(history, &u.History); err != nil {
			return nil, fmt.Errorf("decode password history of %s: %w", u.Sub, err)
		}
	}
	return &u, nil
}

// decodeMap never gives nil, so that callers may set attributes at once.
func decodeMap(text string) (map[string]string, error) {
	if text == "" {
		return map[string]string{}, nil
	}
	if m := textsOf(text); m != nil {
		return m, nil
	}
	m := map[string]string{}
	return m, json.Unmarshal([]byte(text), &m)
}

// textsOf reads an object of strings as encoding/json does, in a fraction of its time, or gives nil for what a request may not hold.
func textsOf(text string) map[string]string {
	object, err := awsjson.Parse([]byte(text))
	if err != nil || object.Type != awsjson.Object {
		return nil
	}
	m := make(map[string]string, len(object.Keys))
	for i, key := range object.Keys {
		if object.Items[i].Type != awsjson.Text {
			return nil
		}
		m[key] = object.Items[i].Text
	}
	return m
}
