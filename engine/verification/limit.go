package verification

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"cardea/platform/db"
	"cardea/record/quota"
	"cardea/spec/id"
)

// Rule is how often one user may do something within an hour.
type Rule struct {
	Name string
	Most int64
}

// The limits of docs/cognito/accounts.md, "Limits of attempts". ForgotPassword and ConfirmForgotPassword share one; AWS
// varies it from 5 to 20 with the risk that it assesses.
var (
	ConfirmSignUp    = Rule{"ConfirmSignUp", 15}
	ResendCode       = Rule{"ResendConfirmationCode", 5}
	ForgotPassword   = Rule{"ForgotPassword", 20}
	ChangePassword   = Rule{"ChangePassword", 5}
	GetAttributeCode = Rule{"GetUserAttributeVerificationCode", 5}
	VerifyAttribute  = Rule{"VerifyUserAttribute", 15}
)

// AskCode bounds the codes that sign-ins send to one user. Cognito publishes no such limit; this one is above what people
// need and below what would flood a mailbox.
var AskCode = Rule{"SignIn", 60}

// ChangeContact bounds the codes that one user causes by changing their e-mail address or phone number. Cognito publishes
// no limit.
var ChangeContact = Rule{"UpdateUserAttributes", 10}

// window is the time a rule counts within, from the first use on.
const window = time.Hour

// Allow counts one use by the user whom key names ([Target.Key], or a sub) and answers ErrTooMany when it is one too many.
// The count lasts only if tx commits.
func (c *Codes) Allow(tx *db.Tx, pool id.Pool, key string, rule Rule) error {
	uses, err := quota.Use(tx, pool, rule.counter(key), rule.Most, window)
	if err != nil {
		return err
	}
	if uses > rule.Most {
		return ErrTooMany
	}
	return nil
}

// allowed answers ErrTooMany if Allow would, and counts nothing.
func (c *Codes) allowed(tx *db.Tx, pool id.Pool, key string, rule Rule) error {
	full, err := quota.Full(tx, pool, rule.counter(key), rule.Most)
	if err == nil && full {
		return ErrTooMany
	}
	return err
}

// counter names the counter of a user's uses.
func (r Rule) counter(key string) string {
	sum := sha256.Sum256([]byte(r.Name + "\x00" + key))
	return hex.EncodeToString(sum[:16])
}
