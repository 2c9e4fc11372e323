package drills_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// unsure is what a client is told when the answer to a COMMIT was lost.
const unsure = "It is not known whether the request has been carried out."

// query runs a statement that answers one value, as text.
func query(t *testing.T, address, statement string) (value string) {
	t.Helper()
	pool, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.QueryRowContext(t.Context(), statement).Scan(&value); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

// TestClientsDoNotNoticeKilledConnections ends one session of the nodes after another while they work.
func TestClientsDoNotNoticeKilledConnections(t *testing.T) {
	t.Parallel()
	address, stop, err := dbtest.StartPostgres("", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	c := newCluster(t, address)
	w := newWork(t, c.start(), c.start())
	w.prepare()
	pool, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	killed := 0
	w.during(func() {
		for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(15 * time.Millisecond) {
			one := 0
			if err := pool.QueryRowContext(t.Context(), `SELECT COUNT(pg_terminate_backend(pid)) FROM (
				SELECT pid FROM pg_stat_activity WHERE application_name = 'cardea' ORDER BY random() LIMIT 1) AS victim`).Scan(&one); err != nil {
				t.Error(err)
			}
			killed += one
		}
	})
	w.check()
	w.enough()
	for _, failure := range w.failures {
		if !strings.Contains(failure.Error(), unsure) {
			t.Errorf("a client was told: %v", failure)
		}
	}
	if t.Logf("%d sessions were ended", killed); killed < 20 {
		t.Errorf("only %d sessions were ended: the drill shows nothing", killed)
	}
}

// TestFailoverOfPostgreSQL kills the primary of two servers and promotes the standby.
func TestFailoverOfPostgreSQL(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	first, second := filepath.Join(root, "a"), filepath.Join(root, "b")
	openParents(t, first)
	primary, stop, err := dbtest.StartPostgres(first, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop() })
	copyServer(t, first, second)
	standby, stopStandby, err := dbtest.StartPostgres(second, false) // it may forget at a power cut, which there is none of
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stopStandby)
	// Acknowledged is what both have.
	execute(t, primary, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
	query(t, primary, `SELECT CAST(pg_reload_conf() AS TEXT)`)

	n := newCluster(t, "postgres://postgres@/postgres?"+url.Values{"host": {first + "," + second}}.Encode()).start()
	w := newWork(t, n)
	w.prepare()
	w.during(func() {
		time.Sleep(crashAfter)
		killPostgres(t, first)
		stop()
		t.Logf("/readyz: %s", n.unready())
		query(t, standby, `SELECT CAST(pg_promote() AS TEXT)`)
		promoted := time.Now()
		n.ready()
		if took := time.Since(promoted); took > 10*time.Second {
			t.Errorf("writes took %v to succeed again", took)
		}
		time.Sleep(crashAfter)
	})
	w.check()
	w.enough()
	if before := len(w.users); before > 0 {
		w.signUp()
		if len(w.users) == before {
			t.Errorf("nobody can sign up: %v", w.failures[len(w.failures)-1])
		}
	}
}

// execute runs a statement that answers nothing.
func execute(t *testing.T, address, statement string) {
	t.Helper()
	pool, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestPoolerInTransactionMode works through PgBouncer with the setting for it, and is refused without.
func TestPoolerInTransactionMode(t *testing.T) {
	t.Parallel()
	address, stop, err := dbtest.StartPostgres("", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	pooled := startPgBouncer(t, address)

	c := newCluster(t, pooled, "CARDEA_DATABASE_POOLER=transaction")
	n := c.start()
	w := newWork(t, n, c.start())
	w.prepare()
	w.during(func() { time.Sleep(4 * time.Second) })
	w.check()
	w.enough()
	for _, failure := range w.failures {
		t.Errorf("a client was told: %v", failure)
	}

	for pooler, says := range map[string]bool{"transaction": false, "none": true} {
		_, found, _ := db.Inspect(t.Context(), pooled+"&pooler="+pooler)
		if got := errors.Is(errors.Join(found...), db.ErrPooler); got != says || !says && len(found) > 0 {
			t.Errorf("config check --database with database.pooler = %s says %v", pooler, found)
		}
	}
	c.set("CARDEA_DATABASE_POOLER=none")
	wrong := c.node()
	wrong.launch()
	if err := wrong.exit(); err == nil || !strings.Contains(wrong.log(), `set database.pooler to \"transaction\"`) && !strings.Contains(wrong.log(), `set database.pooler to "transaction"`) {
		t.Errorf("without the setting: %v\n%s", err, wrong.log())
	}
}

// startPgBouncer starts PgBouncer before the server on a socket that address names, with few connections to it.
func startPgBouncer(t *testing.T, address string) (pooled string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	dir, port := t.TempDir(), freePort(t)
	openParents(t, filepath.Join(dir, "x"))
	settings := fmt.Sprintf(`[databases]
postgres = host=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = trust
auth_file = %s/users
pool_mode = transaction
default_pool_size = 5
max_client_conn = 200
`, u.Query().Get("host"), port, dir)
	for name, text := range map[string]string{"users": `"postgres" ""`, "ini": settings} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the process has its own handle
	cmd := exec.Command("pgbouncer", filepath.Join(dir, "ini"))
	cmd.Stdout, cmd.Stderr = log, log
	asDatabaseUser(t, cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if text, _ := os.ReadFile(filepath.Join(dir, "log")); t.Failed() {
			t.Logf("PgBouncer:\n%s", text[max(0, len(text)-3000):])
		}
	})
	pooled = "postgres://postgres@127.0.0.1:" + port + "/postgres?sslmode=disable"
	pool, err := sql.Open("pgx", pooled)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if err = pool.PingContext(t.Context()); err == nil {
			return pooled
		}
		if time.Now().After(deadline) {
			t.Fatalf("PgBouncer does not answer: %v", err)
		}
	}
}
