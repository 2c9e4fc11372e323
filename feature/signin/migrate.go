package signin

import (
	"errors"

	"cardea/engine/account"
	"cardea/engine/migration"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// sender is a proof whose answer may be a password.
type sender interface {
	sends(a *attempt) string // the password; empty when the answer is another one
}

// givenPassword is the password of a request that is nothing else.
func (a *attempt) givenPassword() string { return a.in.Given["PASSWORD"] }

// preferredPassword is the password that USER_AUTH begins with, if it does.
func (a *attempt) preferredPassword() string {
	return a.passwordFor(a.in.Given["PREFERRED_CHALLENGE"])
}

// passwordFor is the password that comes with the choice of a challenge. Every pool lets its users choose the password.
func (a *attempt) passwordFor(chosen string) string {
	if chosen != cognitoidp.ChallengeNameTypePassword {
		return ""
	}
	return a.givenPassword()
}

// migrate asks UserMigration for the user whom a password was sent for, where the pool does not know them, and goes on with the
// user whom it has fetched. The password is then judged like any other: it may be another one when somebody else was faster.
// An unknown user costs the same arithmetic as before.
func (a *attempt) migrate(pw string) error {
	if pw == "" || a.User != nil || a.hidden != nil || !migration.Has(a.App) {
		return nil
	}
	if a.lock != nil {
		return a.notMigrated()
	}
	if _, err := a.Passwords.Verify(a.ctx, a.Box, a.Pool, nil, pw); err != nil {
		return err
	}
	a.fetched = true

	c := a.call(triggerevent.Authentication)
	fetched, err := a.Migrator.Fetch(a.ctx, migration.Request{
		App: a.App, Occasion: c.Occasion, Name: a.name, Password: pw, Data: a.validation, Metadata: c.Metadata,
		Source: a.source, Now: a.now,
	})
	if _, nobody := errors.AsType[*migration.NobodyError](err); nobody {
		return a.notMigrated()
	}
	if err != nil {
		return err
	}
	if fetched.Created && fetched.User.Status == cognitoidp.UserStatusTypeResetRequired {
		return account.ErrResetRequired // the function has told so to whoever has sent the password, hidden or not
	}
	if err := a.adopt(fetched.User); err != nil {
		return err
	}
	return a.askToBegin()
}

// notMigrated is the answer about a user who is unknown to the pool and was not fetched. It is a wrong guess at a password,
// which may be right elsewhere, and counts as one.
func (a *attempt) notMigrated() error {
	if !a.Client.HidesUsers() {
		return &failure{fault: &migration.NobodyError{Client: a.Client.ID}, unknown: true, guess: true}
	}
	if a.lock != nil {
		return a.lock
	}
	return wrongPassword(nil)
}

// adopt has the sign-in be about a user who was unknown when it was loaded.
func (a *attempt) adopt(u *user.User) error {
	a.User = u
	a.state.Sub, a.state.Set = u.Sub, db.Millis(u.PasswordSet)
	return a.DB.Read(a.ctx, func(tx *db.Tx) error {
		if err := a.recognise(tx); err != nil {
			return err
		}
		if err := a.loadPasskeys(tx); err != nil {
			return err
		}
		if len(a.options) > 0 {
			a.options = a.choices()
		}
		return a.beginTry(tx)
	})
}
