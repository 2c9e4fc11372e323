package node

import (
	"fmt"
	"strings"
	"time"

	"cardea/platform/db"
)

// Node is one process that serves.
type Node struct {
	ID, Host, Version string
	Newest            string // the newest migration that its program knows
	Settings          string // in JSON
	Keys              []string
	Started, Seen     time.Time
	Beats             int64
	Differs, Fenced   bool
	Reasons           []string
}

const columns = "id, host, version, newest, settings, keys, started, seen, beats, differs, fenced, reasons"

// Beat writes what a node says of itself, and that it lives. room is written beside it.
func Beat(tx *db.Tx, n *Node, room []byte) error {
	if room == nil {
		room = []byte{}
	}
	_, err := tx.Exec(`
		INSERT INTO node (`+columns+`, room)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE
		SET seen = excluded.seen, beats = node.beats + 1, differs = excluded.differs, fenced = excluded.fenced,
			reasons = excluded.reasons, room = excluded.room`,
		n.ID, n.Host, n.Version, n.Newest, n.Settings, strings.Join(n.Keys, " "), db.Millis(n.Started), db.Millis(tx.Now),
		n.Differs, n.Fenced, strings.Join(n.Reasons, "\n"), room)
	if err != nil {
		return fmt.Errorf("write node: %w", err)
	}
	return nil
}

// Newcomer is when a node that has no row yet has started: now, or after all nodes that have one, whose clocks may be ahead.
func Newcomer(tx *db.Tx) (started time.Time, err error) {
	last, err := db.One(tx, func(row db.Scanner) (ms int64, err error) {
		err = row.Scan(&ms)
		return ms, err
	}, `
		SELECT COALESCE(MAX(started), 0)
		FROM node`)
	if err != nil {
		return started, fmt.Errorf("find the latest node: %w", err)
	}
	return db.Time(max(db.Millis(tx.Now), last+1)), nil
}

// List lists all nodes, the one that has run longest first.
func List(tx *db.Tx) ([]*Node, error) {
	return db.All(tx, scan, `
		SELECT `+columns+`
		FROM node
		ORDER BY started, id`)
}

// Kept reports whether the schema has nodes: databases of older versions do not.
func Kept(tx *db.Tx) (bool, error) {
	found, err := db.All(tx, func(s db.Scanner) (name string, err error) { return name, s.Scan(&name) }, `
		SELECT name
		FROM migration
		WHERE name = '0014_nodes'`)
	return len(found) > 0, err
}

// Delete removes a node that has died, unless it has written since it was read, and reports whether it has.
func Delete(tx *db.Tx, n *Node) (died bool, err error) {
	rows, err := tx.Exec(`
		DELETE FROM node
		WHERE id = $1 AND beats = $2`,
		n.ID, n.Beats)
	if err != nil {
		return false, fmt.Errorf("delete node: %w", err)
	}
	return rows == 1, nil
}

// Leave removes a node that stops.
func Leave(tx *db.Tx, id string) error {
	_, err := tx.Exec(`
		DELETE FROM node
		WHERE id = $1`,
		id)
	if err != nil {
		return fmt.Errorf("delete node: %w", err)
	}
	return nil
}

func scan(row db.Scanner) (*Node, error) {
	var n Node
	var keys, reasons string
	var started, seen int64
	err := row.Scan(&n.ID, &n.Host, &n.Version, &n.Newest, &n.Settings, &keys, &started, &seen, &n.Beats, &n.Differs, &n.Fenced, &reasons)
	n.Started, n.Seen = db.Time(started), db.Time(seen)
	n.Keys = strings.Fields(keys)
	if reasons != "" {
		n.Reasons = strings.Split(reasons, "\n")
	}
	return &n, err
}
