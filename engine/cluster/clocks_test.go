package cluster_test

import (
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/cluster"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/node"
)

// wrong is a clock that is ahead of a world's.
type wrong struct {
	*clock
	by atomic.Int64
}

func (c *wrong) Now() time.Time { return c.clock.Now().Add(time.Duration(c.by.Load())) }

// on is a node with a clock of its own, which is right until it is set.
func (w *world) on(publicURL string) (*cluster.Node, *wrong) {
	w.t.Helper()
	c := &wrong{clock: w.clock}
	n := w.node(publicURL, 1)
	n.DB, n.Now = dbtest.Open(w.t, w.url, db.Options{Now: c.Now, Watch: true}), c.Now
	return n, c
}

// live has nodes make heartbeats in turns, as they do.
func (w *world) live(rounds int, nodes ...*cluster.Node) {
	w.t.Helper()
	for range rounds {
		w.clock.advance(cluster.Interval)
		for _, n := range nodes {
			if err := n.Beat(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

const astray = "The clock of this node is not that of the others."

func TestANodeWithAWrongClockIsNotReady(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]time.Duration{"ahead": 10 * time.Minute, "behind": -10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				first, clock := w.on("https://a")
				second, _ := w.on("https://a")
				w.live(4, first, second)
				newcomer, late := w.on("https://a")
				late.by.Store(int64(by))
				w.live(4, first, second, newcomer)
				if got := reasons(newcomer); got != astray || newcomer.MayWork() {
					w.t.Errorf("the newcomer: got %q, may work: %v", got, newcomer.MayWork())
				}
				late.by.Store(int64(9 * time.Second))
				w.live(4, first, second, newcomer)
				clock.by.Store(int64(by)) // of the node that has run longest
				w.live(4, first, second, newcomer)
				if got := reasons(first); got != astray {
					w.t.Errorf("the first: got %q", got)
				}
				for _, n := range []*cluster.Node{second, newcomer} {
					if got := reasons(n); got != "" || !n.MayWork() {
						w.t.Errorf("the others: got %q, may work: %v", got, n.MayWork())
					}
				}
			})
		})
	}
}

func TestOfTwoNodesWhoseClocksDifferTheFirstIsReady(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first, _ := w.on("https://a")
		w.live(4, first)
		second, late := w.on("https://a")
		late.by.Store(int64(-time.Hour))
		w.live(4, first, second)
		if reasons(first) != "" || reasons(second) != astray {
			w.t.Errorf("the first says %q, the second %q", reasons(first), reasons(second))
		}
	})
}

// By its own clock it has started before all others.
func TestAWrongNodeWithAClockThatIsBehindTakesNobodyDown(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first, _ := w.on("https://a")
		w.live(2, first)
		newcomer, late := w.on("https://b")
		late.by.Store(int64(-10 * time.Minute))
		for range 2 {
			w.live(1, newcomer, first)
			if got := reasons(first); got != "" || !first.MayWork() {
				w.t.Errorf("the first: got %q, may work: %v", got, first.MayWork())
			}
		}
		if got := reasons(newcomer); got != "Another node has a different public_url." {
			w.t.Errorf("the newcomer: got %q", got)
		}
	})
}

func TestNodesThatWereHeldUpTogetherAreNotTakenForDead(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		one, _ := w.on("https://a")
		two, _ := w.on("https://a")
		w.live(3, one, two)
		w.live(1, one)
		w.clock.advance(time.Minute) // the database has stood still
		w.live(1, one)
		if one.Live() != 2 {
			w.t.Errorf("the first to look sees %d nodes, want 2", one.Live())
		}
		w.live(4, one, two)
		w.live(5, one) // the other has died
		if one.Live() != 1 {
			w.t.Errorf("8 s after its end %d nodes are seen, want 1", one.Live())
		}
	})
}

func TestANodeThatHasLeftStaysAway(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.node("https://a", 1)
		beat(w.t, n)
		if err := n.Leave(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		if err := n.Beat(w.t.Context()); err != nil { // one that /readyz had asked for
			w.t.Fatal(err)
		}
		err := n.DB.Read(w.t.Context(), func(tx *db.Tx) error {
			rows, err := node.List(tx)
			if len(rows) != 0 {
				w.t.Errorf("%d rows are there", len(rows))
			}
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
	})
}
