package userpool

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/message"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// Service answers the operations on user pools.
type Service struct {
	DB      *db.DB
	Ring    *datakey.Ring
	Pages   *page.Codec
	Keys    *token.KeyStock // what new pools get their signing keys from
	Account string          // twelve digits, in every ARN
	Region  string          // of new pools, when the request has none

	Messages     *message.Outbox // knows which messages the server can send
	ForeignRoles bool            // SetUserPoolMfaConfig takes roles of other accounts, as a development server does

	Triggers         trigger.Triggers // knows which functions the server can invoke
	Changed          func()           // is called when a pool has been made, changed or deleted; nil: nobody is to know
	UnknownFunctions bool             // pools may name functions that it cannot invoke, as on a development server
}

var _ cognitoidp.Userpool = (*Service)(nil)

// announce tells, once tx has committed, that pools have changed.
func (s *Service) announce(tx *db.Tx) {
	if s.Changed != nil {
		tx.OnCommit(s.Changed)
	}
}

// region is the Region of a signed request, from its credential scope.
func (s *Service) region(ctx context.Context) string {
	if region := caller.From(ctx).Region; region != "" {
		return region
	}
	return s.Region
}

// change lets edit alter a copy of the pool and stores it, all in one write transaction: of two changes at once none is
// lost.
func (s *Service) change(ctx context.Context, poolID string, edit func(p *pool.Pool) error) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		current, err := access.Pool(tx, poolID)
		if err != nil {
			return err
		}
		p := current.Clone()
		if err := edit(p); err != nil {
			return err
		}
		p.Doc.LastModifiedDate = awsjson.At(tx.Now)
		s.announce(tx)
		return pool.Update(tx, p)
	})
	if errors.Is(err, db.ErrStale) {
		return fmt.Errorf("update pool inside its own transaction: %w", err)
	}
	return err
}
