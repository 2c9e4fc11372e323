package lockout

import (
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
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

// UnknownUser is the account of a name that belongs to nobody: a pseudonym that is stable for the (folded) name.
func UnknownUser(box *seal.Box, name string) string {
	return fmt.Sprintf("name/%x", box.MAC("lockout", []byte(name))[:16])
}

// Try is one attempt at an account.
type Try struct {
	pool  id.Pool
	key   string
	place Source
	begun time.Time
}

// Begin starts an attempt from a place, or answers ErrLocked or ErrRateLimited.
func Begin(tx *db.Tx, pool id.Pool, key string, place Source) (Try, error) {
	t := Try{pool: pool, key: key, place: place, begun: tx.Now}
	rows, err := attempt.Find(tx, pool, key, place.address(), place.client())
	if err != nil {
		return t, fmt.Errorf("read failed attempts: %w", err)
	}
	if err := place.judge(rows, tx.Now); err != nil {
		return t, err
	}
	return t, t.judge(rows[key], tx.Now)
}

// Fail counts the attempt as a failure, durable when tx is, or answers ErrLocked when a lock has come about since it
// began: then the caller must not tell whether the password was right.
func (t Try) Fail(tx *db.Tx) error {
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
	}
	if err := attempt.Put(tx, a); err != nil {
		return err
	}
	return t.place.Fail(tx, t.pool)
}

// Pass ends the attempt as a success and forgives earlier failures, or answers ErrLocked as Fail does.
func (t Try) Pass(tx *db.Tx) error {
	a, err := t.check(tx)
	if err != nil {
		return err
	}
	if a.Failures == 0 {
		return nil
	}
	return attempt.Delete(tx, t.pool, t.key)
}

// Clean tells whether there is nothing to forgive: Pass in the same transaction does not write.
func (t Try) Clean(tx *db.Tx) (bool, error) {
	_, err := attempt.Get(tx, t.pool, t.key)
	if errors.Is(err, db.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// Locks tells whether the account is locked now: after Fail, whether that was one failure too many.
func (t Try) Locks(tx *db.Tx) (bool, error) {
	t.begun = tx.Now
	_, err := t.check(tx)
	if errors.Is(err, ErrLocked) {
		return true, nil
	}
	return false, err
}

// check reads the account.
func (t Try) check(tx *db.Tx) (attempt.Attempt, error) {
	a, err := attempt.Get(tx, t.pool, t.key)
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
	return attempt.Delete(tx, pool, key)
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
