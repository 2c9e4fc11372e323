package signin

import (
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/password"
	"cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/record/user"
)

// beginPassword is the first step of the flows that send the password itself, and judges it at once.
func beginPassword(t *turn) (*Outcome, error) {
	if t.user == nil {
		if err := trigger.Refuse(t.Pool.Doc.LambdaConfig, trigger.UserMigration); err != nil {
			return nil, err
		}
	}
	if err := t.untriggered(); err != nil {
		return nil, err
	}
	done, err := t.verifyPassword(t.given["PASSWORD"])
	if err != nil {
		return nil, err
	}
	return t.advance(t, done)
}

// sentPassword is the PASSWORD challenge of a choice-based sign-in: the password itself is the answer.
type sentPassword struct{ bySession }

func (sentPassword) needs() []string { return []string{"PASSWORD"} }

func (p sentPassword) challenge(t *turn) (*Outcome, error) {
	return t.ask(p.step, t.state.Next(t.now), map[string]string{})
}

func (sentPassword) verify(t *turn) (*pass, error) {
	done, err := t.verifyPassword(t.given["PASSWORD"])
	if err != nil {
		return nil, err
	}
	done.effects, done.quiet = append(done.effects, t.spendSession), false
	return done, nil
}

// verifyPassword judges a password that was sent.
func (t *turn) verifyPassword(pw string) (*pass, error) {
	if err := t.standing(); err != nil {
		return nil, err
	}
	right, err := t.Passwords.Verify(t.ctx, t.Box, t.Pool, t.holder(), pw)
	if err != nil {
		return nil, err
	}
	if !right {
		return nil, t.fail(nil)
	}
	done := &pass{proof: factor.Password, source: "Authentication", effects: []effect{t.passed}, quiet: true}
	if t.Passwords.Outdated(t.Box, t.Pool, t.user) {
		change, err := t.Passwords.Prepare(t.ctx, t.Box, t.Pool, t.user, password.Choice{Password: pw})
		if err != nil {
			return nil, err
		}
		done.effects, done.quiet = append(done.effects, t.restore(change)), false
	}
	return done, nil
}

// restore is the effect that stores a password in the form that the pool wants by now: a proof with the password in
// hand is the only occasion.
func (t *turn) restore(change *password.Change) effect {
	return func(tx *db.Tx, u *user.User) error {
		change.Refresh(u)
		return account.SaveCredentials(tx, u)
	}
}
