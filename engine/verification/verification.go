package verification

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"cardea/engine/access"
	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/code"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
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

// Target is one code's user and purpose. With User nil it is about a stranger, UnknownUser the name that was typed.
type Target struct {
	access.App // through which the code was asked for; Client is nil for administrators

	User        *user.User
	UnknownUser string
	Purpose     Purpose
	Attribute   string       // where the code goes: "email" or "phone_number"; needed by Send and Ask, and for Attribute by Check
	To          string       // for SignIn: an address in the place of the user's own, which is about to become theirs
	Kind        message.Kind // the occasion; needed by Send
	Metadata    map[string]string
}

// Key names the target's user for Allow: a pseudonym for strangers, stable for the name as the pool folds it.
func (t Target) Key(box *seal.Box) string { return string(t.sub(box)) }

func (t Target) sub(box *seal.Box) id.Sub {
	if t.User != nil {
		return t.User.Sub
	}
	return id.Sub(fmt.Sprintf("stranger/%x", box.MAC("stranger", []byte(t.Pool.Fold(t.UnknownUser)))[:16]))
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
	if t.Purpose == Reset {
		return time.Hour
	}
	return 24 * time.Hour
}

// Send issues a code in the place of any earlier one and queues its message, in tx; call the outbox's Kick once that has
// committed. For a stranger it does the same with a decoy and answers plausible, stable details. Its faults are those of
// message.Outbox.Post.
func (c *Codes) Send(tx *db.Tx, box *seal.Box, t Target) (*cognitoidp.CodeDeliveryDetailsType, error) {
	m, secret, err := letter(box, t, 6)
	if err != nil {
		return nil, err
	}
	err = code.Put(tx, &code.Code{
		Pool:      t.Pool.ID,
		Sub:       t.sub(box),
		Purpose:   t.row(),
		Attribute: m.Attribute,
		Hash:      hash(box, t, m.Attribute, m.To, secret),
		Expires:   tx.Now.Add(t.life()),
	})
	if err != nil {
		return nil, err
	}
	return c.Outbox.Post(tx, box, m)
}

// letter is the message that carries a new code of so many digits, and the secret that opens what the code is for.
func letter(box *seal.Box, t Target, length int) (m message.Message, secret string, err error) {
	m = message.Message{Pool: t.Pool, Kind: t.Kind, Code: digits(length), Decoy: t.User == nil}
	if m.Decoy {
		m.Attribute, m.To = imagine(box, t)
		return m, rand.Text(), nil // no digits: nothing that can be typed opens it
	}
	m.Attribute, m.To, m.Username = t.Attribute, t.destination(t.Attribute), t.User.Username
	if m.To == "" {
		return m, "", fmt.Errorf("send code: the user has no %s", m.Attribute)
	}
	return m, m.Code, nil
}

// Check judges a code and uses it up if it is right. ErrMismatch, ErrExpired and ErrTooMany are judgements that tx has
// counted: commit it, and carry the error out of the closure, as Write does.
func (c *Codes) Check(tx *db.Tx, box *seal.Box, t Target, typed string) error {
	_, err := c.Redeem(tx, box, t, typed)
	return err
}

// Redeem is Check that also tells which attribute, "email" or "phone_number", the code proves to be the user's.
func (c *Codes) Redeem(tx *db.Tx, box *seal.Box, t Target, typed string) (attribute string, err error) {
	sent, err := judge(tx, box, t, typed)
	if err != nil {
		return "", err
	}
	if err := code.Spend(tx, sent); err != nil {
		return "", err
	}
	return sent.Attribute, nil
}

// Peek judges a code as Check does, a wrong one counts, and leaves a right one to be used up later.
func (c *Codes) Peek(tx *db.Tx, box *seal.Box, t Target, typed string) error {
	_, err := judge(tx, box, t, typed)
	return err
}

func judge(tx *db.Tx, box *seal.Box, t Target, typed string) (*code.Code, error) {
	if err := t.crowded(tx); err != nil {
		return nil, err
	}
	sent, err := code.Get(tx, t.Pool.ID, t.sub(box), t.row())
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
	if hmac.Equal(hash(box, t, sent.Attribute, to, typed), sent.Hash) && to != "" {
		return sent, nil
	}
	if err := code.Miss(tx, sent); err != nil {
		return nil, err
	}
	if t.Client != nil {
		if err := lockout.At(tx.Context(), t.Client).Fail(tx, t.Pool.ID); err != nil {
			return nil, err
		}
	}
	return nil, ErrMismatch
}

// crowded answers the fault for guesses from where too many came already.
func (t Target) crowded(tx *db.Tx) error {
	if t.Client == nil {
		return nil
	}
	return lockout.At(tx.Context(), t.Client).RateLimited(tx, t.Pool.ID)
}

// Drop forgets the target's code, if there is one.
func (c *Codes) Drop(tx *db.Tx, box *seal.Box, t Target) error {
	return code.Drop(tx, t.Pool.ID, t.sub(box), t.row())
}

// Fault gives the fault that Cognito answers for this package's conditions, and any other error as it is.
func Fault(err error) error {
	switch {
	case errors.Is(err, ErrMismatch):
		return cognitoidp.CodeMismatch("Invalid verification code provided, please try again.")
	case errors.Is(err, ErrExpired):
		return cognitoidp.ExpiredCode("Invalid code provided, please request a code again.")
	case errors.Is(err, ErrTooMany):
		return cognitoidp.LimitExceeded("Attempt limit exceeded, please try after some time.")
	}
	return err
}

// Write runs fn as db.Write does, and commits also when its error is one of this package's judgements, so that what the
// attempt cost is counted. It answers the fault for the judgement, and any other error as it is.
func Write(ctx context.Context, d *db.DB, fn func(tx *db.Tx) error) error {
	var judgement error
	err := d.Write(ctx, func(tx *db.Tx) error {
		judgement = nil
		err := fn(tx)
		if errors.Is(err, ErrMismatch) || errors.Is(err, ErrExpired) || errors.Is(err, ErrTooMany) {
			judgement = err
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return Fault(judgement)
}

func hash(box *seal.Box, t Target, attribute, to, secret string) []byte {
	return box.MAC("verification code", fmt.Appendf(nil, "%q %q %q %q %q", t.sub(box), t.Purpose, attribute, to, secret))
}

// digits is a code of so many digits; rand.Int is free of bias.
func digits(length int) string {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(length)), nil)
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return fmt.Sprintf("%0*d", length, n)
}
