package cluster_test

import (
	"testing"
	"time"

	"cardea/engine/cluster"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// fails has the writes of leases fail as a database in trouble fails them, until mend is called.
func fails(t *testing.T, n *cluster.Node, code string) (mend func()) {
	t.Helper()
	run := func(statement string) {
		t.Helper()
		if err := n.DB.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(statement); return err }); err != nil {
			t.Fatal(err)
		}
	}
	run(`CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '` + code + `'; END $$`)
	run(`CREATE TRIGGER trouble BEFORE INSERT ON lease FOR EACH ROW EXECUTE FUNCTION trouble()`)
	err := n.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO lease (name, expires) VALUES ('x', 1)`)
		return err
	})
	if err == nil {
		t.Fatal("the write has succeeded")
	}
	return func() { run(`DROP TRIGGER trouble ON lease`) }
}

// room is how much the rows of nodes have beside what they say, and how much of it is zero.
func room(t *testing.T, n *cluster.Node) (size, zeros int64) {
	t.Helper()
	err := n.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		found, err := db.One(tx, func(row db.Scanner) (b []byte, err error) { err = row.Scan(&b); return b, err }, `SELECT room FROM node`)
		for _, b := range found {
			if b == 0 {
				zeros++
			}
		}
		size = int64(len(found))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size, zeros
}

// A row that is rewritten in its place needs no room.
func TestANodeIsReadyAgainOnceItHasWrittenMuch(t *testing.T) {
	t.Parallel()
	w := &world{t, dbtest.Postgres(t), &clock{now: time.Unix(1_800_000_000, 0)}}
	n := w.node("https://a", 1)
	beat(t, n)
	if size, _ := room(t, n); size != 0 {
		t.Errorf("a heartbeat writes %d bytes more", size)
	}
	mend := fails(t, n, "53100")
	if got := reasons(n); got != "The database does not take writes." {
		t.Errorf("before the next heartbeat: %q", got)
	}
	if err := n.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if size, zeros := room(t, n); size != 256<<10 || zeros > 4096 {
		t.Errorf("the heartbeat after writes %d bytes more, of which %d are zero: want 256 KiB that cannot be compressed", size, zeros)
	}
	mend()
	beat(t, n)
	if size, _ := room(t, n); size != 0 || reasons(n) != "" {
		t.Errorf("then it writes %d bytes more, and says %q", size, reasons(n))
	}
}

// What else is damaged only an operator can tell.
func TestADamagedDatabaseStaysUnready(t *testing.T) {
	t.Parallel()
	w := &world{t, dbtest.Postgres(t), &clock{now: time.Unix(1_800_000_000, 0)}}
	n := w.node("https://a", 1)
	beat(t, n)
	fails(t, n, "XX001")()
	for range 3 {
		beat(t, n)
		if got := reasons(n); got != "The database is malformed." {
			t.Errorf("after heartbeats that succeed: %q", got)
		}
	}
}
