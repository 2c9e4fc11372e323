package verification

import (
	"context"
	"errors"

	"cardea/engine/lockout"
	"cardea/platform/db"
	"cardea/spec/id"
)

// Write runs fn as db.Write does, and commits also when its error is one of this package's judgements, so that what the
// attempt cost is counted.
func Write(ctx context.Context, d *db.DB, fn func(tx *db.Tx) error) error {
	var judgement error
	err := d.Write(ctx, func(tx *db.Tx) error {
		judgement = nil
		err := fn(tx)
		if errors.Is(err, ErrMismatch) || errors.Is(err, ErrExpired) || errors.Is(err, ErrTooMany) {
			judgement = err
			return nil
		}
		if unknown, ok := errors.AsType[*unknownUser](err); ok {
			judgement = unknown.answer
			return unknown.count(tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	return judgement
}

// unknownUser is a request for a user who does not exist, where the app may know.
type unknownUser struct {
	pool   id.Pool
	source lockout.Source
	answer error
}

func (u *unknownUser) Error() string { return u.answer.Error() }

// Unwrap gives what is answered.
func (u *unknownUser) Unwrap() error { return u.answer }

// count counts the request as a failure of its source address, or answers lockout.ErrRateLimited.
func (u *unknownUser) count(tx *db.Tx) error {
	if err := u.source.RateLimited(tx, u.pool); err != nil {
		return err
	}
	return u.source.Fail(tx, u.pool)
}

// Unknown is the error of a request for a user who does not exist, where the app may know it: Write, Send and Change count
// the request as a failure of its source address, since whoever makes many of them looks for users, and return answer.
func Unknown(pool id.Pool, source lockout.Source, answer error) error {
	return &unknownUser{pool, source, answer}
}
