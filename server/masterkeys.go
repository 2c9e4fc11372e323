package server

import (
	"context"
	"errors"
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
	nodes  runningNodes
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

// KeyNode is what a running server says of its master keys.
type KeyNode struct {
	Host       string   `json:"host"`
	ID         string   `json:"id"`
	MasterKeys []string `json:"master_keys"` // the one in front first
}

// MasterKeyStatus is which master keys a database needs, and which its servers have.
type MasterKeyStatus struct {
	Keys  []MasterKey `json:"master_keys"`
	Nodes []KeyNode   `json:"nodes"`
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
	return &MasterKeys{store, &datakey.Ring{Master: master}, master, runningNodes{db: store}}, nil
}

// Close closes the store.
func (k *MasterKeys) Close() error { return k.db.Close() }

// Status lists the master keys: those that are configured in their order, then those that are missing.
func (k *MasterKeys) Status(ctx context.Context) (status MasterKeyStatus, err error) {
	if status.Nodes, err = k.nodes.keys(ctx); err != nil {
		return status, err
	}
	err = k.db.Read(ctx, func(tx *db.Tx) error {
		wrapped, err := datakey.MasterKeys(tx)
		status.Keys = statusOf(k.master, wrapped)
		return err
	})
	for i := range status.Keys {
		key := &status.Keys[i]
		key.Droppable = key.Droppable && !slices.ContainsFunc(status.Nodes, func(n KeyNode) bool { return n.front() == key.ID })
	}
	return status, err
}

// front is the master key that a server wraps new data keys by.
func (n KeyNode) front() string {
	if len(n.MasterKeys) == 0 {
		return ""
	}
	return n.MasterKeys[0]
}

// lacks is the error for servers that do not have the master key in front: data keys under it would not open there.
func (k *MasterKeys) lacks(ctx context.Context) error {
	front := k.master.ID()
	nodes, err := k.nodes.keys(ctx)
	if err != nil {
		return err
	}
	var wrong []error
	for _, n := range nodes {
		if !slices.Contains(n.MasterKeys, front) {
			wrong = append(wrong, fmt.Errorf("the server on %s (%s) does not have the master key %s: start it with that key behind the others first", n.Host, n.ID, front))
		}
	}
	return errors.Join(wrong...)
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
// begun again. It refuses where a server that runs lacks that key.
func (k *MasterKeys) Rewrap(ctx context.Context, report func(moved int)) error {
	if err := k.lacks(ctx); err != nil {
		return err
	}
	progress, err := k.ring.Rewrap(ctx, k.db, func(p datakey.Progress) error {
		report(p.Changed)
		return errors.Join(ctx.Err(), k.lacks(ctx))
	})
	if err == nil && progress.Unknown > 0 {
		err = fmt.Errorf("%d data keys stay as they are: the master keys that wrap them are not configured (cardea keys status names them)", progress.Unknown)
	}
	return err
}

// rewrapJob moves data keys under the master key in front by itself, once every server has it in front: before, servers would move
// them to and fro.
func rewrapJob(store *db.DB, ring *datakey.Ring) func(context.Context) error {
	return func(ctx context.Context) error {
		nodes, err := (&runningNodes{db: store}).keys(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(nodes, func(n KeyNode) bool { return n.front() != ring.Master.ID() }) {
			return nil
		}
		_, err = ring.Rewrap(ctx, store, nil)
		return err
	}
}
