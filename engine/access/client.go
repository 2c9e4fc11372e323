package access

import (
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Client finds the client that an unsigned request names, and its pool. Both are shared and must not be changed.
func Client(tx *db.Tx, clientID string) (*pool.Pool, *client.Client, error) {
	c, err := client.Find(tx, id.Client(clientID))
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, unknownClient(clientID)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find client: %w", err)
	}

	p, err := pool.Get(tx, c.Pool)
	if err != nil {
		return nil, nil, fmt.Errorf("get the client's pool: %w", err)
	}
	return p, c, nil
}

// PoolClient finds the pool and the client of it that a signed request names. Both are shared and must not be changed.
func PoolClient(tx *db.Tx, poolID, clientID string) (*pool.Pool, *client.Client, error) {
	p, err := Pool(tx, poolID)
	if err != nil {
		return nil, nil, err
	}

	c, err := client.Get(tx, p.ID, id.Client(clientID))
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, unknownClient(clientID)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("get client: %w", err)
	}
	return p, c, nil
}

func unknownClient(clientID string) error {
	return cognitoidp.ResourceNotFound("User pool client " + clientID + " does not exist.")
}
