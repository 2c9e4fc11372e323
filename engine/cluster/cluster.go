package cluster

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/logoutnotice"
	"cardea/record/node"
	"cardea/record/outbox"
)

const (
	// Interval is that of heartbeats.
	Interval = 2 * time.Second

	// lost is how long the row of a node may stay the same before it is taken for dead. A node that was stopped for as long looks at
	// the migrations anew before it goes on (platform/db).
	lost = 8 * time.Second

	// keysEach is how often the keys of the database are looked at.
	keysEach = 10 * time.Second

	// room is how much a heartbeat writes to find out whether there is room again.
	room = 256 << 10
)

// Node is this process among those that serve on a database.
type Node struct {
	DB       *db.DB
	Master   *seal.Master
	ID       string // of the process
	Host     string
	Version  string
	Settings map[string]string // what must be the same on all nodes, by its name in the configuration
	// Alone says that no other node can have the database: those that it knows of have ended.
	Alone bool
	// Now is the clock by which others are taken for dead.
	Now func() time.Time
	Log *slog.Logger
	// Released, if set, is called when what a dead node had claimed may be claimed again.
	Released func()

	beating sync.Mutex // one heartbeat at a time; guards others and keys
	others  map[string]*other
	keys    struct {
		read    time.Time
		missing []string
	}

	mu    sync.RWMutex
	state state
}

// NewID names a process.
func NewID() string { return rand.Text()[:16] }

// state is what the latest heartbeat has found.
type state struct {
	started time.Time // when this node began
	beat    time.Time // when the latest heartbeat ended; zero before the first
	reasons []string
	differs bool
	keyless bool
	fenced  bool
	live    int
}

// other is another node, as this one has seen it.
type other struct {
	*node.Node
	changed time.Time // when this node has seen its row change
}

// Reasons says in sentences why the node is not ready; none if it is. since is how long ago a heartbeat found that out; what
// transactions have met of the database since then is there, too.
func (n *Node) Reasons() (reasons []string, since time.Duration) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.state.beat.IsZero() {
		return []string{unanswered}, lost
	}
	reasons = slices.Clone(n.state.reasons)
	for _, reason := range n.database(false, nil) {
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return reasons, n.Now().Sub(n.state.beat)
}

// MayWork reports whether the node may do background work: not before its first heartbeat, and not when its settings or keys are
// not those of the others.
func (n *Node) MayWork() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	s := n.state
	return !s.beat.IsZero() && !s.differs && !s.keyless && !s.fenced
}

// Live is how many nodes run on the database, this one included.
func (n *Node) Live() int {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.state.live
}

// Beat is one heartbeat. It answers no error of the database: these are reasons.
func (n *Node) Beat(ctx context.Context) error {
	n.beating.Lock()
	defer n.beating.Unlock()

	found, err := n.look(ctx)
	if ctx.Err() != nil && err != nil {
		return context.Cause(ctx) // the node stops
	}
	found.reasons = append(n.database(found.fenced, err), found.reasons...)
	n.conclude(found, err)
	return nil
}

// errUnread marks errors of reading: the database does not answer.
var errUnread = errors.New("read")

// look writes this node's row and reads what concerns it.
func (n *Node) look(ctx context.Context) (found state, err error) {
	n.mu.RLock()
	found = n.state
	n.mu.RUnlock()
	found.reasons, found.fenced = nil, false
	if found.started.IsZero() {
		found.started, found.differs = n.DB.Now(), true // until it is known
	}

	schema := n.DB.CheckSchema(ctx)
	if schema != nil && !errors.Is(schema, db.ErrNewer) {
		return found, errors.Join(errUnread, schema)
	}
	found.fenced = schema != nil
	ctx = db.Unfenced(ctx)
	if err := n.write(ctx, found); err != nil {
		return found, err
	}
	rows, err := n.read(ctx)
	if err != nil {
		return found, errors.Join(errUnread, err)
	}
	live, dead := n.sight(rows)
	if !found.fenced { // which must not touch what it does not know
		if err := n.bury(ctx, dead); err != nil {
			return found, err
		}
	}
	n.judge(&found, live)
	return found, nil
}

// write writes this node's row, with much beside it after writes that found no room.
func (n *Node) write(ctx context.Context, found state) error {
	settings, err := json.Marshal(n.Settings)
	if err != nil {
		return err
	}
	failed := n.DB.Unwritable()
	var extra []byte
	if failed != nil {
		extra = make([]byte, room)
		_, _ = rand.Read(extra) // never fails; what does not repeat cannot be compressed
	}
	n.mu.RLock()
	reasons := n.state.reasons
	n.mu.RUnlock()
	row := &node.Node{
		ID: n.ID, Host: n.Host, Version: n.Version, Newest: n.DB.Newest(), Settings: string(settings), Keys: n.Master.IDs(),
		Started: found.started, Differs: found.differs, Fenced: n.DB.Fenced(), Reasons: reasons,
	}
	err = n.DB.Write(ctx, func(tx *db.Tx) error { return node.Beat(tx, row, extra) })
	if err == nil && failed != nil {
		n.DB.Rewritable()
	}
	return err
}

// read reads all nodes, and now and then which master keys the database needs.
func (n *Node) read(ctx context.Context) (rows []*node.Node, err error) {
	due := n.keys.read.IsZero() || n.Now().Sub(n.keys.read) >= keysEach
	var ids []string
	err = n.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if due {
			wrapped, err := datakey.MasterKeys(tx)
			if err != nil {
				return err
			}
			ids = slices.Sorted(maps.Keys(wrapped))
		}
		rows, err = node.List(tx)
		return err
	})
	if err != nil || !due {
		return rows, err
	}
	known := n.Master.IDs()
	n.keys.read = n.Now()
	n.keys.missing = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(known, id) })
	return rows, nil
}

// sight tells the other nodes that live from those that have died.
func (n *Node) sight(rows []*node.Node) (live, dead []*node.Node) {
	now, sighted := n.Now(), map[string]*other{}
	for _, row := range rows {
		if row.ID == n.ID {
			continue
		}
		known := n.others[row.ID]
		if known == nil || known.Beats != row.Beats {
			known = &other{row, now}
		}
		if n.Alone || now.Sub(known.changed) >= lost {
			dead = append(dead, row)
			continue
		}
		live = append(live, row)
		sighted[row.ID] = known
	}
	for _, row := range dead { // until its row is gone
		if known := n.others[row.ID]; known != nil {
			sighted[row.ID] = known
		}
	}
	n.others = sighted
	return live, dead
}

// bury removes nodes that have died and gives back what they had claimed.
func (n *Node) bury(ctx context.Context, dead []*node.Node) error {
	for _, row := range dead {
		died := false
		err := n.DB.Write(ctx, func(tx *db.Tx) (err error) {
			if died, err = node.Delete(tx, row); err != nil || !died {
				return err
			}
			return release(tx, row.ID)
		})
		if err != nil {
			return err
		}
		if died {
			n.Log.WarnContext(ctx, "a node has died", "node", row.ID, "host", row.Host, "last_seen", row.Seen)
		}
		if died && n.Released != nil {
			n.Released()
		}
	}
	return nil
}

// release gives back what a node had claimed.
func release(tx *db.Tx, id string) error {
	return errors.Join(outbox.Release(tx, id), logoutnotice.Release(tx, id))
}

// Leave says that this node stops, and gives back what it had claimed.
func (n *Node) Leave(ctx context.Context) error {
	n.beating.Lock()
	defer n.beating.Unlock()
	return n.DB.Write(ctx, func(tx *db.Tx) error {
		return errors.Join(release(tx, n.ID), node.Leave(tx, n.ID))
	})
}
