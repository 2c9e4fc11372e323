package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/record/cutoff"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/ssosession"
	"cardea/spec/id"
)

// sweepLimit is how many sessions one transaction looks at, so that sign-ins beside it do not wait.
const sweepLimit = 500

// Sessions ends sessions of many users at once. It works on the store alone, beside running servers.
type Sessions struct {
	db *db.DB
}

// OpenSessions opens the store that c names. Close it when done.
func OpenSessions(ctx context.Context, c Config) (*Sessions, error) {
	store, err := db.Open(ctx, c.Database, db.Options{Now: c.now()})
	if err != nil {
		return nil, err
	}
	return &Sessions{store}, nil
}

// Close closes the store.
func (s *Sessions) Close() error { return s.db.Close() }

// Revocation says which sessions are to be ended.
type Revocation struct {
	Before time.Time // whose sign-in was before this moment
	Now    bool      // whose sign-in was before now, whatever the clocks of servers show
	Pool   string    // of this pool; empty: of all, and temporary credentials, too
}

// Revoked counts what has been ended.
type Revoked struct {
	Pools    int
	Sessions int64 // with their refresh tokens and access tokens
	SSO      int64 // sessions of single sign-on
}

// ErrUnknownPool says that there is no pool with the id given, and ErrFuture that a moment has not come yet.
var (
	ErrUnknownPool = errors.New("there is no such pool")
	ErrFuture      = errors.New("this moment has not come yet")
)

// Revoke ends sessions. Servers refuse them from its first transaction on, whatever else is to be done; then their rows are
// ended, a few at a time, and report is told after each step. It may be run again, and goes on where it was interrupted.
func (s *Sessions) Revoke(ctx context.Context, r Revocation, report func(Revoked)) (done Revoked, err error) {
	r.Before = r.Before.Truncate(time.Millisecond) // as moments are stored
	switch {
	case r.Now:
		if r.Before, err = (&runningNodes{db: s.db}).now(ctx); err != nil {
			return done, err
		}
	case r.Before.After(s.db.Now()):
		return done, ErrFuture
	}
	pools, err := s.end(ctx, r)
	if err != nil {
		return done, err
	}
	for _, one := range pools {
		if err := s.sweep(ctx, &session.Sweep{Pool: one, Before: r.Before, Limit: sweepLimit}, &done, report); err != nil {
			return done, err
		}
		if err := s.sweepSSO(ctx, one, r.Before, &done, report); err != nil {
			return done, err
		}
		done.Pools++
		report(done)
	}
	return done, nil
}

// end makes servers refuse what began before the moment, and lists the pools.
func (s *Sessions) end(ctx context.Context, r Revocation) (pools []id.Pool, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		pools = []id.Pool{id.Pool(r.Pool)}
		if r.Pool == "" {
			all, err := pool.Versions(tx)
			if err != nil {
				return fmt.Errorf("list pools: %w", err)
			}
			pools = nil
			for _, p := range all {
				pools = append(pools, p.ID)
			}
			if err := cutoff.Raise(tx, cutoff.Credentials, r.Before); err != nil {
				return err
			}
		}
		for _, one := range pools {
			if err := pool.SignOut(tx, one, r.Before); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, ErrUnknownPool
	}
	return pools, err
}

func (s *Sessions) sweep(ctx context.Context, w *session.Sweep, done *Revoked, report func(Revoked)) error {
	for more := true; more; report(*done) {
		var ended int64
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			ended, more, err = w.End(tx)
			return err
		})
		if err != nil {
			return err
		}
		done.Sessions += ended
	}
	return nil
}

// sweepSSO ends sessions of single sign-on, and leaves word for the apps that are to be told.
func (s *Sessions) sweepSSO(ctx context.Context, of id.Pool, before time.Time, done *Revoked, report func(Revoked)) error {
	last := ""
	for {
		var found []*ssosession.Session
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			if found, err = ssosession.Begun(tx, of, before, last); err != nil {
				return fmt.Errorf("find single sign-on sessions: %w", err)
			}
			for _, one := range found {
				if err := account.EndSSO(tx, of, one.Sub, one.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(found) == 0 {
			return err
		}
		last = found[len(found)-1].ID
		done.SSO += int64(len(found))
		report(*done)
	}
}
