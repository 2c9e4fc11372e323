package access

import (
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Pool finds the pool that a request names. The pool is shared and must not be changed.
func Pool(tx *db.Tx, poolID string) (*pool.Pool, error) {
	p, err := pool.Get(tx, id.Pool(poolID))
	if errors.Is(err, db.ErrNotFound) {
		return nil, cognitoidp.ResourceNotFound("User pool " + poolID + " does not exist.")
	}
	if err != nil {
		return nil, fmt.Errorf("get pool: %w", err)
	}
	return p, nil
}
