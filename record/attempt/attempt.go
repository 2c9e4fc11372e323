package attempt

import (
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Attempt counts one account's failures.
type Attempt struct {
	Pool        id.Pool
	Key         string
	Failures    int64
	Failed      time.Time // the last failure
	LockedUntil time.Time // zero when the account was never locked
}

// UserKey is the account of a user.
func UserKey(sub id.Sub) string { return "user/" + string(sub) }

// FactorKey is the account of a user's proofs other than the password.
func FactorKey(sub id.Sub) string { return "factor/" + string(sub) }

// CustomKey is the account of a user's answers to custom challenges.
func CustomKey(sub id.Sub) string { return "custom/" + string(sub) }

// Get finds an account's failures, or answers db.ErrNotFound when it has none.
func Get(tx *db.Tx, pool id.Pool, key string) (Attempt, error) {
	return db.One(tx, scan, get, string(pool), key)
}

const get = `
	SELECT pool_id, key, failures, failed, locked_until
	FROM attempt
	WHERE pool_id = $1 AND key = $2`

// Ask is Get without waiting, as db.Ask.
func Ask(tx *db.Tx, pool id.Pool, key string) *db.Answer[Attempt] {
	return db.Ask(tx, scan, get, string(pool), key)
}

// findEach looks three keys up one by one: for an IN, SQLite would build a table of them first.
const findEach = `
	SELECT pool_id, key, failures, failed, locked_until FROM attempt WHERE pool_id = $1 AND key = $2
	UNION ALL
	SELECT pool_id, key, failures, failed, locked_until FROM attempt WHERE pool_id = $1 AND key = $3
	UNION ALL
	SELECT pool_id, key, failures, failed, locked_until FROM attempt WHERE pool_id = $1 AND key = $4`

// Find reads several accounts' failures at once, by key; accounts without any, and empty keys, are not among them.
func Find(tx *db.Tx, pool id.Pool, one, two, three string) (map[string]Attempt, error) {
	return AskFind(tx, pool, one, two, three)()
}

// AskFind is Find without waiting: what it gives waits for the answer, as that of db.Ask does.
func AskFind(tx *db.Tx, pool id.Pool, one, two, three string) func() (map[string]Attempt, error) {
	asked := db.AskAll(tx, scan, findEach, string(pool), one, two, three)
	return func() (map[string]Attempt, error) {
		list, err := asked.Get()
		if err != nil || len(list) == 0 {
			return nil, err
		}
		found := make(map[string]Attempt, len(list))
		for _, a := range list {
			found[a.Key] = a
		}
		return found, nil
	}
}

// Put writes an account's failures, without waiting.
func Put(tx *db.Tx, a Attempt) {
	tx.Later(`
		INSERT INTO attempt (pool_id, key, failures, failed, locked_until)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (pool_id, key) DO UPDATE
		SET failures = excluded.failures, failed = excluded.failed, locked_until = excluded.locked_until`,
		string(a.Pool), a.Key, a.Failures, db.Millis(a.Failed), db.Millis(a.LockedUntil))
}

// Delete removes an account's failures, without waiting.
func Delete(tx *db.Tx, pool id.Pool, key string) {
	tx.Later(`
		DELETE FROM attempt
		WHERE pool_id = $1 AND key = $2`,
		string(pool), key)
}

// DeleteUser removes the failures of a user who is being deleted.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	for _, key := range []string{UserKey(sub), FactorKey(sub), CustomKey(sub)} {
		Delete(tx, pool, key)
	}
	return nil
}

// Prune removes up to limit accounts, of any pool, whose last failure was before a moment, and answers how many.
func Prune(tx *db.Tx, before time.Time, limit int) (int, error) {
	rows, err := tx.Exec(`
		DELETE FROM attempt
		WHERE (pool_id, key) IN (SELECT pool_id, key FROM attempt WHERE failed < $1 ORDER BY failed LIMIT $2) AND failed < $1`,
		db.Millis(before), limit)
	if err != nil {
		return 0, fmt.Errorf("prune attempts: %w", err)
	}
	return int(rows), nil
}

func scan(row db.Scanner) (Attempt, error) {
	var pool, key string
	var failures, failed, lockedUntil int64
	err := row.Scan(&pool, &key, &failures, &failed, &lockedUntil)
	return Attempt{
		Pool: id.Pool(pool), Key: key, Failures: failures,
		Failed: db.Time(failed), LockedUntil: db.Time(lockedUntil),
	}, err
}
