package signin

import (
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/password"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// beginPassword is the first step of the flows that send the password itself, and judges it at once.
func beginPassword(a *attempt) (*success, error) {
	return a.judgePassword(a.in.Given["PASSWORD"])
}

// sentPassword is the PASSWORD challenge of a choice-based sign-in: the password itself is the answer.
type sentPassword struct{ bySession }

func (sentPassword) needs() []string { return []string{"PASSWORD"} }

func (p sentPassword) challenge(a *attempt) (*Outcome, error) {
	return a.askWith(p.step, a.state.Next(a.now), map[string]string{})
}

func (sentPassword) sends(a *attempt) string { return a.givenPassword() }

func (sentPassword) judge(a *attempt) (*success, error) {
	done, err := a.judgePassword(a.in.Given["PASSWORD"])
	if err != nil {
		return nil, err
	}
	done.effects = append(done.effects, a.spendSession)
	return done, nil
}

// judgePassword judges a password that was sent.
func (a *attempt) judgePassword(pw string) (*success, error) {
	if err := a.mayGuessPassword(); err != nil {
		return nil, err
	}
	right, err := a.Passwords.Verify(a.ctx, a.Box, a.Pool, a.passwordHolder(), pw)
	if err != nil {
		return nil, err
	}
	if !right {
		return nil, a.passwordIsWrong()
	}
	done := &success{proof: factor.Password, source: "Authentication", effects: []effect{a.passwordHeld}}
	if a.Passwords.Outdated(a.Box, a.Pool, a.User) {
		change, err := a.Passwords.Prepare(a.ctx, a.Box, a.Pool, a.User, password.Choice{Password: pw})
		if err != nil {
			return nil, err
		}
		done.effects = append(done.effects, a.restore(change))
	}
	return done, nil
}

// passwordIsWrong takes the time that a user whom the pool does not know would have cost.
func (a *attempt) passwordIsWrong() error {
	if !a.fetched {
		if err := a.Migrator.Simulate(a.ctx, a.App); err != nil {
			return err
		}
	}
	return wrongPassword(nil)
}

// restore is the effect that stores a password in the form that the pool wants by now: a proof with the password in
// hand is the only occasion.
func (a *attempt) restore(change *password.Change) effect {
	return func(tx *db.Tx, u *user.User) error {
		change.Refresh(u)
		return account.SaveCredentials(tx, u)
	}
}

// passwordHeld is the effect of a password rightly proven. A temporary one that has waited for too long is refused.
func (a *attempt) passwordHeld(tx *db.Tx, u *user.User) error {
	if err := a.unlock(tx, u); err != nil {
		return err
	}
	if a.outlived(u) {
		return cognitoidp.NotAuthorized("Temporary password has expired and must be reset by an administrator.")
	}
	return nil
}

// outlived tells whether the user's password is a temporary one whose time is over.
func (a *attempt) outlived(u *user.User) bool {
	days := a.Pool.PasswordPolicy().TemporaryPasswordValidityDays
	if days == 0 {
		days = 7
	}
	return u.Status == cognitoidp.UserStatusTypeForceChangePassword && a.now.After(u.PasswordSet.AddDate(0, 0, int(days)))
}
