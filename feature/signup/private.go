package signup

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/account"
	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
)

// Where a pool hides its sign-ups (pool.HidesSignUps), nobody learns by them that an address has an account already. Who signs up
// with one gets the answer of a new user, and whoever reads the address a notice in the place of the code. What confirms a sign-up
// treats users who have no need of it as unknown ones.

// prepareDecoy prepares the notice beside the code, whether it is needed or not: the time must not tell.
func (s *Service) prepareDecoy(ctx context.Context, r *registration, code verification.Target) error {
	if !r.Pool.HidesSignUps() {
		return nil
	}
	notice, err := s.Codes.Outbox.Compose(ctx, message.Message{
		App: r.App, Kind: message.Taken, Attribute: code.Attribute, To: r.user.Attributes[code.Attribute], Source: r.source.Network(),
	})
	if err != nil {
		return fmt.Errorf("compose the notice of a sign-up: %w", err)
	}
	t := r.target(nil, r.in.Username)
	t.Kind, t.Attribute = code.Kind, code.Attribute
	decoy, err := s.Codes.Prepare(ctx, t)
	if err != nil {
		return err
	}
	r.decoy = decoy.Instead(notice)
	return nil
}

// hide reports whether a name of the new user is taken, where that must not be told, and posts the notice then.
func (s *Service) hide(tx *db.Tx, a app, r *registration) (bool, error) {
	if !a.Pool.HidesSignUps() {
		return false, nil
	}
	err := account.CheckName(tx, a.Pool, r.user)
	if _, taken := errors.AsType[*account.TakenError](err); !taken {
		return false, err
	}
	r.taken = true
	if r.code == nil {
		return true, nil
	}
	r.next = r.signingUp(tx, a)
	return true, s.Codes.Post(tx, r.decoy)
}
