package signup

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/spec/triggerevent"
)

// Anybody may send any number of sign-ups, whose password nobody has to know. Where they run functions, those that are refused
// are counted by their address, and are refused without the functions once there were too many: functions are not run without
// bound, nor invitation codes guessed that they may want.

// asks reports whether sign-ups run functions of the pool before anything is stored.
func (a app) asks() bool {
	return trigger.Configured(a.Pool.Doc.LambdaConfig, triggerevent.PreSignUp, triggerevent.CustomMessage)
}

// mayAsk answers lockout.ErrRateLimited when the address has had its share of refused sign-ups.
func (a app) mayAsk(tx *db.Tx) error {
	if !a.asks() {
		return nil
	}
	return lockout.GuessesAtSignUp(a.source).RateLimited(tx, a.Pool.ID)
}

// countRefused counts a sign-up that has failed with err after functions were asked, unless it is the functions that fail, and
// answers err. One whose client has gone away counts: it has run them.
func (s *Service) countRefused(ctx context.Context, r *registration, err error) error {
	stopped, byFunction := errors.AsType[*trigger.Error](err)
	refused := byFunction && stopped.Kind == trigger.Refused || errors.Is(err, message.ErrLimit) || ctx.Err() != nil
	if !refused || !r.asks() {
		return err
	}
	failure := s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		return lockout.GuessesAtSignUp(r.source).Fail(tx, r.Pool.ID)
	})
	if failure != nil {
		return fmt.Errorf("count a refused sign-up: %w", failure)
	}
	return err
}
