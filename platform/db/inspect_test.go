package db_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// inspected is what is said of a database.
func inspected(t *testing.T, url string) (fresh bool, wrong, doubtful string) {
	t.Helper()
	fresh, bad, unsure := db.Inspect(t.Context(), url)
	return fresh, fmt.Sprint(errors.Join(bad...)), fmt.Sprint(errors.Join(unsure...))
}

func TestInspectKnowsWhatAServerWouldFind(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		if fresh, wrong, doubtful := inspected(t, url); !fresh || wrong != "<nil>" || !strings.Contains(doubtful, "start") {
			t.Errorf("before the first start: got %t, %s, %s", fresh, wrong, doubtful)
		}
		if _, err := os.Stat(strings.TrimPrefix(url, "sqlite:")); err == nil {
			t.Error("the look has made the database")
		}
		d := dbtest.Open(t, url, db.Options{})
		if fresh, wrong, doubtful := inspected(t, url); fresh || wrong != "<nil>" || doubtful != "<nil>" {
			t.Errorf("after it: got %t, %s, %s", fresh, wrong, doubtful)
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO migration (name, applied) VALUES ('9999_later', 1)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, wrong, _ := inspected(t, url); !strings.Contains(wrong, db.ErrNewer.Error()) {
			t.Errorf("a newer schema: got %s", wrong)
		}
	})
}

// A newer version's migrations are judged as a server judges them at its start and from then on.
func TestInspectKnowsBesideWhichMigrationsAServerMayServe(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url, db.Options{})
		run := func(statement string, args ...any) {
			t.Helper()
			must(t, d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(statement, args...)
				return err
			}))
		}
		announce := `INSERT INTO migration_need (name, needs, until) VALUES ('9999_contracts', '9999_contracts', $1)`
		run(announce, db.Millis(d.Now().Add(time.Minute)))
		if _, wrong, _ := inspected(t, url); !strings.Contains(wrong, "9999_contracts") {
			t.Errorf("a migration that was announced: got %s", wrong)
		}
		run(`DELETE FROM migration_need WHERE name = '9999_contracts'`)
		run(`INSERT INTO migration (name, applied) VALUES ('9998_expands', 1)`)
		run(`INSERT INTO migration_need (name, needs, until) VALUES ('9998_expands', $1, 0)`, d.Newest())
		if fresh, wrong, doubtful := inspected(t, url); fresh || wrong != "<nil>" || !strings.Contains(doubtful, "9998_expands") {
			t.Errorf("a migration that expands: got %t, %s, %s", fresh, wrong, doubtful)
		}
		run(announce, db.Millis(d.Now().Add(-time.Second)))
		if _, wrong, _ := inspected(t, url); wrong != "<nil>" {
			t.Errorf("an announcement that has ended: got %s", wrong)
		}
		run(`DELETE FROM migration_need WHERE name = '9999_contracts'`)
		run(`DELETE FROM migration WHERE name = $1`, d.Newest())
		if _, wrong, _ := inspected(t, url); !strings.Contains(wrong, db.ErrNewer.Error()) {
			t.Errorf("a newer version's without one of this program's: got %s", wrong)
		}
		run(`DROP TABLE migration_need`)
		if _, wrong, _ := inspected(t, url); !strings.Contains(wrong, "9998_expands") {
			t.Errorf("an unknown migration without what it demands: got %s", wrong)
		}
		run(`DELETE FROM migration WHERE name = '9998_expands'`)
		if fresh, wrong, doubtful := inspected(t, url); !fresh || wrong != "<nil>" || !strings.Contains(doubtful, "up to date") {
			t.Errorf("a database of before such demands: got %t, %s, %s", fresh, wrong, doubtful)
		}
	})
}

func TestInspectTellsWhatPostgreSQLRefuses(t *testing.T) {
	t.Parallel()
	address := dbtest.EmptyPostgres(t)
	with := func(change func(u *url.URL, query url.Values)) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		change(u, query)
		u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
		return u.String()
	}
	role := strings.ToLower("role_" + rand.Text()[:12])
	asRole := with(func(u *url.URL, _ url.Values) { u.User = url.UserPassword(role, "secretword") })
	dbtest.Open(t, address, db.Options{})
	plain := with(func(_ *url.URL, q url.Values) { q.Del("pool_max_conns") }) // the driver alone does not know it
	pool, err := sql.Open("pgx", plain)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var schema string
	if err := pool.QueryRowContext(t.Context(), "SELECT current_schema()").Scan(&schema); err != nil {
		t.Fatal(err)
	}
	run := func(statement string) {
		t.Helper()
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE ROLE " + role + " LOGIN PASSWORD 'secretword'")
	t.Cleanup(func() {
		for _, statement := range []string{"DROP OWNED BY " + role, "DROP ROLE " + role} {
			if pool, err := sql.Open("pgx", plain); err == nil {
				_, _ = pool.Exec(statement) // the schema goes with the test anyway
				_ = pool.Close()
			}
		}
	})
	run("GRANT USAGE ON SCHEMA " + schema + " TO " + role)
	run("GRANT SELECT ON ALL TABLES IN SCHEMA " + schema + " TO " + role)

	for _, c := range []struct{ name, url, want string }{
		{"no rights", asRole, "GRANT SELECT, INSERT, UPDATE, DELETE"},
		{"read-only", with(func(_ *url.URL, q url.Values) { q.Set("options", "-c default_transaction_read_only=on") }), "the server is read-only"},
		{"no database", with(func(u *url.URL, _ url.Values) { u.Path = "/nowhere" }), "there is no such database"},
		{"no schema", with(func(_ *url.URL, q url.Values) { q.Set("search_path", "nowhere") }), "names no schema"},
		{"nobody", with(func(u *url.URL, _ url.Values) { u.User = url.UserPassword("nobody_here", "secretword") }), "the server refuses"},
		{"closed port", "postgres://cardea:secretword@127.0.0.1:1/cardea", "does not answer"},
		{"misspelt", address + "&sslmod=x", "unknown parameter"},
	} {
		_, wrong, _ := inspected(t, c.url)
		if !strings.Contains(wrong, c.want) || strings.Contains(wrong, "secretword") {
			t.Errorf("%s: got %s, want %q", c.name, wrong, c.want)
		}
	}

	run("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO " + role)
	if _, wrong, _ := inspected(t, asRole); wrong != "<nil>" {
		t.Errorf("with all rights: got %s", wrong)
	}
	run("DELETE FROM migration WHERE name = '0013_credentials'")
	if _, wrong, _ := inspected(t, asRole); !strings.Contains(wrong, "GRANT CREATE ON SCHEMA") {
		t.Errorf("without the right to migrate: got %s", wrong)
	}
}

// After a failover the first host of the URL may be a standby: a server goes on to the next, and so does the look at the database.
func TestInspectFindsTheServerThatCanBeWrittenTo(t *testing.T) {
	t.Parallel()
	var hosts []string
	for _, readOnly := range []bool{true, false} {
		address, stop, err := dbtest.StartPostgres("", false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		pool, err := sql.Open("pgx", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pool.ExecContext(t.Context(), fmt.Sprintf("ALTER ROLE CURRENT_USER SET default_transaction_read_only = %v", readOnly)); err != nil {
			t.Fatal(err)
		}
		_ = pool.Close()
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, u.Query().Get("host"))
	}
	address := func(hosts ...string) string {
		return "postgres://postgres@/postgres?" + url.Values{"host": {strings.Join(hosts, ",")}}.Encode()
	}
	if _, wrong, _ := inspected(t, address(hosts...)); wrong != "<nil>" {
		t.Errorf("behind one that only reads: %s", wrong)
	}
	if _, wrong, _ := inspected(t, address(hosts[0])); !strings.Contains(wrong, "the server is read-only") {
		t.Errorf("of one that only reads: %s", wrong)
	}
	if _, wrong, _ := inspected(t, address(hosts...)+"&target_session_attrs=any"); !strings.Contains(wrong, "the server is read-only") {
		t.Errorf("where any server is accepted: %s", wrong)
	}
}

// The driver tries an address with TLS and without, and says of both what happened.
func TestInspectNamesEachAddressOnce(t *testing.T) {
	t.Parallel()
	for address, lines := range map[string][]string{
		"postgres://x@127.0.0.1:1,127.0.0.1:2/x": {"127.0.0.1:1 (", "127.0.0.1:2 ("},
		"postgres://x@nowhere.invalid/x":         {"lookup nowhere.invalid"},
	} {
		_, wrong, _ := inspected(t, address)
		for _, line := range lines {
			if strings.Count(wrong, line) != 1 {
				t.Errorf("%s: got %s, want %q once", address, wrong, line)
			}
		}
	}
}

func TestInspectTellsAMalformedFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, wrong, _ := inspected(t, "sqlite:"+file); wrong == "<nil>" {
		t.Error("a file that is no database is found to be good")
	}
}
