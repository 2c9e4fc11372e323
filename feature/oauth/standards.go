package oauth

import (
	"context"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/id"
)

// Standards by which endpoints answer, or answer differently, in the pools that offer them.
const (
	DeviceGrant       = pool.DeviceGrant
	Introspection     = pool.Introspection
	Metadata          = pool.Metadata
	PushedRequests    = pool.PushedRequests
	RPInitiatedLogout = pool.RPInitiatedLogout
	Strict            = pool.Strict
	Registration      = pool.Registration
)

// Offers tells whether a pool has the endpoint of a standard. A pool that does not exist has none.
func (s *Service) Offers(ctx context.Context, name id.Pool, standard string) (offers bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, string(name))
		if err == nil {
			offers = p.Offers(standard)
		}
		return err
	})
	return offers, err
}
