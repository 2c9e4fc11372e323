package drills_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// newKey takes the place of masterKey.
const newKey = "IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// keysAre changes the master keys of nodes and commands that are started from now on, the one in front first.
func (c *cluster) keysAre(keys ...string) { c.set("CARDEA_MASTER_KEY=" + strings.Join(keys, " ")) }

// without takes a node out of the work, as a balancer does, while something happens to it. Without the last one the work waits.
func (w *work) without(n *node, happen func()) {
	w.mu.Lock()
	var others []*node
	for _, other := range w.nodes {
		if other != n {
			others = append(others, other)
		}
	}
	w.nodes = others
	w.mu.Unlock()
	time.Sleep(200 * time.Millisecond) // requests that have chosen it are answered
	happen()
	w.mu.Lock()
	w.nodes = append(w.nodes[:len(w.nodes):len(w.nodes)], n)
	w.mu.Unlock()
}

// restart starts the nodes anew, one after the other, with the settings of the cluster as they are now.
func (w *work) restart(nodes ...*node) {
	for _, n := range nodes {
		w.without(n, func() {
			n.stop()
			n.launch()
			n.ready()
		})
	}
}

// keyStatus is what `cardea keys status` says of a master key.
type keyStatus struct {
	ID        string `json:"id"`
	Position  string `json:"position"`
	DataKeys  int    `json:"data_keys"`
	Droppable bool   `json:"may_be_dropped"`
}

func decodeKeys(t *testing.T, text string) map[string]keyStatus {
	t.Helper()
	var said struct {
		Keys []keyStatus `json:"master_keys"`
	}
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	all := map[string]keyStatus{}
	for _, key := range said.Keys {
		all[key.ID] = key
	}
	return all
}

// refusesToDrop fails the drill unless `config check --database` refuses the master keys as they are set now, and names the one needed.
func (c *cluster) refusesToDrop(id string) {
	c.t.Helper()
	_, said, err := c.try("config", "check", "--database")
	if err == nil || !strings.Contains(said, "master_key: the key "+id+" is not configured") {
		c.t.Errorf("config check --database lets the key %s be dropped: %v\n%s", id, err, said)
	}
}

// The ids of the two keys.
const (
	oldID = "b10d748a"
	newID = "6f4e13cf"
)

// TestTheMasterKeyIsReplaced follows "Replacing the master key" of docs/runbooks.md, on three nodes and on one, while users sign up and
// sessions are revoked.
func TestTheMasterKeyIsReplaced(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		c := newCluster(t, url, "CARDEA_ADDR=127.0.0.1:0", "CARDEA_ADMIN_ADDR=")
		nodes := []*node{c.start()}
		if strings.HasPrefix(url, "postgres") {
			nodes = append(nodes, c.start(), c.start())
		}
		w := newWork(t, nodes...)
		w.prepare()
		w.during(func() {
			// First on every node behind, then on every node in front.
			c.keysAre(masterKey, newKey)
			w.restart(nodes...)
			c.keysAre(newKey)
			c.refusesToDrop(oldID)
			c.keysAre(newKey, masterKey)
			w.restart(nodes...)

			// From here on a server's own job may have moved the data keys before the command does.
			after := decodeKeys(t, c.run("keys", "rewrap", "--json"))
			if key := after[oldID]; key.Position != "behind" || key.DataKeys != 0 || !key.Droppable {
				t.Errorf("after keys rewrap the old key is %+v, want it droppable", key)
			}
			if key := after[newID]; key.Position != "front" || key.DataKeys == 0 || key.Droppable {
				t.Errorf("after keys rewrap the new key is %+v, want it in front of all data keys", key)
			}

			c.keysAre(newKey)
			c.run("config", "check", "--database")
			w.restart(nodes...)
		})
		w.check()
		w.enough()
		if len(w.failures) > 0 {
			t.Errorf("%d requests failed, such as: %v", len(w.failures), w.failures[0])
		}
	})
}

// TestAMasterKeyInFrontTooEarlyTakesNobodyDown puts the new key in front on one node while the others do not have it.
func TestAMasterKeyInFrontTooEarlyTakesNobodyDown(t *testing.T) {
	t.Parallel()
	c := newCluster(t, dbtest.EmptyPostgres(t), "CARDEA_ADDR=127.0.0.1:0", "CARDEA_ADMIN_ADDR=")
	early, others := c.start(), []*node{c.start(), c.start()}
	w := newWork(t, early, others[0], others[1])
	w.prepare()
	w.during(func() {
		w.without(early, func() {
			early.stop()
			c.keysAre(newKey, masterKey)
			early.launch()
			if said := early.unready(); !strings.Contains(said, "master key") {
				t.Errorf("the node with the new key in front says %q", said)
			}
			if _, said, err := c.try("keys", "rewrap"); err == nil || !strings.Contains(said, "does not have the master key "+newID) {
				t.Errorf("keys rewrap goes on although servers lack the key: %v\n%s", err, said)
			}
			time.Sleep(3 * time.Second) // more than a heartbeat
			for _, n := range others {
				if status, said := n.readyz(); status != 200 {
					t.Errorf("another node is not ready any more: %s", said)
				}
			}
			early.stop()
			c.keysAre(masterKey, newKey)
			early.launch()
			early.ready()
		})
		w.restart(others...)
		c.keysAre(newKey, masterKey)
		w.restart(early, others[0], others[1])
	})
	w.check()
	w.enough()
	if len(w.failures) > 0 {
		t.Errorf("%d requests failed, such as: %v", len(w.failures), w.failures[0])
	}
}
