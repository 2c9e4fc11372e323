package db_test

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

func open(t *testing.T, url string, files fstest.MapFS) (*db.DB, error) {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{Migrations: files, Fast: true})
	if err == nil {
		t.Cleanup(func() { _ = d.Close() })
	}
	return d, err
}

func files(names ...string) fstest.MapFS {
	list := fstest.MapFS{}
	for _, name := range names {
		list[name+".sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE t" + name + " (x TEXT PRIMARY KEY);")}
	}
	return list
}

func ledger(t *testing.T, d *db.DB) (names []string) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		names, err = db.All(tx, scanText, `SELECT name FROM migration ORDER BY name`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestMigrationsRunOnceEach(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		for _, set := range []fstest.MapFS{files("0002"), files("0002"), files("0001", "0002", "0003")} {
			if _, err := open(t, url, set); err != nil {
				t.Fatal(err)
			}
		}
		d, err := open(t, url, files("0001", "0002", "0003"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"0001", "0002", "0003"}, ledger(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		if _, err := open(t, url, files("0001", "0002")); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, url, files("0001")); !errors.Is(err, db.ErrNewer) {
			t.Errorf("got %v, want ErrNewer", err)
		}
	})
}

func TestBrokenMigrationLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		broken := files("0001")
		broken["0002.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE half (x TEXT); CREATE TABLE;")}
		if _, err := open(t, url, broken); err == nil {
			t.Fatal("opened with a broken migration")
		}
		d, err := open(t, url, files("0001"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"0001"}, ledger(t, d)); diff != "" {
			t.Error(diff)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := db.All(tx, scanText, `SELECT x FROM half`)
			return err
		})
		if err == nil {
			t.Error("half a migration stayed")
		}
	})
}

func TestManyMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				d, err := db.Open(t.Context(), url, db.Options{Migrations: files("0001", "0002"), Fast: true})
				if err != nil {
					t.Error(err)
					return
				}
				_ = d.Close()
			})
		}
		group.Wait()
	})
}

func TestBuiltInSchemaOpensOnBothEngines(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		if _, err := open(t, url, nil); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := open(t, url, nil); err != nil {
			t.Fatal(err)
		}
		t.Logf("opened again in %v", time.Since(began))
	})
}

func TestUnknownURLsAreRefused(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "sqlite:", "mysql://x", "sqlite::memory:", "postgres://h/db?pool_max_conns=none"} {
		if _, err := db.Open(t.Context(), url, db.Options{}); err == nil {
			t.Errorf("%q was opened", url)
		}
	}
}

// Databases that were made while 0055 was younger lack the column that 0090 takes away from the others.
func TestSoftwareTokensLoseTheirNamesAlone(t *testing.T) {
	t.Parallel()
	const born, last = "0055_software_token.sql", "0090_software_token_name.sql"
	now := fstest.MapFS{}
	names, err := fs.Glob(os.DirFS("migrations"), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile("migrations/" + name)
		if err != nil {
			t.Fatal(err)
		}
		now[name] = &fstest.MapFile{Data: text}
	}
	named := maps.Clone(now)
	maps.DeleteFunc(named, func(name string, _ *fstest.MapFile) bool { return name >= last })
	nameless := maps.Clone(named)
	nameless[born] = &fstest.MapFile{Data: bytes.Replace(named[born].Data, []byte("  name      TEXT NOT NULL,\n"), nil, 1)}

	for _, c := range []struct {
		old    fstest.MapFS
		insert string
	}{
		{named, `INSERT INTO software_token (pool_id, sub, name, secret, last_step, verified, asked) VALUES ('p', 'alice', 'phone', $1, 7, 1, 0)`},
		{nameless, `INSERT INTO software_token (pool_id, sub, secret, last_step, verified, asked) VALUES ('p', 'alice', $1, 7, 1, 0)`},
	} {
		dbtest.EachURL(t, func(t *testing.T, url string) {
			exec := func(set fstest.MapFS, statement string) int64 {
				t.Helper()
				d, err := open(t, url, set)
				if err != nil {
					t.Fatal(err)
				}
				var rows int64
				err = d.Write(t.Context(), func(tx *db.Tx) (err error) {
					rows, err = tx.Exec(statement, []byte("secret"))
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				return rows
			}
			exec(c.old, c.insert)
			if n := exec(now, `UPDATE software_token SET last_step = 8 WHERE sub = 'alice' AND secret = $1 AND last_step = 7`); n != 1 {
				t.Errorf("%d tokens came through", n)
			}
			exec(now, `INSERT INTO software_token (pool_id, sub, pending, last_step, verified, asked) VALUES ('p', 'bob', $1, 0, 0, 0)`)
		})
	}
}
