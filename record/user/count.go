package user

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"

	"cardea/platform/db"
	"cardea/spec/id"
)

// counted is the number of users up to which Count is exact.
const counted = 4096

// Count estimates how many users a pool has: exactly up to 4096, beyond that to some two per cent.
//
// With a counter, every sign-up of a pool would wait for one row; a count over all rows would read the whole index for each
// DescribeUserPool. But subs are random, so the 4096th of them in order tells how densely the
// space of all subs is filled.
func Count(tx *db.Tx, pool id.Pool) (int64, error) {
	last, err := db.One(tx, scanSub, `
		SELECT sub
		FROM user_account
		WHERE pool_id = $1
		ORDER BY sub
		LIMIT 1 OFFSET $2`,
		pool, counted-1)
	if errors.Is(err, db.ErrNotFound) {
		return count(tx, pool)
	}
	if err != nil {
		return 0, err
	}

	filled := fraction(last)
	if filled == 0 {
		return counted, nil
	}
	return max(counted, int64(math.Round(counted/filled))), nil
}

func count(tx *db.Tx, pool id.Pool) (int64, error) {
	return db.One(tx, scanCount, `
		SELECT COUNT(*)
		FROM user_account
		WHERE pool_id = $1`,
		pool)
}

// fraction tells how far into the space of all subs one lies, by its first 32 bits; 0 when it is no UUID.
func fraction(sub id.Sub) float64 {
	if len(sub) < 8 {
		return 0
	}
	bits, err := hex.DecodeString(string(sub[:8]))
	if err != nil {
		return 0
	}
	return (float64(binary.BigEndian.Uint32(bits)) + 1) / (1 << 32)
}

func scanSub(row db.Scanner) (sub id.Sub, err error) { return sub, row.Scan(&sub) }

func scanCount(row db.Scanner) (n int64, err error) { return n, row.Scan(&n) }
