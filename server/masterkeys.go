package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
)

// MasterKeys shows which master keys the data keys of a database need, and moves them under the one in front. It works on the
// store alone, beside running servers.
type MasterKeys struct {
	db     *db.DB
	ring   *datakey.Ring
	master *seal.Master
}

// Where a master key stands in the configuration.
const (
	Front   = "front"   // it wraps new data keys
	Behind  = "behind"  // it opens those that it has wrapped
	Missing = "missing" // data keys need it, and it is not configured
)

// MasterKey is what is known of one master key.
type MasterKey struct {
	ID       string     `json:"id"`
	Position string     `json:"position"`
	DataKeys int64      `json:"data_keys"`
	Oldest   *time.Time `json:"oldest_data_key,omitempty"`
	Newest   *time.Time `json:"newest_data_key,omitempty"`
	// Droppable says that nothing needs the key any more.
	Droppable bool `json:"may_be_dropped"`
}

// OpenMasterKeys opens the store that c names, which a server has been started on before. Close it when done.
func OpenMasterKeys(ctx context.Context, c Config) (*MasterKeys, error) {
	return openMasterKeys(ctx, c, db.Options{})
}

func openMasterKeys(ctx context.Context, c Config, opts db.Options) (*MasterKeys, error) {
	master, err := seal.NewMaster(c.MasterKeys...)
	if err != nil {
		return nil, err
	}
	opts.Now = c.now()
	store, err := db.Open(ctx, c.Database, opts)
	if err != nil {
		return nil, err
	}
	return &MasterKeys{store, &datakey.Ring{Master: master}, master}, nil
}

// Close closes the store.
func (k *MasterKeys) Close() error { return k.db.Close() }

// Status lists the master keys: those that are configured in their order, then those that are missing.
func (k *MasterKeys) Status(ctx context.Context) (all []MasterKey, err error) {
	err = k.db.Read(ctx, func(tx *db.Tx) error {
		wrapped, err := datakey.MasterKeys(tx)
		all = statusOf(k.master, wrapped)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// statusOf says where each master key stands.
func statusOf(master *seal.Master, wrapped map[string]datakey.Wrapped) []MasterKey {
	var all []MasterKey
	position := Front
	for _, name := range master.IDs() {
		if !slices.ContainsFunc(all, func(other MasterKey) bool { return other.ID == name }) {
			all = append(all, masterKey(name, position, wrapped[name]))
		}
		position = Behind
	}
	for _, name := range slices.Sorted(maps.Keys(wrapped)) {
		if !slices.Contains(master.IDs(), name) {
			all = append(all, masterKey(name, Missing, wrapped[name]))
		}
	}
	return all
}

func masterKey(name, position string, wraps datakey.Wrapped) MasterKey {
	key := MasterKey{ID: name, Position: position, DataKeys: wraps.Count, Droppable: position == Behind && wraps.Count == 0}
	if wraps.Count > 0 {
		key.Oldest, key.Newest = &wraps.Oldest, &wraps.Newest
	}
	return key
}

// Rewrap moves every data key under the master key in front, and tells report how many it has moved. It can be ended at any time and
// begun again.
func (k *MasterKeys) Rewrap(ctx context.Context, report func(moved int)) error {
	progress, err := k.ring.Rewrap(ctx, k.db, func(p datakey.Progress) error {
		report(p.Changed)
		return ctx.Err()
	})
	if err == nil && progress.Unknown > 0 {
		err = fmt.Errorf("%d data keys stay as they are: the master keys that wrap them are not configured (cardea keys status names them)", progress.Unknown)
	}
	return err
}
