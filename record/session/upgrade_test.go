package session_test

import (
	"os"
	"testing"
	"testing/fstest"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/session"
)

// TestOldSessionsSurviveTheUpgrade begins a session with the schema of before 0045, whose refresh tokens all had rows of
// their own.
func TestOldSessionsSurviveTheUpgrade(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		old, err := db.Open(t.Context(), url, db.Options{Migrations: before(t, "0045")})
		if err != nil {
			t.Fatal(err)
		}
		write(t, old, func(tx *db.Tx) error {
			_, err := tx.Exec(`
				INSERT INTO session (pool_id, id, origin, sub, client_id, scopes, device_key, auth_time, created, expires, revoked)
				VALUES ($1, 'a', 'o', 'alice', 'c', '', '', 1, 1, 2, 0)`,
				pool)
			if err != nil {
				return err
			}
			return session.AddRefresh(tx, refreshOf("a"))
		})
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}

		d, err := db.Open(t.Context(), url, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		wantReplaced(t, d, refreshOf("a"), false)
		write(t, d, func(tx *db.Tx) error { return session.Replace(tx, refreshOf("a")) })
		wantReplaced(t, d, refreshOf("a"), true)
	})
}

// before is the schema as it was before a migration.
func before(t *testing.T, end string) fstest.MapFS {
	t.Helper()
	const dir = "../../platform/db/migrations"
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	schema := fstest.MapFS{}
	for _, file := range files {
		if file.Name() >= end {
			continue
		}
		text, err := os.ReadFile(dir + "/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		schema[file.Name()] = &fstest.MapFile{Data: text}
	}
	return schema
}
