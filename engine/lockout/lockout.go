package lockout

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/platform/telemetry"
	"cardea/record/attempt"
	"cardea/spec/id"
)

// ErrLocked says that the account is locked: the password is neither judged nor counted.
var ErrLocked = errors.New("account is locked after too many failures")

// Refuses tells whether err is one of this package's conditions.
func Refuses(err error) bool { return errors.Is(err, ErrLocked) || errors.Is(err, ErrRateLimited) }

const (
	freeFailures = 4
	longestLock  = 15 * time.Minute
	forgiveness  = 15 * time.Minute
)

// User is the account of a user.
func User(sub id.Sub) string { return attempt.UserKey(sub) }

// Factor is the account of a user's codes, software token, passkeys and devices: their failures count apart from those of
// the password.
func Factor(sub id.Sub) string { return attempt.FactorKey(sub) }

// Custom is the account of a user's answers to custom challenges, which functions of the pool judge: anybody may answer
// these, so that they must lock nothing else.
func Custom(sub id.Sub) string { return attempt.CustomKey(sub) }

// UnknownUser is the account of the stand-in for an unknown user: a pseudonym that is stable for its id.
func UnknownUser(box *seal.Box, id string) string {
	return fmt.Sprintf("name/%x", box.MAC("lockout", []byte(id))[:16])
}

// Try is one attempt at an account.
type Try struct {
	pool   id.Pool
	key    string
	source Source
	begun  time.Time

	in   *db.Tx                          // the transaction in which the account is known; nil: none
	know func() (attempt.Attempt, error) // the account as it was read, or asked for, in it
}

// Begin starts an attempt from a source, or answers ErrLocked or ErrRateLimited.
func Begin(tx *db.Tx, pool id.Pool, key string, source Source) (Try, error) {
	return Ask(tx, pool, key, source)()
}

// Ask is Begin without waiting: what it gives waits for the answer, as that of db.Ask does.
func Ask(tx *db.Tx, pool id.Pool, key string, source Source) func() (Try, error) {
	asked := attempt.AskFind(tx, pool, key, source.address(), source.client())
	return func() (Try, error) {
		t := Try{pool: pool, key: key, source: source, begun: tx.Now}
		rows, err := asked()
		if err != nil {
			return t, fmt.Errorf("read failed attempts: %w", err)
		}
		t.in, t.know = tx, func() (attempt.Attempt, error) { return rows[key], nil }
		if err := source.judge(rows, tx.Now); err != nil {
			return t, err
		}
		return t, t.judge(rows[key], tx.Now)
	}
}

// Ahead is the attempt in a transaction that is going to end it: the account is asked for without waiting, as by db.Ask.
func (t Try) Ahead(tx *db.Tx) Try {
	t.in, t.know = tx, attempt.Ask(tx, t.pool, t.key).Get
	return t
}

// Fail counts the attempt as a failure of the account and of the source, durable when tx is, or answers ErrLocked when the
// account was locked after it began: then the caller must not tell whether the password was right.
func (t Try) Fail(tx *db.Tx) error {
	if err := t.FailAccount(tx); err != nil {
		return err
	}
	return t.source.Fail(tx, t.pool)
}

// FailAccount is Fail without the source, for attempts whose number is limited by source in another way.
func (t Try) FailAccount(tx *db.Tx) error {
	a, err := t.check(tx)
	if err != nil {
		return err
	}
	if !tx.Now.Before(a.Failed.Add(forgiveness)) {
		a.Failures = 0
	}
	a.Pool, a.Key = t.pool, t.key
	a.Failures++
	a.Failed = tx.Now
	if lock := duration(a.Failures); lock > 0 {
		a.LockedUntil = tx.Now.Add(lock)
		tx.OnCommit(func() { telemetry.From(tx.Context()).Lockout(t.secret()) })
	}
	attempt.Put(tx, a)
	return nil
}

// Allowed ends the attempt as neither: it answers ErrLocked as Fail does.
func (t Try) Allowed(tx *db.Tx) error {
	_, err := t.check(tx)
	return err
}

// Succeed ends the attempt as a success and forgives earlier failures, or answers ErrLocked as Fail does.
func (t Try) Succeed(tx *db.Tx) error {
	a, err := t.check(tx)
	if err != nil {
		return err
	}
	if a.Failures > 0 {
		attempt.Delete(tx, t.pool, t.key)
	}
	return nil
}

// Locks tells whether the account is locked now: after Fail, whether that was one failure too many.
func (t Try) Locks(tx *db.Tx) (bool, error) {
	t.begun, t.in = tx.Now, nil // what was known of the account holds no longer
	_, err := t.check(tx)
	if errors.Is(err, ErrLocked) {
		return true, nil
	}
	return false, err
}

// secret names what the attempt guesses at, for metrics.
func (t Try) secret() string {
	switch kind, _, _ := strings.Cut(t.key, "/"); kind {
	case "factor", "custom":
		return kind
	case "name":
		return "unknown"
	}
	return "password"
}

// check reads the account.
func (t Try) check(tx *db.Tx) (attempt.Attempt, error) {
	read := func() (attempt.Attempt, error) { return attempt.Get(tx, t.pool, t.key) }
	if t.in == tx {
		read = t.know
	}
	a, err := read()
	if errors.Is(err, db.ErrNotFound) {
		return attempt.Attempt{}, nil
	}
	if err != nil {
		return attempt.Attempt{}, fmt.Errorf("read failed attempts: %w", err)
	}
	return a, t.judge(a, tx.Now)
}

// judge answers ErrLocked for a lock that holds now or held at any moment since the attempt began.
func (t Try) judge(a attempt.Attempt, now time.Time) error {
	if t.begun.Before(a.LockedUntil) || now.Before(a.LockedUntil) {
		return ErrLocked
	}
	return nil
}

// Reset forgives the account's failures, as an administrator's new password or a reset by code does.
func Reset(tx *db.Tx, pool id.Pool, key string) error {
	attempt.Delete(tx, pool, key)
	return nil
}

// duration is how long the n-th failure locks an account.
func duration(failures int64) time.Duration {
	over := failures - freeFailures - 1
	if over < 0 {
		return 0
	}
	if over >= 10 { // 2^10 s are more than the longest lock
		return longestLock
	}
	return min(time.Second<<over, longestLock)
}
