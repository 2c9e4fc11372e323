package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"

	"cardea/platform/db"
)

// Variable names the environment variable with the URL of a PostgreSQL server to test on. The user must be allowed to
// create schemas.
const Variable = "CARDEA_TEST_POSTGRES"

// Each runs body as subtests "sqlite" and "postgres", in parallel, each on a new database that is gone afterwards.
func Each(t *testing.T, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachWith(t, db.Options{}, body)
}

// EachWith is [Each] with options that both databases share. A clock that the body moves must be one of each database:
// the bodies run at the same time. Such a body uses [EachURL] and [Open].
func EachWith(t *testing.T, opts db.Options, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { body(t, Open(t, url, opts)) })
}

// Open opens a database until the test ends, SQLite with Fast.
func Open(t *testing.T, url string, opts db.Options) *db.DB {
	t.Helper()
	opts.Fast = true
	d, err := db.Open(t.Context(), url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// EachURL is [Each] for bodies that open the database themselves.
func EachURL(t *testing.T, body func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		body(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		body(t, Postgres(t))
	})
}

// SQLite is the URL of a new database file.
func SQLite(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// Postgres is the URL of a new schema, dropped after the test.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := server()
	if err != nil {
		t.Fatalf("PostgreSQL is part of the tests: %v", err)
	}
	schema := "test_" + strings.ToLower(rand.Text())
	if err := run("CREATE SCHEMA " + schema); err != nil {
		t.Fatalf("create schema: %v", err)
	}
	t.Cleanup(func() {
		if err := run("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Errorf("drop schema: %v", err)
		}
	})
	return withSchema(server, schema)
}

// server is the URL of the PostgreSQL server of this test program.
var server = sync.OnceValues(func() (string, error) {
	if url := os.Getenv(Variable); url != "" {
		return url, nil
	}
	return startUntilExit()
})

// admin is one connection for making and dropping schemas.
var admin = sync.OnceValues(func() (*sql.DB, error) {
	url, err := server()
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open("pgx", url)
	if err == nil {
		pool.SetMaxOpenConns(2)
	}
	return pool, err
})

func run(statement string) error {
	pool, err := admin()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err = pool.ExecContext(ctx, statement)
	return err
}

// withSchema makes schema the only one that connections to server see, and keeps their number small.
func withSchema(server, schema string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(fmt.Sprintf("%s is not a URL", Variable))
	}
	query := u.Query()
	query.Set("search_path", schema)
	query.Set("pool_max_conns", "8")
	u.RawQuery = query.Encode()
	return u.String()
}
