package oauth

import (
	"context"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/id"
)

// Standards beyond Cognito by which endpoints answer, or answer differently, in pools whose tag cardea:standards names them.
const (
	DeviceGrant       = pool.DeviceGrant
	Introspection     = pool.Introspection
	Metadata          = pool.Metadata
	PushedRequests    = pool.PushedRequests
	RPInitiatedLogout = pool.RPInitiatedLogout
	Strict            = pool.Strict
)

// Follows tells whether a pool follows a standard. A pool that does not exist follows none.
func (s *Service) Follows(ctx context.Context, name id.Pool, standard string) (follows bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, string(name))
		if err == nil {
			follows = p.Follows(standard)
		}
		return err
	})
	return follows, err
}
