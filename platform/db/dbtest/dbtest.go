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
// create databases.
const Variable = "CARDEA_TEST_POSTGRES"

// Each runs body as subtests "sqlite" and "postgres", in parallel, each on a new database with the product's schema that is gone
// afterwards.
func Each(t *testing.T, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { body(t, Open(t, url, db.Options{})) })
}

// EachWith is [Each] with options that both databases share, on empty databases. A clock that the body moves must be one of each
// database: the bodies run at the same time. Such a body uses [EachURL] and [Open].
func EachWith(t *testing.T, opts db.Options, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachEmpty(t, func(t *testing.T, url string) { body(t, Open(t, url, opts)) })
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
	each(t, SQLite, Postgres, body)
}

// EachEmpty is [EachURL] with databases that have no schema.
func EachEmpty(t *testing.T, body func(t *testing.T, url string)) {
	t.Helper()
	each(t, EmptySQLite, EmptyPostgres, body)
}

func each(t *testing.T, sqlite, postgres func(t testing.TB) string, body func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		body(t, sqlite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		body(t, postgres(t))
	})
}

// SQLite is the URL of a new database file with the product's schema.
func SQLite(t testing.TB) string {
	t.Helper()
	file, err := template()
	if err != nil {
		t.Fatalf("make a template: %v", err)
	}
	name := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + name
}

// EmptySQLite is the URL of a database file that is not there.
func EmptySQLite(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// Postgres is the URL of a new database with the product's schema, dropped after the test.
func Postgres(t testing.TB) string {
	t.Helper()
	from, err := templateDatabase()
	if err != nil {
		t.Fatalf("PostgreSQL is part of the tests: %v", err)
	}
	return postgres(t, "TEMPLATE "+from)
}

// EmptyPostgres is the URL of a new database without tables, dropped after the test.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return postgres(t, "")
}

func postgres(t testing.TB, options string) string {
	t.Helper()
	server, err := server()
	if err != nil {
		t.Fatalf("PostgreSQL is part of the tests: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := run("CREATE DATABASE " + name + " " + options); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if err := run("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	return withDatabase(server, name)
}

// server is the URL of the PostgreSQL server of this test program.
var server = sync.OnceValues(func() (string, error) {
	if url := os.Getenv(Variable); url != "" {
		return url, nil
	}
	return startUntilExit()
})

// admin is connections for making and dropping databases.
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

// withDatabase is the URL of a database of a server, whose connections are few.
func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(fmt.Sprintf("%s is not a URL", Variable))
	}
	u.Path = "/" + name
	query := u.Query()
	query.Set("pool_max_conns", "8")
	u.RawQuery = query.Encode()
	return u.String()
}
