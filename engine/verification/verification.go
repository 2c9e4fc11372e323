package verification

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"cardea/engine/access"
	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/engine/unknown"
	"cardea/platform/db"
	"cardea/record/code"
	"cardea/record/user"
	"cardea/spec/id"
)

// Purpose is what a code is good for.
type Purpose string

// The purposes.
const (
	SignUp    Purpose = "signup"    // confirms an account; lives 24 hours
	Attribute Purpose = "attribute" // verifies an e-mail address or phone number; lives 24 hours
	Reset     Purpose = "reset"     // sets a new password; lives one hour
	SignIn    Purpose = "signin"    // answers a challenge; lives as long as its session
)

var (
	// ErrMismatch says that the code is not the one that was sent.
	ErrMismatch = errors.New("wrong code")

	// ErrExpired says that no code is waiting: it expired, was used, or never was.
	ErrExpired = errors.New("no valid code")

	// ErrTooMany says that the user must wait, or ask for a new code.
	ErrTooMany = errors.New("too many attempts")
)

// maxTries is the number of wrong tries that kill a code.
const maxTries = 15

// Codes issues and judges codes.
type Codes struct {
	Outbox *message.Outbox
}

// Target is one code's user and purpose. With User nil it is about an unknown user, UnknownUser the name that was typed.
type Target struct {
	access.App // through which the code was asked for; Client is nil for administrators

	User        *user.User // to send, as they are once the code is posted
	UnknownUser string
	Source      lockout.Source // where the request comes from
	Purpose     Purpose
	Attribute   string            // where the code goes: "email" or "phone_number"; needed to send, and for Attribute to check
	To          string            // for SignIn: an address in the place of the user's own, which is about to become theirs
	Digits      int               // how many the code has; 0: six
	Kind        message.Kind      // the occasion; needed to send
	Metadata    map[string]string // ClientMetadata, for the trigger that writes the message
}

// Key names the target's user for Allow: a pseudonym for an unknown user, stable for the name as the pool folds it.
func (t Target) Key() string { return string(t.sub()) }

func (t Target) sub() id.Sub {
	if t.User != nil {
		return t.User.Sub
	}
	standIn := unknown.ID(t.Pool, t.Box, t.Pool.Fold(t.UnknownUser))
	return id.Sub(fmt.Sprintf("unknown/%x", t.Box.MAC("unknown user's codes", []byte(standIn))[:16]))
}

// row is the key under which the target's code is remembered: one per purpose, and per attribute where there are two.
func (t Target) row() string {
	if t.Purpose == Attribute {
		return string(t.Purpose) + "/" + t.Attribute
	}
	return string(t.Purpose)
}

// destination is the address that a code of this purpose proves. A value that waits for its verification counts only
// for that; a password is reset only through one that is verified, and still is when the code comes back.
func (t Target) destination(attribute string) string {
	switch {
	case t.Purpose == SignIn && t.To != "":
		return t.To
	case t.Purpose == Attribute && t.User.Pending[attribute] != "":
		return t.User.Pending[attribute]
	case t.Purpose == Reset && !t.User.Verified(attribute):
		return ""
	}
	return t.User.Attributes[attribute]
}

func (t Target) life() time.Duration {
	switch t.Purpose {
	case Reset:
		return time.Hour
	case SignIn:
		return t.Client.SessionTTL()
	}
	return 24 * time.Hour
}

// Check judges a code and uses it up if it is right. ErrMismatch, ErrExpired and ErrTooMany are judgements that tx has
// counted: commit it, and carry the error out of the closure, as Write does.
func (c *Codes) Check(tx *db.Tx, t Target, typed string) error {
	_, err := c.Redeem(tx, t, typed)
	return err
}

// Redeem is Check that also tells which attribute, "email" or "phone_number", the code proves to be the user's.
func (c *Codes) Redeem(tx *db.Tx, t Target, typed string) (attribute string, err error) {
	sent, err := judge(tx, t, typed)
	if err != nil {
		return "", err
	}
	if err := code.Spend(tx, sent); err != nil {
		return "", err
	}
	return sent.Attribute, nil
}

// Peek judges a code as Check does, a wrong one counts, and leaves a right one to be used up later.
func (c *Codes) Peek(tx *db.Tx, t Target, typed string) error {
	_, err := judge(tx, t, typed)
	return err
}

func judge(tx *db.Tx, t Target, typed string) (*code.Code, error) {
	if t.Source.Client != "" {
		if err := t.Source.RateLimited(tx, t.Pool.ID); err != nil {
			return nil, err
		}
	}
	sent, err := code.Get(tx, t.Pool.ID, t.sub(), t.row())
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return nil, fmt.Errorf("get code: %w", err)
	}
	if err != nil || !tx.Now.Before(sent.Expires) {
		return nil, ErrExpired
	}
	if sent.Tries >= maxTries {
		return nil, ErrTooMany
	}

	var to string
	if t.User != nil {
		to = t.destination(sent.Attribute)
	}
	// The hash binds the address, so that a code sent to one never verifies another that has taken its place since.
	if hmac.Equal(hash(t, sent.Attribute, to, typed), sent.Hash) && to != "" {
		return sent, nil
	}
	if err := code.Miss(tx, sent); err != nil {
		return nil, err
	}
	if t.Source.Client != "" {
		if err := t.Source.Fail(tx, t.Pool.ID); err != nil {
			return nil, err
		}
	}
	return nil, ErrMismatch
}

// Drop forgets the target's code, if there is one.
func (c *Codes) Drop(tx *db.Tx, t Target) error {
	return code.Drop(tx, t.Pool.ID, t.sub(), t.row())
}

func hash(t Target, attribute, to, secret string) []byte {
	return t.Box.MAC("verification code", fmt.Appendf(nil, "%q %q %q %q %q", t.sub(), t.Purpose, attribute, to, secret))
}
