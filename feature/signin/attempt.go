package signin

import (
	"errors"
	"fmt"

	"cardea/engine/challenge"
	"cardea/engine/lockout"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// A turn is an attempt at one of a user's secrets. This file holds what keeps it from being made, and what becomes of it.

// begin starts an attempt at one of the user's secrets, or at that of nobody.
func (t *turn) begin(tx *db.Tx) error {
	t.try, t.lock = lockout.Begin(tx, t.Pool.ID, t.account(), t.place())
	if t.lock != nil && !lockout.Refuses(t.lock) {
		return t.lock
	}
	return nil
}

// place is where the attempt comes from. What a server says about its user counts; its own address does not.
func (t *turn) place() lockout.Source {
	p := lockout.Source{Client: t.Client.ID}
	if t.placed {
		p.Address = t.from.IP
	}
	return p
}

// account is where failures count.
func (t *turn) account() string {
	switch {
	case t.user == nil && t.factors:
		return lockout.UnknownUser(t.Box, "factor/"+t.name)
	case t.user == nil:
		return lockout.UnknownUser(t.Box, t.name)
	case t.factors:
		return lockout.Factor(t.user.Sub)
	}
	return lockout.User(t.user.Sub)
}

// present checks what keeps a user from signing in by whatever proof.
func (t *turn) present() error {
	if t.user == nil && !t.Client.HidesUsers() {
		return cognitoidp.UserNotFound("User does not exist.")
	}
	if err := t.enabled(); err != nil {
		return err
	}
	return t.lock
}

// enabled is all that is checked where an answer is a choice and no guess. Whoever makes it has proven a first factor, and is
// not to be kept out by a stranger who guesses at it.
func (t *turn) enabled() error {
	if t.user != nil && !t.user.Enabled {
		return cognitoidp.NotAuthorized("User is disabled.")
	}
	return nil
}

// standing checks, in Cognito's order, what keeps a user from signing in whatever the password (02-auth-flows §3).
func (t *turn) standing() error {
	if u := t.user; u != nil && u.Enabled {
		switch {
		case u.Status == cognitoidp.UserStatusTypeUnconfirmed:
			return cognitoidp.UserNotConfirmed("User is not confirmed.")
		case u.Status == cognitoidp.UserStatusTypeResetRequired && !t.Client.HidesUsers():
			return cognitoidp.PasswordResetRequired("Password reset required for the user")
		}
	}
	return t.present()
}

// fail records a wrong password and answers its fault. Spend, if any, uses the challenge up; one that was used up before
// is no guess and not counted.
func (t *turn) fail(spend func(*db.Tx) error) error {
	fault := incorrect()
	err := t.DB.Write(t.ctx, func(tx *db.Tx) error {
		fault = incorrect()
		if spend != nil {
			err := spend(tx)
			if errors.Is(err, db.ErrExists) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		err := t.try.Fail(tx)
		if errors.Is(err, lockout.ErrLocked) {
			fault = err
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("record a failed sign-in: %w", err)
	}
	return fault
}

// miss records a wrong answer to a challenge that stays open for another, and answers its fault. When it locks the
// account the session ends; once that is used up, an answer is no guess and not counted.
func (t *turn) miss(wrong error) error {
	if t.tx != nil {
		var err error
		if t.missed, err = t.recordMiss(t.tx, wrong); err != nil {
			return err
		}
		return t.missed
	}
	fault := wrong
	err := t.DB.Write(t.ctx, func(tx *db.Tx) (err error) {
		fault, err = t.recordMiss(tx, wrong)
		return err
	})
	if err != nil {
		return err
	}
	return fault
}

// recordMiss answers the fault to show.
func (t *turn) recordMiss(tx *db.Tx, wrong error) (fault, err error) {
	err = t.sessions().Unused(tx, t.state)
	if errors.Is(err, challenge.ErrUsed) {
		return err, nil
	}
	if err == nil {
		err = t.try.Fail(tx)
	}
	if errors.Is(err, lockout.ErrLocked) {
		return err, nil
	}
	var locked bool
	if err == nil {
		locked, err = t.try.Locks(tx)
	}
	if err == nil && locked {
		err = t.spendSession(tx, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("record a wrong answer: %w", err)
	}
	return wrong, nil
}

// unlock is the effect of a right answer on the account that it was an attempt at: the lock has the last word, earlier
// failures are forgiven.
func (t *turn) unlock(tx *db.Tx, _ *user.User) error {
	return t.try.Pass(tx)
}

// passed is the effect of a password rightly proven.
func (t *turn) passed(tx *db.Tx, u *user.User) error {
	if err := t.unlock(tx, u); err != nil {
		return err
	}
	return t.lasting(u)
}

// lasting refuses a temporary password that has waited for too long.
func (t *turn) lasting(u *user.User) error {
	if t.outlived(u) {
		return cognitoidp.NotAuthorized("Temporary password has expired and must be reset by an administrator.")
	}
	return nil
}

// void is the fault of a sign-in that another password has overtaken.
func (t *turn) void() error {
	if t.session == "" {
		return incorrect()
	}
	return challenge.ErrInvalid
}

// outlived tells whether the user's password is a temporary one whose time is over.
func (t *turn) outlived(u *user.User) bool {
	days := t.Pool.PasswordPolicy().TemporaryPasswordValidityDays
	if days == 0 {
		days = 7
	}
	return u.Status == cognitoidp.UserStatusTypeForceChangePassword && t.now.After(u.PasswordSet.AddDate(0, 0, int(days)))
}

func incorrect() error { return cognitoidp.NotAuthorized("Incorrect username or password.") }
