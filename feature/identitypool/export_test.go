package identitypool

import (
	"context"

	"cardea/engine/federated"
	"cardea/platform/db"
	"cardea/spec/id"
)

// Link is link, for tests.
func (s *Service) Link(ctx context.Context, pool, named, developer string, tokens ...*federated.Token) (string, error) {
	who, err := s.link(ctx, proof{pool: id.IdentityPool(pool), named: id.Identity(named), tokens: tokens, developer: developer})
	return string(who), err
}

// Guest answers the error with which a request without logins is refused that names an identity.
func (s *Service) Guest(ctx context.Context, name string) error {
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.guest(tx, name)
		return err
	})
}
