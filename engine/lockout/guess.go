package lockout

import (
	"context"
	"errors"
	"fmt"

	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/attempt"
	"cardea/spec/id"
)

// Guesses are the attempts of one address at what belongs to no user. They are counted apart from the failures of users, so that
// a server which sends a wrong secret again and again keeps no user of its address out.
type Guesses struct {
	key string // empty: the address is not known
}

// GuessesOf are those of the caller of a request at secrets of app clients and at authorization codes.
func GuessesOf(ctx context.Context) Guesses {
	return guesses("guess/", Source{Address: caller.From(ctx).IP})
}

// GuessesAtDevices are those of the caller at codes that devices show.
func GuessesAtDevices(ctx context.Context) Guesses {
	return guesses("device/", Source{Address: caller.From(ctx).IP})
}

// GuessesAtSignUp are those of a source at what the functions of a pool let sign up.
func GuessesAtSignUp(s Source) Guesses { return guesses("signup/", s) }

// GuessesAtProviders are those of a source at what identity providers, and the functions of a pool, let sign in.
func GuessesAtProviders(s Source) Guesses { return guesses("provider/", s) }

func guesses(at string, s Source) Guesses {
	network := s.Network()
	if network == "" {
		return Guesses{}
	}
	return Guesses{at + network}
}

// RateLimited answers ErrRateLimited when the address has had its share of wrong guesses in a pool.
func (g Guesses) RateLimited(tx *db.Tx, pool id.Pool) error {
	if g.key == "" {
		return nil
	}
	a, err := attempt.Get(tx, pool, g.key)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read wrong guesses of an address: %w", err)
	}
	if recent(a, tx.Now) >= allowance {
		return ErrRateLimited
	}
	return nil
}

// Fail counts a wrong guess, durable when tx is.
func (g Guesses) Fail(tx *db.Tx, pool id.Pool) error { return count(tx, pool, g.key, 1) }
