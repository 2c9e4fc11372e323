package dbtest_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

func TestEachDatabaseIsNew(t *testing.T) {
	t.Parallel()
	for range 2 {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(`CREATE TABLE only_here (x BIGINT)`)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestServerRunsOnItsFormerData(t *testing.T) {
	t.Parallel()
	if os.Getenv(dbtest.Variable) != "" {
		t.Log("starts a server of its own although one is named")
	}
	parent, err := os.MkdirTemp("", "cardea-dbtest-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(parent) }()
	if err := os.Chmod(parent, 0o755); err != nil { // the server's user is not root
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "pg")

	for _, statement := range []string{"CREATE TABLE kept (x BIGINT)", "INSERT INTO kept (x) VALUES (1)"} {
		url, stop, err := dbtest.StartPostgres(dir, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), url, statement); err != nil {
			t.Error(err)
		}
		stop()
		if run(t.Context(), url, "SELECT 1") == nil {
			t.Error("the server still answers")
		}
	}
}

func run(ctx context.Context, url, statement string) error {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	_, err = pool.ExecContext(ctx, statement)
	return err
}
