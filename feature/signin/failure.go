package signin

import (
	"errors"
	"fmt"

	"cardea/engine/challenge"
	"cardea/engine/lockout"
	"cardea/platform/db"
	"cardea/platform/telemetry"
	"cardea/record/user"
	"cardea/spec/id"
)

// failure is a wrong answer. It counts in the lock-out of the user, or of the unknown name, and of the source address.
type failure struct {
	fault   error                 // what the caller is told
	unknown bool                  // it asked for a name that no user has: the source address counts it
	guess   bool                  // and came with a password, for UserMigration: the name counts it, too
	use     func(tx *db.Tx) error // uses up, or looks at, what was answered; see record
	ends    bool                  // should it lock the account, it ends the session that it came with
}

func (f *failure) Error() string { return f.fault.Error() }
func (f *failure) Unwrap() error { return f.fault }

// wrongPassword is a wrong password, or a wrong answer to an SRP exchange, which use uses up.
func wrongPassword(use func(tx *db.Tx) error) error { return &failure{fault: incorrect(), use: use} }

// wrongAnswer is a wrong answer to a challenge that stays open for another until the account is locked.
func (a *attempt) wrongAnswer(fault error) error {
	return &failure{fault: fault, use: func(tx *db.Tx) error { return a.sessions().Unused(tx, a.state) }, ends: true}
}

// recordFailure records err if it is a wrong answer, in a transaction of its own, and gives what the caller is told.
func (a *attempt) recordFailure(err error) error {
	wrong, ok := errors.AsType[*failure](err)
	if !ok {
		return err
	}
	var refusal error
	err = a.DB.Write(a.ctx, func(tx *db.Tx) (err error) {
		refusal, err = a.record(tx, wrong)
		return err
	})
	if err != nil {
		return err
	}
	return refusal
}

// record counts a wrong answer and gives what the caller is told. An answer to what was used up before is no guess and is
// not counted.
func (a *attempt) record(tx *db.Tx, wrong *failure) (refusal, err error) {
	a.wrong = wrong
	if wrong.use != nil {
		err := wrong.use(tx)
		switch {
		case errors.Is(err, db.ErrExists):
			return wrong.fault, nil
		case errors.Is(err, challenge.ErrUsed):
			return err, nil
		case err != nil:
			return nil, fmt.Errorf("look up a wrong answer's challenge: %w", err)
		}
	}
	if wrong.unknown {
		return a.recordUnknown(tx, wrong)
	}
	err = a.try.Fail(tx)
	if errors.Is(err, lockout.ErrLocked) {
		return err, nil
	}
	var locked bool
	if err == nil && wrong.ends {
		locked, err = a.try.Locks(tx)
	}
	if err == nil && locked {
		err = a.spendSession(tx, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("record a wrong answer: %w", err)
	}
	return wrong.fault, nil
}

// recordUnknown counts a request for a name that no user has, and refuses it once too many came from its address: who may
// learn which names there are must not learn them all.
func (a *attempt) recordUnknown(tx *db.Tx, wrong *failure) (refusal, err error) {
	err = a.source.RateLimited(tx, a.Pool.ID)
	if lockout.Refuses(err) {
		return err, nil
	}
	switch {
	case err == nil && wrong.guess:
		err = a.try.Fail(tx)
	case err == nil:
		err = a.source.Fail(tx, a.Pool.ID)
	}
	if err != nil && !errors.Is(err, lockout.ErrLocked) {
		return nil, fmt.Errorf("count a request for an unknown user: %w", err)
	}
	return wrong.fault, nil
}

// countFailure counts a step that has ended with err in the metrics, if it was a guess: a wrong answer, or one that was not
// judged because of others before.
func (a *attempt) countFailure(err error) {
	var reason string
	switch {
	case a == nil: // it has not begun
		return
	case errors.Is(err, lockout.ErrLocked):
		reason = "locked"
	case errors.Is(err, lockout.ErrRateLimited):
		reason = "limited"
	case a.wrong == nil || !errors.Is(err, a.wrong.fault):
		return
	case a.wrong.unknown:
		reason = "unknown"
	default:
		reason = "wrong"
	}
	telemetry.From(a.ctx).SigninFailure([]string{atPassword: "password", atFactor: "factor", atCustom: "custom"}[a.guessesAt], reason)
}

// beginTry starts an attempt at one of the user's secrets, or at that of an unknown user.
func (a *attempt) beginTry(tx *db.Tx) error {
	return a.begun(lockout.Begin(tx, a.Pool.ID, a.account(), a.source))
}

// begun takes the attempt that was begun, or a condition of lockout.
func (a *attempt) begun(try lockout.Try, err error) error {
	a.try, a.lock = try, err
	if a.lock != nil && !lockout.Refuses(a.lock) {
		return a.lock
	}
	return nil
}

// account is where failures count.
func (a *attempt) account() string {
	if a.User != nil {
		return lockoutKey(a.guessesAt, a.User.Sub)
	}
	if a.hidden != nil {
		return lockoutKey(a.guessesAt, a.hidden.Sub)
	}
	return lockout.UnknownUser(a.Box, map[guessed]string{atFactor: "factor/", atCustom: "custom/"}[a.guessesAt]+a.unknownID())
}

// lockoutKey is where failures of a user count.
func lockoutKey(at guessed, sub id.Sub) string {
	switch at {
	case atFactor:
		return lockout.Factor(sub)
	case atCustom:
		return lockout.Custom(sub)
	}
	return lockout.User(sub)
}

// unlock is the effect of a right answer on the account that it was an attempt at: the lock has the last word, earlier
// failures are forgiven.
func (a *attempt) unlock(tx *db.Tx, _ *user.User) error { return a.try.Succeed(tx) }
