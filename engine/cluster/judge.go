package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cardea/record/node"
)

// The sentences of /readyz. docs/runbooks.md says what to do about each.
const (
	unanswered  = "The database does not answer."
	unwritable  = "The database does not take writes."
	damaged     = "The database is malformed."
	newer       = "The database belongs to a newer version of this program."
	lacksKey    = "This node lacks a master key that keys in the database are sealed under."
	lacksSeal   = "Another node seals under a master key that this one lacks."
	unknownSeal = "This node seals under a master key that another one lacks."
	different   = "Another node has a different %s."
	otherClock  = "The clock of this node is not that of the others."
)

// database says what is wrong with the database, given the error of a heartbeat.
func (n *Node) database(fenced bool, err error) (reasons []string) {
	if n.DB.Damage() != nil {
		reasons = append(reasons, damaged)
	}
	switch {
	case errors.Is(err, errUnread):
		reasons = append(reasons, unanswered)
	case err != nil, n.DB.Unwritable() != nil:
		reasons = append(reasons, unwritable)
	}
	if fenced {
		reasons = append(reasons, newer)
	}
	return reasons
}

// judge compares this node with the live ones that started before it, unless they differ themselves.
func (n *Node) judge(found *state, live []*other) {
	reasons := map[string]bool{}
	for _, o := range live {
		older := n.after(o, found.started)
		for _, difference := range n.differences(o.Node) {
			if older && !o.Differs {
				reasons[difference] = true
			}
		}
	}
	if n.straying(live, found.started) {
		reasons[otherClock] = true
	}
	found.differs = len(reasons) > 0
	found.keyless = len(n.keys.missing) > 0
	if found.keyless {
		reasons[lacksKey] = true
	}
	found.reasons = slices.Sorted(maps.Keys(reasons))
	found.live = len(live) + 1
}

// differences are what keeps two nodes from serving side by side. A setting that one of them does not know is none.
func (n *Node) differences(row *node.Node) (all []string) {
	var theirs map[string]string
	_ = json.Unmarshal([]byte(row.Settings), &theirs) // of what cannot be read nothing is known
	for name, value := range n.Settings {
		if their, known := theirs[name]; known && their != value {
			all = append(all, fmt.Sprintf(different, name))
		}
	}
	ours := n.Master.IDs()
	if len(row.Keys) > 0 && !slices.Contains(ours, row.Keys[0]) {
		all = append(all, lacksSeal)
	}
	if len(row.Keys) > 0 && !slices.Contains(row.Keys, ours[0]) {
		all = append(all, unknownSeal)
	}
	slices.Sort(all)
	return all
}

// conclude makes what a heartbeat has found the node's state, and logs what has changed.
func (n *Node) conclude(found state, cause error) {
	found.beat = n.Now()
	n.mu.Lock()
	before := n.state
	n.state = found
	n.mu.Unlock()

	if slices.Equal(before.reasons, found.reasons) {
		return
	}
	if len(found.reasons) == 0 {
		n.Log.Info("ready again")
		return
	}
	args := []any{"reasons", strings.Join(found.reasons, " ")}
	for name, err := range map[string]error{"error": cause, "damage": n.DB.Damage(), "write": n.DB.Unwritable()} {
		if err != nil {
			args = append(args, name, err.Error())
		}
	}
	if len(n.keys.missing) > 0 {
		args = append(args, "missing_master_keys", n.keys.missing)
	}
	n.Log.Error("not ready", append(args, "nodes", n.peers())...)
}

// peers says of the other live nodes which they are and how they differ, for the log.
func (n *Node) peers() (all []string) {
	for _, o := range n.others {
		line := fmt.Sprintf("%s (%s, version %s, knows %s)", o.Host, o.ID, o.Version, o.Newest)
		if o.astray >= sure {
			line += ": its clock was at " + o.Seen.Format(time.RFC3339)
		}
		if differences := n.differences(o.Node); len(differences) > 0 {
			line += ": " + strings.Join(differences, " ") + " It has " + o.Settings + " and the master keys " + strings.Join(o.Keys, " ")
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}
