package cluster

import (
	"time"

	"cardea/record/node"
)

const (
	// lost is how long the row of a node may stay the same before it is taken for dead. A node that was stopped for as long looks at
	// the migrations anew before it goes on (platform/db).
	lost = 8 * time.Second

	// blind is how long a process may have looked at no rows and still tell from them who has died: what has held it up, such as a
	// database that stood still, may have held up the others.
	blind = 4 * time.Second

	// apart is how much clocks of nodes may differ: less than announcements of migrations outlast their renewal (platform/db), than
	// a claim outlasts an attempt to deliver, and than commands allow for.
	apart = 10 * time.Second

	// sure is how often in a row a clock must be found to differ: a row may be written late.
	sure = 2
)

// other is another node, as this one has seen it.
type other struct {
	*node.Node
	changed time.Time // when this node has seen its row change
	astray  int       // how often in a row its clock was not this node's; -1: it was not compared yet
}

// sightings are the rows of nodes, as a process has seen them change.
type sightings struct {
	others map[string]*other
	looked time.Time // when it has looked last
}

// see takes the rows that were read at a moment. changed, if set, is told of those that are not as they were.
func (s *sightings) see(rows []*node.Node, now time.Time, changed func(*other)) {
	seen := map[string]*other{}
	heldUp := now.Sub(s.looked) > blind
	for _, row := range rows {
		known := s.others[row.ID]
		switch {
		case known == nil:
			known = &other{row, now, -1}
		case known.Beats != row.Beats:
			known = &other{row, now, known.astray}
			if changed != nil {
				changed(known)
			}
		case heldUp:
			known.changed = now
		}
		seen[row.ID] = known
	}
	s.others, s.looked = seen, now
}

// dead reports whether a node has not written for so long that it is taken for dead.
func (o *other) dead(now time.Time) bool { return now.Sub(o.changed) >= lost }

// compare compares the clock of a node that has written its row between two moments of this node's.
func (o *other) compare(since, now time.Time) {
	if o.Seen.Sub(now) > apart || since.Sub(o.Seen) > apart {
		o.astray = max(o.astray, 0) + 1
		return
	}
	o.astray = 0
}

// straying reports whether this node's clock is not that of most nodes; where that cannot be told the node that started first is right.
func (n *Node) straying(live []*other, started time.Time) bool {
	off, agree, later := 0, 1, false
	for _, o := range live {
		switch {
		case o.astray >= sure:
			off++
			later = later || n.after(o, started)
		case o.astray >= 0:
			agree++
		}
	}
	return off > agree || off == agree && later
}

// after reports whether this node started after another.
func (n *Node) after(o *other, started time.Time) bool {
	return o.Started.Before(started) || o.Started.Equal(started) && o.ID < n.ID
}
