package datakey

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/spec/id"
)

// Wrapped is the data keys that one master key wraps.
type Wrapped struct {
	Count          int64
	Oldest, Newest time.Time // when they were made, which says nothing about when they were wrapped
}

// MasterKeys counts the data keys of all pools by the id of the master key that wraps them. It reads the whole table, of which
// a pool has a row or a few; ask in a read transaction, which disturbs no writer.
func MasterKeys(tx *db.Tx) (map[string]Wrapped, error) {
	all := map[string]Wrapped{}
	_, err := db.All(tx, func(s db.Scanner) (struct{}, error) {
		var name []byte
		var n, oldest, newest int64
		err := s.Scan(&name, &n, &oldest, &newest)
		all[hex.EncodeToString(name)] = Wrapped{n, db.Time(oldest), db.Time(newest)}
		return struct{}{}, err
	}, `
		SELECT substr(wrapped, 2, 4), COUNT(*), MIN(created), MAX(created)
		FROM data_key
		GROUP BY substr(wrapped, 2, 4)`)
	if err != nil {
		return nil, fmt.Errorf("count data keys: %w", err)
	}
	return all, nil
}

// rewrapBatch is how many data keys one transaction moves.
const rewrapBatch = 200

// Progress is how far moving data keys under the active master key has come.
type Progress struct {
	Changed int // moved under it
	Unknown int // left, since the master key that wraps them is not there
}

// full is a data key with its pool.
type full struct {
	pool id.Pool
	row  row
}

// Rewrap moves every data key that another master key wraps under the active one, beside running servers and in small transactions;
// what has been moved stays moved when it ends early. report, if set, is told after each batch and ends it with its error. A data key
// whose master key is not there is left alone and counted.
func (r *Ring) Rewrap(ctx context.Context, d *db.DB, report func(Progress) error) (p Progress, err error) {
	active, err := hex.DecodeString(r.Master.ID())
	if err != nil {
		return p, err
	}
	for last := (full{}); ; {
		var batch []full
		err := d.Read(ctx, func(tx *db.Tx) (err error) {
			batch, err = otherwiseWrapped(tx, active, last)
			return err
		})
		if err != nil {
			return p, fmt.Errorf("list data keys: %w", err)
		}
		if len(batch) == 0 {
			return p, nil
		}
		last = batch[len(batch)-1]
		if err := r.rewrap(ctx, d, batch, &p); err != nil {
			return p, err
		}
		if report != nil {
			if err := report(p); err != nil {
				return p, err
			}
		}
	}
}

// rewrap moves one batch.
func (r *Ring) rewrap(ctx context.Context, d *db.DB, batch []full, p *Progress) error {
	type change struct {
		full
		wrapped []byte
	}
	var changes []change
	for _, f := range batch {
		secret, err := r.Master.Unwrap(label(f.pool, f.row.id), f.row.wrapped)
		if errors.Is(err, seal.ErrUnknownKey) {
			p.Unknown++
			continue
		}
		if err != nil {
			return fmt.Errorf("data key %d of %q: %w", f.row.id, f.pool, err)
		}
		changes = append(changes, change{f, r.Master.Wrap(label(f.pool, f.row.id), secret)})
		clear(secret)
	}
	var changed int
	err := d.Write(ctx, func(tx *db.Tx) error {
		changed = 0
		for _, c := range changes {
			// A pool may be deleted meanwhile, and another node may have moved the key.
			n, err := tx.Exec(`
				UPDATE data_key
				SET wrapped = $4
				WHERE pool_id = $1 AND key_id = $2 AND wrapped = $3`,
				c.pool, c.row.id, c.row.wrapped, c.wrapped)
			if err != nil {
				return fmt.Errorf("update data key of %q: %w", c.pool, err)
			}
			changed += int(n)
		}
		return nil
	})
	p.Changed += changed
	return err
}

// otherwiseWrapped are the next data keys behind last that another master key than the active one wraps.
func otherwiseWrapped(tx *db.Tx, active []byte, last full) ([]full, error) {
	return db.All(tx, func(s db.Scanner) (full, error) {
		var f full
		err := s.Scan(&f.pool, &f.row.id, &f.row.wrapped)
		return f, err
	}, `
		SELECT pool_id, key_id, wrapped
		FROM data_key
		WHERE (pool_id, key_id) > ($1, $2) AND substr(wrapped, 2, 4) <> $3
		ORDER BY pool_id, key_id
		LIMIT $4`,
		last.pool, last.row.id, active, rewrapBatch)
}
