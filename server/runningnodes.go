package server

import (
	"context"
	"maps"
	"slices"
	"time"

	"cardea/engine/cluster"
	"cardea/platform/db"
	"cardea/record/node"
)

const (
	// aliveFor is how long after its latest heartbeat a server is taken to run.
	aliveFor = time.Minute

	// watchFor is how long the row of a server that should not run is watched, whose clock may differ from this machine's.
	watchFor = 2*cluster.Interval + time.Second
)

// runningNodes finds the servers that run, for commands beside them.
type runningNodes struct {
	db   *db.DB
	gone map[string]int64 // by their ids, the last heartbeats of servers that do not run
}

// list lists the servers that run. One that has stopped in good order is not among them, nor one whose row is older than a minute and does
// not change.
func (r *runningNodes) list(ctx context.Context) ([]*node.Node, error) {
	rows, silent, err := r.look(ctx)
	if err != nil || maps.Equal(silent, r.gone) {
		return without(rows, silent), err
	}
	select {
	case <-time.After(watchFor):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	rows, still, err := r.look(ctx)
	maps.DeleteFunc(still, func(id string, beats int64) bool { return silent[id] != beats }) // it has changed while it was watched
	r.gone = still
	return without(rows, still), err
}

// look reads all rows. silent are those whose moment is not now.
func (r *runningNodes) look(ctx context.Context) (rows []*node.Node, silent map[string]int64, err error) {
	silent = map[string]int64{}
	err = r.db.Read(ctx, func(tx *db.Tx) (err error) {
		rows, err = node.List(tx)
		for _, n := range rows {
			if tx.Now.Sub(n.Seen).Abs() >= aliveFor {
				silent[n.ID] = n.Beats
			}
		}
		return err
	})
	return rows, silent, err
}

func without(rows []*node.Node, silent map[string]int64) []*node.Node {
	return slices.DeleteFunc(rows, func(n *node.Node) bool {
		_, gone := silent[n.ID]
		return gone
	})
}

// keys lists the master keys of the servers that run.
func (r *runningNodes) keys(ctx context.Context) ([]KeyNode, error) {
	nodes := []KeyNode{}
	rows, err := r.list(ctx)
	for _, n := range rows {
		nodes = append(nodes, KeyNode{n.Host, n.ID, n.Keys})
	}
	return nodes, err
}

// now is the present moment by this machine's clock, or by that of a server which is ahead of it.
func (r *runningNodes) now(ctx context.Context) (time.Time, error) {
	rows, err := r.list(ctx)
	now := r.db.Now()
	for _, n := range rows {
		if n.Seen.After(now) {
			now = n.Seen.Add(cluster.Interval) // before its next heartbeat
		}
	}
	return now, err
}
