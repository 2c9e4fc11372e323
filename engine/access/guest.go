package access

import (
	"context"
	"fmt"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/datakey"
	"cardea/record/pool"
)

// Guest is an app that calls for someone who is not signed in. What it holds is shared and must not be changed.
type Guest struct {
	Pool   *pool.Pool
	Client *client.Client
	Box    *seal.Box // the pool's
}

// Door lets guests in.
type Door struct {
	DB   *db.DB
	Ring *datakey.Ring
}

// Admit finds the app that an unsigned request names and proves it by its SECRET_HASH.
func (d Door) Admit(ctx context.Context, clientID, username, hash string) (g Guest, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		if g, err = d.Guest(tx, clientID); err != nil {
			return err
		}
		return CheckSecretHash(g.Box, g.Client, username, hash)
	})
	return g, err
}

// Guest loads an app again, since it may have changed after Admit.
func (d Door) Guest(tx *db.Tx, clientID string) (g Guest, err error) {
	if g.Pool, g.Client, err = Client(tx, clientID); err != nil {
		return g, err
	}
	if g.Box, err = d.Ring.Box(tx, g.Pool.ID); err != nil {
		return g, fmt.Errorf("open pool's box: %w", err)
	}
	return g, nil
}
