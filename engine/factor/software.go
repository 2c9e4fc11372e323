package factor

import (
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/softwaretoken"
	"cardea/record/user"
	"cardea/spec/id"
	"cardea/spec/totp"
)

var (
	// ErrNone says that the user has no software token.
	ErrNone = errors.New("no software token")

	// ErrMismatch says that the code is not one of the software token's at this time.
	ErrMismatch = errors.New("wrong code of a software token")

	// ErrReused says that the code was right, and that it or a later one has been used already.
	ErrReused = errors.New("used code of a software token")
)

// pendingTTL is how long an associated secret can be verified.
const pendingTTL = time.Hour

// SoftwareTokens registers and judges software tokens.
type SoftwareTokens struct{}

// Accepted is a right code. Use must use it up, in the transaction that acts on it.
type Accepted struct {
	token *softwaretoken.Token
	step  int64
}

// Associate stores a secret, of totp.NewSecret, that is not verified yet. It replaces an earlier one that was not verified;
// the token in force, if there is one, stays.
func (SoftwareTokens) Associate(tx *db.Tx, box *seal.Box, u *user.User, secret []byte) error {
	return softwaretoken.SetPending(tx, u.Pool, u.Sub, box.Seal(label(u.Sub), secret))
}

// Verify puts the associated secret in force, if the code is one of its codes, and switches the factor on; the caller stores
// the user. The code is used up. Conditions: ErrNone, ErrMismatch.
func (SoftwareTokens) Verify(tx *db.Tx, box *seal.Box, u *user.User, code, name string) error {
	token, err := get(tx, u)
	if err != nil {
		return err
	}
	if token.Pending == nil || !tx.Now.Before(token.Asked.Add(pendingTTL)) {
		return ErrNone
	}
	secret, err := reveal(box, token.Sub, token.Pending)
	if err != nil {
		return err
	}
	step, err := match(tx.Now, secret, code)
	if err != nil {
		return err
	}

	if err := softwaretoken.Confirm(tx, token, step); err != nil {
		return err
	}
	u.MFA.SoftwareUnset = u.MFA.SoftwareUnset || !u.MFA.Software
	u.MFA.Software, u.MFA.App = true, name
	return nil
}

// InForce loads the user's software token in force, or answers ErrNone.
func (SoftwareTokens) InForce(tx *db.Tx, u *user.User) (*softwaretoken.Token, error) {
	token, err := get(tx, u)
	if err == nil && token.Secret == nil {
		return nil, ErrNone
	}
	return token, err
}

// Judge judges a code at sign-in by the token in force. The answer must be given to Use, which decides.
// Conditions: ErrMismatch, ErrReused.
func (SoftwareTokens) Judge(now time.Time, box *seal.Box, token *softwaretoken.Token, code string) (Accepted, error) {
	secret, err := reveal(box, token.Sub, token.Secret)
	if err != nil {
		return Accepted{}, err
	}
	step, err := match(now, secret, code)
	if err != nil {
		return Accepted{}, err
	}
	if step <= token.LastStep {
		return Accepted{}, ErrReused
	}
	return Accepted{token, step}, nil
}

// Use uses up a code that Judge accepted, and with it all earlier codes of the token, without waiting. The transaction fails with
// the error used, as by db.Tx.LaterOne, when the code or a later one was used before, and when the token has been replaced or
// deleted since.
func (SoftwareTokens) Use(tx *db.Tx, code Accepted, used error) {
	softwaretoken.Use(tx, code.token, code.step, used)
}

// Verified tells whether the user has a software token in force.
func (SoftwareTokens) Verified(tx *db.Tx, u *user.User) (bool, error) {
	token, err := get(tx, u)
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	return err == nil && token.Secret != nil, err
}

// Delete removes the user's software token, an associated secret, and the user's settings of the factor; the caller stores
// the user. It answers ErrNone when no token is in force.
func (SoftwareTokens) Delete(tx *db.Tx, u *user.User) error {
	token, err := get(tx, u)
	if err != nil {
		return err
	}
	if token.Secret == nil {
		return ErrNone
	}
	if err := softwaretoken.Delete(tx, u.Pool, u.Sub); err != nil {
		return err
	}
	u.MFA.Software, u.MFA.SoftwareUnset, u.MFA.App = false, false, ""
	if u.MFA.Preferred == software.Setting {
		u.MFA.Preferred = ""
	}
	return nil
}

func get(tx *db.Tx, u *user.User) (*softwaretoken.Token, error) {
	token, err := softwaretoken.Get(tx, u.Pool, u.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("get software token: %w", err)
	}
	return token, nil
}

// match judges a code by a user's secret and answers the step that it is of.
func match(now time.Time, secret []byte, code string) (int64, error) {
	step, ok := totp.Match(secret, code, now)
	if !ok {
		return 0, ErrMismatch
	}
	return step, nil
}

// reveal opens the sealed secret of a user.
func reveal(box *seal.Box, sub id.Sub, sealed []byte) ([]byte, error) {
	secret, err := box.Open(label(sub), sealed)
	if err != nil {
		return nil, fmt.Errorf("open secret of software token: %w", err)
	}
	return secret, nil
}

// label binds a sealed secret to its user.
func label(sub id.Sub) string { return "software token/" + string(sub) }
