package cluster_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"cardea/engine/cluster"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/logoutnotice"
	"cardea/record/outbox"
	"cardea/spec/id"
)

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is nodes on one database.
type world struct {
	t     *testing.T
	url   string
	clock *clock
}

func each(t *testing.T, body func(w *world)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		body(&world{t, url, &clock{now: time.Unix(1_800_000_000, 0)}})
	})
}

func master(t *testing.T, bytesOf ...byte) *seal.Master {
	t.Helper()
	var keys [][]byte
	for _, b := range bytesOf {
		keys = append(keys, bytes.Repeat([]byte{b}, 32))
	}
	m, err := seal.NewMaster(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// node is a node that has started a second after the one before.
func (w *world) node(publicURL string, keys ...byte) *cluster.Node {
	w.t.Helper()
	w.clock.advance(time.Second)
	return &cluster.Node{
		DB: dbtest.Open(w.t, w.url, db.Options{Now: w.clock.Now, Watch: true}), Master: master(w.t, keys...), ID: cluster.NewID(), Host: "host",
		Settings: map[string]string{"public_url": publicURL, "account": "1"}, Now: w.clock.Now,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// beat has each node make a heartbeat, twice: the first tells the others, the second heeds what they have told.
func beat(t *testing.T, nodes ...*cluster.Node) {
	t.Helper()
	for range 2 {
		for _, n := range nodes {
			if err := n.Beat(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func reasons(n *cluster.Node) string {
	all, _ := n.Reasons()
	return strings.Join(all, " ")
}

func TestTheNewcomerThatDiffersIsNotReady(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first := w.node("https://a", 1)
		if first.MayWork() || reasons(first) == "" {
			w.t.Error("a node is ready before its first heartbeat")
		}
		beat(w.t, first)
		wrong := w.node("https://b", 1)
		beat(w.t, first, wrong)
		third := w.node("https://a", 1)
		beat(w.t, first, wrong, third)

		for name, n := range map[string]*cluster.Node{"the first": first, "the third, like the first": third} {
			if got := reasons(n); got != "" || !n.MayWork() || n.Live() != 3 {
				w.t.Errorf("%s: got %q, may work: %v, %d live", name, got, n.MayWork(), n.Live())
			}
		}
		if got := reasons(wrong); got != "Another node has a different public_url." || wrong.MayWork() {
			w.t.Errorf("the one that differs: got %q, may work: %v", got, wrong.MayWork())
		}

		for _, n := range []*cluster.Node{first, third} {
			if err := n.Leave(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
		}
		beat(w.t, wrong)
		if got := reasons(wrong); got != "" || !wrong.MayWork() {
			w.t.Errorf("when the others have left: got %q", got)
		}
	})
}

func TestOfNodesThatStartAtOnceOneIsReady(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first := w.node("https://a", 1)
		if err := first.Beat(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		second := w.node("https://b", 1)
		for range 4 {
			for _, n := range []*cluster.Node{second, first} {
				if err := n.Beat(w.t.Context()); err != nil {
					w.t.Fatal(err)
				}
				if got := reasons(first); got != "" || !first.MayWork() {
					w.t.Errorf("the first: %q, may work: %v", got, first.MayWork())
				}
			}
		}
		if reasons(second) == "" {
			w.t.Error("the second is ready, too")
		}
	})
}

func TestNodesMustOpenWhatOthersSeal(t *testing.T) {
	t.Parallel()
	const lacks = "Another node seals under a master key that this one lacks."
	const unknown = "This node seals under a master key that another one lacks."
	for name, c := range map[string]struct {
		older, newer []byte
		want         string
	}{
		"the same":                      {[]byte{1}, []byte{1}, ""},
		"a new key behind":              {[]byte{1}, []byte{1, 2}, ""},
		"a new key in front, too soon":  {[]byte{1}, []byte{2, 1}, unknown},
		"a new key in front":            {[]byte{1, 2}, []byte{2, 1}, ""},
		"the old key dropped":           {[]byte{2, 1}, []byte{2}, ""},
		"the old key dropped, too soon": {[]byte{1, 2}, []byte{2}, lacks},
		"others":                        {[]byte{1}, []byte{2}, lacks + " " + unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{t, dbtest.SQLite(t), &clock{now: time.Unix(1_800_000_000, 0)}}
			older := w.node("https://a", c.older...)
			beat(t, older)
			newer := w.node("https://a", c.newer...)
			beat(t, older, newer)
			if got := reasons(newer); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := reasons(older); got != "" {
				t.Errorf("the older one: %q", got)
			}
		})
	}
}

func TestANodeThatLacksAMasterKeyIsNotReady(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.node("https://a", 1)
		ring := &datakey.Ring{Master: master(w.t, 2)}
		err := n.DB.Write(w.t.Context(), func(tx *db.Tx) error { _, err := ring.Box(tx, "p_1"); return err })
		if err != nil {
			w.t.Fatal(err)
		}
		beat(w.t, n)
		if got := reasons(n); got != "This node lacks a master key that keys in the database are sealed under." || n.MayWork() {
			w.t.Errorf("got %q, may work: %v", got, n.MayWork())
		}
		n.Master = master(w.t, 1, 2)
		w.clock.advance(10 * time.Second)
		beat(w.t, n)
		if got := reasons(n); got != "" {
			w.t.Errorf("with the key: %q", got)
		}
	})
}

func TestWhatADeadNodeHasClaimedIsReleased(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		dead, alive := w.node("https://a", 1), w.node("https://a", 1)
		beat(w.t, dead, alive)
		now := w.clock.Now()
		row := &outbox.Row{Pool: "p_1", ID: "1", Medium: "EMAIL", Content: []byte{1}, Written: now, Due: now, Expires: now.Add(time.Hour)}
		notice := &logoutnotice.Notice{Pool: "p_1", Client: id.Client("c"), SSO: "s", Sub: "u", Due: now, Expires: now.Add(time.Hour)}
		until := now.Add(time.Hour)
		steps := []func(tx *db.Tx) error{
			func(tx *db.Tx) error { return outbox.Insert(tx, row) },
			func(tx *db.Tx) error { return logoutnotice.Insert(tx, notice) },
			func(tx *db.Tx) error { return outbox.Claim(tx, row, until, dead.ID) },
			func(tx *db.Tx) error { return logoutnotice.Claim(tx, notice, until, dead.ID) },
		}
		for _, step := range steps {
			if err := dead.DB.Write(w.t.Context(), step); err != nil {
				w.t.Fatal(err)
			}
		}
		released := 0
		alive.Released = func() { released++ }

		w.live(3, alive)
		if got := due(w.t, alive.DB); got != 0 || released != 0 || alive.Live() != 2 {
			w.t.Errorf("after 6 s: %d are due, %d nodes live", got, alive.Live())
		}
		beat(w.t, dead, alive) // it was only slow
		w.live(3, alive)
		if got := due(w.t, alive.DB); got != 0 {
			w.t.Errorf("6 s after another heartbeat: %d are due", got)
		}
		w.live(1, alive)
		if got := due(w.t, alive.DB); got != 2 || released != 1 || alive.Live() != 1 {
			w.t.Errorf("after 8 s: %d are due, want both; released %d times, want once; %d nodes live, want 1", got, released, alive.Live())
		}
	})
}

// due counts messages and notices that are due.
func due(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		messages, err := outbox.Due(tx, 0, 10)
		if err != nil {
			return err
		}
		notices, err := logoutnotice.Due(tx, 10)
		n = len(messages) + len(notices)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestANodeThatIsAloneTakesFormerOnesForDead(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		former := w.node("https://other", 1)
		beat(w.t, former)
		n := w.node("https://a", 1)
		n.Alone = true
		beat(w.t, n)
		if got := reasons(n); got != "" || n.Live() != 1 {
			w.t.Errorf("got %q, %d nodes live", got, n.Live())
		}
	})
}

func TestOlderNodesStopBeforeAContractingMigration(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		old := w.node("https://a", 1)
		beat(w.t, old)
		ctx, cancel := context.WithCancel(w.t.Context())
		defer cancel()
		waited := make(chan error, 1)
		contract := func(ctx context.Context, d *db.DB, needs string) error {
			go func() { waited <- (&cluster.Older{DB: d, Needs: needs, Now: time.Now}).Wait(ctx) }()
			select {
			case err := <-waited:
				w.t.Errorf("did not wait: %v", err)
				return err
			case <-time.After(time.Second):
			}
			if err := old.Beat(ctx); err != nil { // it notices
				w.t.Error(err)
			}
			if got := reasons(old); got != "The database belongs to a newer version of this program." || old.MayWork() {
				w.t.Errorf("the older node: got %q, may work: %v", got, old.MayWork())
			}
			if err := old.Beat(ctx); err != nil { // and says so
				w.t.Error(err)
			}
			return <-waited
		}
		files := newer(w.t)
		d, err := db.Open(ctx, w.url, db.Options{Now: w.clock.Now, Fast: true, Contract: contract, Migrations: files})
		if err != nil {
			w.t.Fatal(err)
		}
		defer d.Close()
	})
}

// newer are the migrations of the next version.
func newer(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range migrations(t) {
		files[name] = &fstest.MapFile{Data: text}
	}
	files["9999_next.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE next (x TEXT);")}
	return files
}

func TestReasonsAreSorted(t *testing.T) {
	t.Parallel()
	w := &world{t, dbtest.SQLite(t), &clock{now: time.Unix(1_800_000_000, 0)}}
	one := w.node("https://a", 1)
	beat(t, one)
	other := w.node("https://b", 1)
	other.Settings["account"] = "2"
	beat(t, one, other)
	if got, _ := other.Reasons(); !slices.IsSorted(got) || len(got) != 2 {
		t.Errorf("got %q", got)
	}
}
