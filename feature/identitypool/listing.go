package identitypool

import (
	"context"
	"time"

	"cardea/engine/throttle"
)

// How many guests are listed, on each node. Those beyond are as good, and have no row: a flood of guests fills no table.
const (
	listedOfNetwork = 2  // a second, of those that ask from one network
	listedOfPool    = 20 // a second
	listedAtOnce    = 10 // seconds' worth
)

// Listing decides which guests are listed.
type Listing struct {
	network, pool throttle.Throttle
}

// NewListing makes the Listing of a clock.
func NewListing(now func() time.Time) *Listing {
	return &Listing{
		network: throttle.Throttle{PerSecond: listedOfNetwork, Burst: listedOfNetwork * listedAtOnce, Now: now},
		pool:    throttle.Throttle{PerSecond: listedOfPool, Burst: listedOfPool * listedAtOnce, Now: now},
	}
}

// admits counts a guest of a pool and tells whether there is room for a row.
func (l *Listing) admits(ctx context.Context, pool string) bool {
	return l.network.Admit(ctx) == nil && l.pool.AdmitFor(pool) == nil
}
