package session_test

import (
	"os"
	"testing"
	"testing/fstest"
	"time"

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

// TestSessionsOfBeforeActivityWasNotedSurviveTheUpgrade begins sessions with the schema of before 0080.
func TestSessionsOfBeforeActivityWasNotedSurviveTheUpgrade(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		old, err := db.Open(t.Context(), url, db.Options{Migrations: before(t, "0080")})
		if err != nil {
			t.Fatal(err)
		}
		write(t, old, func(tx *db.Tx) error {
			for i, name := range []string{"first", "second", "third"} {
				_, err := tx.Exec(`
					INSERT INTO session (pool_id, id, origin, sub, client_id, scopes, device_key, auth_time, created, expires, revoked, refresh_hash)
					VALUES ($1, $2, 'o', 'alice', 'c', '', '', 1, $3, $4, 0, $5)`,
					pool, name, db.Millis(noon)-3+int64(i), db.Millis(noon.Add(time.Hour)), refreshOf(name).Hash)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}

		d, err := db.Open(t.Context(), url, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		want(t, "all", list(t, d, session.Query{Sub: "alice"}), []string{"third", "second", "first"})
		first := get(t, d, "first")
		if first.Activity != (session.Activity{Active: first.Created}) || first.SSO != "" {
			t.Errorf("got %+v, want no activity but its beginning", first)
		}
		write(t, d, func(tx *db.Tx) error { return session.Note(tx, first, session.Activity{Active: noon, IP: "192.0.2.1"}) })
		atNoon(t, d, func(tx *db.Tx) error { return session.Evict(tx, pool, "alice", 2) })
		want(t, "after an eviction", list(t, d, session.Query{Sub: "alice"}), []string{"first", "third"})
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
