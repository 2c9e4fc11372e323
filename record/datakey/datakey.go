package datakey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/spec/id"
)

const (
	// fresh is how long a node uses the keys of a pool that it has read.
	fresh = time.Minute

	// ripe is the age from which a new key seals: by then every node has read it.
	ripe = 5 * fresh

	// maxBoxes bounds the boxes remembered; beyond it an arbitrary one is dropped.
	maxBoxes = 10_000
)

// Ring gives the boxes of pools. Copying it is not allowed; its zero value with a Master is ready.
type Ring struct {
	Master *seal.Master

	// Log is told once of each master key that a data key needs and Master does not have; nil: nobody is.
	Log *slog.Logger

	mu    sync.RWMutex
	boxes map[id.Pool]entry
	told  map[string]bool // of master keys that are missing
}

type entry struct {
	box  *seal.Box
	read time.Time
}

// row is a data key as it is stored.
type row struct {
	id      int64
	wrapped []byte
	created time.Time
}

// Box is what seals and opens the secrets of a pool. A write transaction makes the pool's first key if there is none;
// a read transaction then says [db.ErrNotFound].
func (r *Ring) Box(tx *db.Tx, pool id.Pool) (*seal.Box, error) {
	if box := r.known(pool, tx.Now); box != nil {
		return box, nil
	}

	rows, err := list(tx, pool)
	if err != nil {
		return nil, fmt.Errorf("read data keys of %q: %w", pool, err)
	}
	if len(rows) == 0 {
		if !tx.Writable() {
			return nil, fmt.Errorf("data key of %q: %w", pool, db.ErrNotFound)
		}
		first, err := r.add(tx, pool, 1)
		if err != nil {
			return nil, err
		}
		rows = []row{first}
	}

	box, err := r.open(pool, rows, tx.Now)
	if err != nil {
		return nil, err
	}
	if tx.Writable() { // the transaction may yet be rolled back
		tx.OnCommit(func() { r.keep(pool, entry{box, tx.Now}) })
		return box, nil
	}
	r.keep(pool, entry{box, tx.Now})
	return box, nil
}

// ServerBox seals the secrets that belong to no pool.
func (r *Ring) ServerBox(tx *db.Tx) (*seal.Box, error) { return r.Box(tx, "") }

// ServerBoxOf is ServerBox for a caller that has no transaction: it needs one only when the keys were read a while ago, and makes the
// first key if there is none.
func (r *Ring) ServerBoxOf(ctx context.Context, d *db.DB) (*seal.Box, error) {
	if box := r.known("", d.Now()); box != nil {
		return box, nil
	}
	var box *seal.Box
	take := func(tx *db.Tx) (err error) {
		box, err = r.ServerBox(tx)
		return err
	}
	err := d.Read(ctx, take)
	if errors.Is(err, db.ErrNotFound) {
		err = d.Write(ctx, take)
	}
	return box, err
}

// known is a pool's box if it was read not long ago, else nil.
func (r *Ring) known(pool id.Pool, now time.Time) *seal.Box {
	r.mu.RLock()
	defer r.mu.RUnlock()
	known, found := r.boxes[pool]
	if age := now.Sub(known.read); found && age < fresh && age > -fresh {
		return known.box
	}
	return nil
}

// Rotate gives a pool a new key, which seals from five minutes on.
func (r *Ring) Rotate(tx *db.Tx, pool id.Pool) error {
	rows, err := list(tx, pool)
	if err != nil {
		return fmt.Errorf("read data keys of %q: %w", pool, err)
	}
	next := int64(1)
	if len(rows) > 0 {
		next = rows[len(rows)-1].id + 1
	}
	_, err = r.add(tx, pool, next)
	return err
}

// open unwraps rows, oldest first, into a box.
func (r *Ring) open(pool id.Pool, rows []row, now time.Time) (*seal.Box, error) {
	active := uint32(rows[0].id)
	var keys []seal.Key
	for _, row := range rows {
		secret, err := r.Master.Unwrap(label(pool, row.id), row.wrapped)
		if err != nil {
			r.tell(row.wrapped, err)
			return nil, fmt.Errorf("data key %d of %q: %w", row.id, pool, err)
		}
		keys = append(keys, seal.Key{ID: uint32(row.id), Secret: secret})
		if !row.created.After(now.Add(-ripe)) {
			active = uint32(row.id)
		}
	}
	return seal.NewBox(string(pool), active, keys...)
}

// tell says in the log, once, that a master key is missing: every request that needs it fails, and its line does not say what to do.
func (r *Ring) tell(wrapped []byte, err error) {
	if r.Log == nil || !errors.Is(err, seal.ErrUnknownKey) {
		return
	}
	name := seal.WrappedBy(wrapped)
	r.mu.Lock()
	known := r.told[name]
	if r.told == nil {
		r.told = map[string]bool{}
	}
	r.told[name] = true
	r.mu.Unlock()
	if !known {
		r.Log.Error("data keys need a master key that this server does not have: requests that need them fail until it is started with it",
			"master_key", name)
	}
}

func (r *Ring) keep(pool id.Pool, e entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.boxes == nil {
		r.boxes = map[id.Pool]entry{}
	}
	if _, found := r.boxes[pool]; !found && len(r.boxes) >= maxBoxes {
		for victim := range r.boxes {
			delete(r.boxes, victim)
			break
		}
	}
	r.boxes[pool] = e
}

// add stores a fresh key.
func (r *Ring) add(tx *db.Tx, pool id.Pool, number int64) (row, error) {
	fresh := row{number, r.Master.Wrap(label(pool, number), seal.NewKey()), tx.Now}
	n, err := tx.Exec(`
		INSERT INTO data_key (pool_id, key_id, wrapped, created)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`,
		pool, fresh.id, fresh.wrapped, db.Millis(fresh.created))
	if err == nil && n == 0 {
		err = db.ErrExists
	}
	if err != nil {
		return row{}, fmt.Errorf("insert data key of %q: %w", pool, err)
	}
	return fresh, nil
}

// Delete forgets a pool's keys: nothing sealed under them opens again.
func (r *Ring) Delete(tx *db.Tx, pool id.Pool) error {
	_, err := tx.Exec(`
		DELETE FROM data_key
		WHERE pool_id = $1`,
		pool)
	if err != nil {
		return fmt.Errorf("delete data keys of %q: %w", pool, err)
	}
	tx.OnCommit(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.boxes, pool)
	})
	return nil
}

func list(tx *db.Tx, pool id.Pool) ([]row, error) {
	return db.All(tx, func(s db.Scanner) (row, error) {
		var k row
		var created int64
		err := s.Scan(&k.id, &k.wrapped, &created)
		k.created = db.Time(created)
		return k, err
	}, `
		SELECT key_id, wrapped, created
		FROM data_key
		WHERE pool_id = $1
		ORDER BY key_id`,
		pool)
}

// label binds a wrapped key to its row.
func label(pool id.Pool, number int64) string {
	return fmt.Sprintf("data-key/%s/%d", pool, number)
}
