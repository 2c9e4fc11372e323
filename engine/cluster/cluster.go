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

	beating sync.Mutex // one heartbeat at a time; guards what follows
	left    bool       // there are no more heartbeats
	sightings
	reading time.Time // when the nodes were read last, by the clock of the database's transactions
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
	started time.Time // when this node began, later than all that were there
	beat    time.Time // when the latest heartbeat ended; zero before the first
	reasons []string
	differs bool
	keyless bool
	fenced  bool
	live    int
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
	if n.left {
		return nil
	}

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
		found.differs = true // until it is known
	}

	schema := n.DB.CheckSchema(ctx)
	if schema != nil && !errors.Is(schema, db.ErrNewer) {
		return found, errors.Join(errUnread, schema)
	}
	found.fenced = schema != nil
	ctx = db.Unfenced(ctx)
	if err := n.write(ctx, &found); err != nil {
		return found, err
	}
	since := n.reading
	n.reading = n.DB.Now()
	rows, err := n.read(ctx)
	if err != nil {
		return found, errors.Join(errUnread, err)
	}
	live, dead := n.sight(rows, since)
	if !found.fenced { // which must not touch what it does not know
		if err := n.bury(ctx, dead); err != nil {
			return found, err
		}
	}
	n.judge(&found, live)
	return found, nil
}

// write writes this node's row, with much beside it after writes that found no room. The first time it says when the node has started:
// clocks differ, so that the nodes that are there already count.
func (n *Node) write(ctx context.Context, found *state) error {
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
		Differs: found.differs, Fenced: n.DB.Fenced(), Reasons: reasons,
	}
	err = n.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if row.Started = found.started; row.Started.IsZero() {
			if row.Started, err = node.Newcomer(tx); err != nil {
				return err
			}
		}
		return node.Beat(tx, row, extra)
	})
	if err != nil {
		return err
	}
	found.started = row.Started
	if failed != nil {
		n.DB.Rewritable()
	}
	return nil
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

// sight tells the other nodes that live from those that have died. since is when they were read before.
func (n *Node) sight(rows []*node.Node, since time.Time) (live []*other, dead []*node.Node) {
	rows = slices.DeleteFunc(rows, func(row *node.Node) bool { return row.ID == n.ID })
	now, wall := n.Now(), n.DB.Now()
	n.see(rows, now, func(o *other) { o.compare(since, wall) })
	for _, row := range rows {
		o := n.others[row.ID]
		if n.Alone || o.dead(now) {
			dead = append(dead, row)
			continue
		}
		live = append(live, o)
	}
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
	n.left = true // a heartbeat that /readyz has asked for would bring its row back
	return n.DB.Write(ctx, func(tx *db.Tx) error {
		return errors.Join(release(tx, n.ID), node.Leave(tx, n.ID))
	})
}
