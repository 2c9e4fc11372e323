package db_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// pid is the server's process of a transaction's connection.
func pid(tx *db.Tx) (int64, error) { return db.One(tx, scanInt, `SELECT pg_backend_pid()`) }

// kill ends the server's processes that are not those of other connections of by.
func kill(t *testing.T, by *db.DB, pids ...int64) {
	t.Helper()
	must(t, by.Read(t.Context(), func(tx *db.Tx) error {
		for _, pid := range pids {
			if _, err := db.One(tx, func(s db.Scanner) (yes bool, err error) { return yes, s.Scan(&yes) }, `SELECT pg_terminate_backend($1, 5000)`, pid); err != nil {
				return err
			}
		}
		return nil
	}))
}

// bothOn opens two databases on the same schema.
func bothOn(t *testing.T) (d, other *db.DB) {
	url := dbtest.EmptyPostgres(t)
	return dbtest.Open(t, url, db.Options{Migrations: schema}), dbtest.Open(t, url, db.Options{Migrations: schema})
}

func TestTransactionThatLosesItsConnectionRunsAgain(t *testing.T) {
	t.Parallel()
	address := dbtest.EmptyPostgres(t)
	other := dbtest.Open(t, address, db.Options{Migrations: schema})
	for name, url := range map[string]string{
		"socket":  address,                   // on which nothing more can be sent
		"network": newCutter(t, address).url, // on which the server's last words are found after COMMIT was sent
	} {
		t.Run(name, func(t *testing.T) {
			must(t, other.Write(t.Context(), func(tx *db.Tx) error { tx.Later(`DELETE FROM thing`); return nil }))
			losesItsConnection(t, dbtest.Open(t, url, db.Options{Migrations: schema}), other)
		})
	}
}

func losesItsConnection(t *testing.T, d, other *db.DB) {
	runs := 0
	body := func(write bool) func(tx *db.Tx) error {
		runs = 0
		return func(tx *db.Tx) error {
			runs++
			own, err := pid(tx)
			if err != nil {
				return err
			}
			if write {
				tx.Later(insertThing, "a", 1)
			}
			if runs == 1 {
				kill(t, other, own)
			}
			if write {
				return nil // the connection dies with COMMIT on its way, which the server did not come to
			}
			_, err = db.One(tx, scanInt, `SELECT COUNT(*) FROM thing`)
			return err
		}
	}
	if err := d.Read(t.Context(), body(false)); err != nil || runs != 2 {
		t.Errorf("read: %v after %d runs", err, runs)
	}
	if err := d.Write(t.Context(), body(true)); err != nil || runs != 2 {
		t.Errorf("write: %v after %d runs", err, runs)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestIdleConnectionsMayDie(t *testing.T) {
	t.Parallel()
	d, other := bothOn(t)
	for _, idle := range []time.Duration{0, 1200 * time.Millisecond} {
		for _, write := range []bool{false, true} {
			var pids []int64
			must(t, d.Read(t.Context(), func(tx *db.Tx) error {
				first, err := pid(tx)
				if err != nil {
					return err
				}
				return d.Read(t.Context(), func(tx *db.Tx) error {
					second, err := pid(tx)
					pids = []int64{first, second}
					return err
				})
			}))
			kill(t, other, pids...)
			time.Sleep(idle)
			if write {
				must(t, d.Write(t.Context(), func(tx *db.Tx) error {
					tx.Later(`DELETE FROM thing`)
					tx.Later(insertThing, "a", 1)
					return nil
				}))
			}
			count(t, d)
		}
	}
}

func TestPreparedStatementsSurviveChangesOfTheSchema(t *testing.T) {
	t.Parallel()
	d, other := bothOn(t)
	note := func(write bool) {
		t.Helper()
		run := d.Read
		if write {
			run = d.Write
		}
		must(t, run(t.Context(), func(tx *db.Tx) error {
			_, err := db.All(tx, func(s db.Scanner) (x *string, err error) { return x, s.Scan(&x) }, `SELECT note FROM thing`)
			return err
		}))
	}
	change := func(d *db.DB, ddl string) {
		t.Helper()
		must(t, d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(ddl)
			return err
		}))
	}
	must(t, d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) }))
	note(false)
	change(other, `ALTER TABLE thing ALTER COLUMN note DROP DEFAULT`)
	change(other, `ALTER TABLE thing ALTER COLUMN note TYPE BIGINT USING 7`)
	note(true)
	note(false)
	change(d, `DEALLOCATE ALL`)
	note(true)
	note(false)
}

// A server that has become one that only reads is found out by the first write, and all connections to it are replaced.
func TestConnectionsThatOnlyReadAreReplaced(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.EmptyPostgres(t), db.Options{Migrations: schema})
	var sibling, now int64
	must(t, d.Write(t.Context(), func(tx *db.Tx) error {
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			sibling, err = pid(tx)
			return err
		})
		if err != nil {
			return err
		}
		_, err = tx.Exec(`SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY`)
		return err // this connection is the next to be used
	}))
	must(t, d.Write(t.Context(), func(tx *db.Tx) (err error) {
		if now, err = pid(tx); err != nil {
			return err
		}
		return insert(tx, "a", 1)
	}))
	if now == sibling {
		t.Error("a connection to the same server was used")
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestConnectionsHaveALongestLife(t *testing.T) {
	t.Parallel()
	address := dbtest.EmptyPostgres(t) + "&pool_max_conn_lifetime=50ms&pool_max_conn_lifetime_jitter=0s"
	d := dbtest.Open(t, address, db.Options{Migrations: schema})
	var pids []int64
	ask := func() {
		t.Helper()
		must(t, d.Read(t.Context(), func(tx *db.Tx) error {
			now, err := pid(tx)
			pids = append(pids, now)
			return err
		}))
	}
	ask()
	time.Sleep(60 * time.Millisecond)
	ask()
	if pids[0] == pids[1] {
		t.Error("a connection was used beyond its life")
	}
}

// cutter stands between a program and PostgreSQL.
type cutter struct {
	url    string
	cutAt  atomic.Pointer[string] // the connection is cut when the program sends this
	next   atomic.Bool            // or rather what comes after it
	passed atomic.Bool            // the server gets it nevertheless, and its answer is lost
}

func newCutter(t *testing.T, address string) *cutter {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	socket := filepath.Join(query.Get("host"), ".s.PGSQL.5432")
	if u.Host != "" {
		t.Fatalf("%s is not on a socket", address)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	query.Del("host")
	query.Set("sslmode", "disable")
	u.Host, u.RawQuery = l.Addr().String(), query.Encode()
	c := &cutter{url: u.String()}
	go func() {
		for {
			program, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", socket)
			if err != nil {
				_ = program.Close()
				continue
			}
			go c.serve(program, server)
		}
	}()
	return c
}

func (c *cutter) serve(program, server net.Conn) {
	defer program.Close()
	defer server.Close()
	var deaf atomic.Bool
	var answers sync.WaitGroup
	answers.Go(func() {
		buffer := make([]byte, 1<<16)
		for {
			n, err := server.Read(buffer)
			if err != nil || deaf.Load() {
				_ = program.Close()
				return
			}
			if _, err := program.Write(buffer[:n]); err != nil {
				return
			}
		}
	})
	buffer, soon := make([]byte, 1<<16), false
	for {
		n, err := program.Read(buffer)
		if err != nil {
			_ = server.Close()
			answers.Wait()
			return
		}
		at := c.cutAt.Load()
		now := at != nil && bytes.Contains(buffer[:n], []byte(*at))
		if now {
			c.cutAt.Store(nil)
		}
		if now && c.next.Load() {
			now, soon = false, true
		} else if soon {
			now = true
		}
		if now {
			if !c.passed.Load() {
				return
			}
			deaf.Store(true)
			_, _ = io.Copy(server, bytes.NewReader(buffer[:n]))
			answers.Wait()
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func TestCommitWithoutAnAnswerIsUnsure(t *testing.T) {
	t.Parallel()
	address := dbtest.EmptyPostgres(t)
	c := newCutter(t, address)
	whole := dbtest.Open(t, address, db.Options{Migrations: schema})
	for serial, passed := range []bool{false, true} {
		key, runs, text := strconv.Itoa(serial), 0, "INSERT INTO thing"
		d := dbtest.Open(t, c.url, db.Options{Migrations: schema})
		c.passed.Store(passed)
		c.next.Store(true) // COMMIT
		c.cutAt.Store(&text)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			runs++
			_, err := tx.Exec(insertThing, key, 1)
			return err
		})
		if !errors.Is(err, db.ErrUnsure) || runs != 1 {
			t.Errorf("passed on %v: got %v after %d runs, want ErrUnsure after one", passed, err, runs)
		}
		must(t, whole.Read(t.Context(), func(tx *db.Tx) error {
			_, err := db.One(tx, scanInt, readThing, key)
			if got := err == nil; got != passed {
				t.Errorf("passed on %v: the row is there: %v", passed, got)
			}
			return nil
		}))
		must(t, d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "after"+key, 1) }))
	}
}

// Before COMMIT was sent, nothing is unsure.
func TestConnectionCutBeforeCommitIsReplaced(t *testing.T) {
	t.Parallel()
	c := newCutter(t, dbtest.EmptyPostgres(t))
	d := dbtest.Open(t, c.url, db.Options{Migrations: schema})
	text := "INSERT INTO thing"
	c.cutAt.Store(&text)
	runs := 0
	must(t, d.Write(t.Context(), func(tx *db.Tx) error {
		runs++
		return insert(tx, "a", 1)
	}))
	if n := count(t, d); n != 1 || runs != 2 {
		t.Errorf("%d rows after %d runs, want 1 after 2", n, runs)
	}
}

func TestUnreachableServerIsSaidSoon(t *testing.T) {
	t.Parallel()
	began := time.Now()
	_, err := db.Open(context.Background(), "postgres://x@127.0.0.1:1/x?sslmode=disable", db.Options{})
	if err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

// The end of a read is sent although nobody waits for its answer: its snapshot would keep the server from cleaning up.
func TestReadsLeaveNoTransactionOpen(t *testing.T) {
	t.Parallel()
	d, other := bothOn(t)
	var own int64
	must(t, d.Read(t.Context(), func(tx *db.Tx) (err error) {
		own, err = pid(tx)
		return err
	}))
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		var state string
		must(t, other.Read(t.Context(), func(tx *db.Tx) (err error) {
			state, err = db.One(tx, scanText, `SELECT state FROM pg_stat_activity WHERE pid = $1`, own)
			return err
		}))
		if state == "idle" {
			return
		}
		if time.Since(began) > 5*time.Second {
			t.Fatalf("the connection is %s", state)
		}
	}
}

// A program that is stopped in the middle of a transaction keeps others waiting for some seconds only, and does not finish it.
func TestATransactionThatIsStoppedHoldsItsLocksForSeconds(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"socket", "network"} { // as in TestTransactionThatLosesItsConnectionRunsAgain
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			address := dbtest.EmptyPostgres(t)
			other, url := dbtest.Open(t, address, db.Options{Migrations: schema}), address
			if kind == "network" {
				url = newCutter(t, address).url
			}
			stopsInATransaction(t, dbtest.Open(t, url, db.Options{Migrations: schema}), other)
		})
	}
}

func stopsInATransaction(t *testing.T, stopped, other *db.DB) {
	must(t, other.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO thing (pool_id, key, n) VALUES ('p', 'x', 0)`)
		return err
	}))
	add := func(tx *db.Tx, n int64) error {
		_, err := tx.Exec(`UPDATE thing SET n = n + $1 WHERE pool_id = 'p' AND key = 'x'`, n)
		return err
	}
	locked, waited := make(chan struct{}), make(chan struct{})
	runs := 0
	var late error
	var first sync.WaitGroup
	first.Go(func() {
		late = stopped.Write(t.Context(), func(tx *db.Tx) error {
			if err := add(tx, 10); err != nil {
				return err
			}
			if runs++; runs == 1 {
				close(locked)
				<-waited
			}
			return nil
		})
	})
	<-locked
	began := time.Now()
	err := other.Write(t.Context(), func(tx *db.Tx) error { return add(tx, 1) })
	took := time.Since(began)
	close(waited)
	first.Wait()
	if err != nil || took < 4*time.Second || took > 12*time.Second {
		t.Errorf("the other: %v after %v, want success after 8 s", err, took)
	}
	if late != nil || runs != 2 {
		t.Errorf("the transaction that was stopped was run %d times, and has ended with %v: want twice and success", runs, late)
	}
	must(t, other.Read(t.Context(), func(tx *db.Tx) error {
		n, err := db.One(tx, scanInt, `SELECT n FROM thing`)
		if n != 11 {
			t.Errorf("the row has %d, want 11", n)
		}
		return err
	}))
}
