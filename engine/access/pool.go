package access

import (
	"errors"
	"fmt"

	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/id"
)

// UnknownError says that there is no pool, or no app client, of an id.
type UnknownError struct {
	Pool   string // the pool's id; empty if it is about a client
	Client string // the client's id
}

func (e *UnknownError) Error() string {
	if e.Client != "" {
		return "no app client " + e.Client
	}
	return "no user pool " + e.Pool
}

// Pool finds the pool that a request names. The pool is shared and must not be changed. As each of AWS's Regions knows its
// own pools only, a request signed for another Region than the pool's does not find it.
func Pool(tx *db.Tx, poolID string) (*pool.Pool, error) {
	if elsewhere(tx, poolID) {
		return nil, &UnknownError{Pool: poolID}
	}

	p, err := pool.Get(tx, id.Pool(poolID))
	if errors.Is(err, db.ErrNotFound) {
		return nil, &UnknownError{Pool: poolID}
	}
	if err != nil {
		return nil, fmt.Errorf("get pool: %w", err)
	}
	return p, nil
}

// elsewhere tells whether the request is signed for another Region than the pool's.
func elsewhere(tx *db.Tx, poolID string) bool {
	region := caller.From(tx.Context()).Region
	return region != "" && region != id.Pool(poolID).Region()
}

// PoolClient finds the pool and the client of it that a signed request names, for operations that need no box. Both are
// shared and must not be changed.
func PoolClient(tx *db.Tx, poolID, clientID string) (*pool.Pool, *client.Client, error) {
	if elsewhere(tx, poolID) {
		return nil, nil, &UnknownError{Pool: poolID}
	}
	c, version, err := client.Of(tx, id.Pool(poolID), id.Client(clientID))
	if errors.Is(err, db.ErrNotFound) && version == 0 {
		return nil, nil, &UnknownError{Pool: poolID}
	}
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, &UnknownError{Client: clientID}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("get client: %w", err)
	}
	p, err := pool.At(tx, c.Pool, version)
	if err != nil {
		return nil, nil, fmt.Errorf("get pool: %w", err)
	}
	return p, c, nil
}
