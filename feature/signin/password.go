package signin

import (
	"fmt"

	"cardea/engine/password"
	"cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/record/user"
)

// beginPassword is the first step of the flows that send the password itself, and judges it at once.
func beginPassword(t *turn) (*Outcome, error) {
	if t.user == nil {
		if err := trigger.Refuse(t.pool.Doc.LambdaConfig, trigger.UserMigration); err != nil {
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

func (t *turn) verifyPassword(pw string) (*pass, error) {
	if err := t.standing(); err != nil {
		return nil, err
	}
	right, err := t.Passwords.Verify(t.ctx, t.box, t.pool, t.holder(), pw)
	if err != nil {
		return nil, err
	}
	if !right {
		return nil, t.fail(nil)
	}
	done := &pass{source: "Authentication", effects: []effect{t.passed}}
	if t.Passwords.Outdated(t.box, t.pool, t.user) {
		change, err := t.Passwords.Prepare(t.ctx, t.box, t.pool, t.user, password.Choice{Password: pw})
		if err != nil {
			return nil, err
		}
		done.effects = append(done.effects, t.restore(change))
	}
	return done, nil
}

// restore is the effect that stores a password in the form that the pool wants by now: a proof with the password in
// hand is the only occasion.
func (t *turn) restore(change *password.Change) effect {
	return func(tx *db.Tx, u *user.User) error {
		change.Refresh(u)
		if err := user.Update(tx, u); err != nil {
			return fmt.Errorf("store the password in its new form: %w", err)
		}
		return nil
	}
}
