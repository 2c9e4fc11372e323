package access

import (
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Pool finds the pool that a request names. The pool is shared and must not be changed. As each of AWS's Regions knows its
// own pools only, a request signed for another Region than the pool's does not find it.
func Pool(tx *db.Tx, poolID string) (*pool.Pool, error) {
	region := awsjson.CallerFrom(tx.Context()).Region
	if region != "" && region != id.Pool(poolID).Region() {
		return nil, unknownPool(poolID)
	}

	p, err := pool.Get(tx, id.Pool(poolID))
	if errors.Is(err, db.ErrNotFound) {
		return nil, unknownPool(poolID)
	}
	if err != nil {
		return nil, fmt.Errorf("get pool: %w", err)
	}
	return p, nil
}

func unknownPool(poolID string) error {
	return cognitoidp.ResourceNotFound("User pool " + poolID + " does not exist.")
}
