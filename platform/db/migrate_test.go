package db_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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
	d, err := db.Open(t.Context(), url, db.Options{Migrations: files, Fast: true, Contract: nobody})
	if err == nil {
		t.Cleanup(func() { _ = d.Close() })
	}
	return d, err
}

// nobody is there to wait for.
func nobody(context.Context, *db.DB, string) error { return nil }

func files(names ...string) fstest.MapFS {
	list := fstest.MapFS{}
	for _, name := range names {
		list[name+".sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE t" + name + " (x TEXT PRIMARY KEY);")}
	}
	return list
}

func applied(t *testing.T, d *db.DB) (names []string) {
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
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		for _, set := range []fstest.MapFS{files("0002"), files("0002"), files("0001", "0002", "0003")} {
			if _, err := open(t, url, set); err != nil {
				t.Fatal(err)
			}
		}
		d, err := open(t, url, files("0001", "0002", "0003"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"0001", "0002", "0003"}, applied(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		if _, err := open(t, url, files("0001", "0002")); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, url, files("0001")); !errors.Is(err, db.ErrNewer) {
			t.Errorf("got %v, want ErrNewer", err)
		}
	})
}

func TestReadOnlyDatabasesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		reading := func(files fstest.MapFS) (*db.DB, error) {
			d, err := db.Open(t.Context(), url, db.Options{Migrations: files, ReadOnly: true})
			if err == nil {
				t.Cleanup(func() { _ = d.Close() })
			}
			return d, err
		}
		if _, err := reading(files("0001")); err == nil {
			t.Fatal("a new database was opened")
		}
		if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a new file: %v", err)
			}
		}

		if _, err := open(t, url, files("0001")); err != nil {
			t.Fatal(err)
		}
		if _, err := reading(files("0001", "0002")); !errors.Is(err, db.ErrOlder) {
			t.Errorf("an older schema: got %v, want ErrOlder", err)
		}
		d, err := reading(files("0001"))
		if err != nil {
			t.Fatal(err)
		}
		insert := func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO t0001 (x) VALUES ('x')`)
			return err
		}
		for name, change := range map[string]error{"Write": d.Write(t.Context(), insert), "WriteSoon": d.WriteSoon(t.Context(), insert), "Read": d.Read(t.Context(), insert)} {
			if change == nil {
				t.Errorf("%s has written", name)
			}
		}
		if got := applied(t, d); len(got) != 1 {
			t.Errorf("migrations %v", got)
		}
	})
}

func TestDatabaseOfBeforeTheFirstReleaseIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		old := files("0005_ground", "0010_pool")
		if _, err := open(t, url, old); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := open(t, url, nil); !errors.Is(err, db.ErrUnreleased) {
				t.Errorf("got %v, want ErrUnreleased", err)
			}
		}
		if d, err := open(t, url, old); err != nil || len(applied(t, d)) != 2 {
			t.Errorf("the refused database was changed: %v", err)
		}
	})
}

func TestBrokenMigrationLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		broken := files("0001")
		broken["0002.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE half (x TEXT); CREATE TABLE;")}
		if _, err := open(t, url, broken); err == nil {
			t.Fatal("opened with a broken migration")
		}
		d, err := open(t, url, files("0001"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"0001"}, applied(t, d)); diff != "" {
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
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
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
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
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

// TestSchemaIsDocumented compares docs/sql.md with the migrations.
func TestSchemaIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/sql.md")
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(page, fmt.Appendf(nil, "```sql\n%s```\n", text)) {
			t.Errorf("docs/sql.md does not show %s as it is", name)
		}
	}
}

func TestUnknownURLsAreRefused(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "sqlite:", "mysql://x", "sqlite::memory:", "postgres://h/db?pool_max_conns=none"} {
		if _, err := db.Open(t.Context(), url, db.Options{}); err == nil {
			t.Errorf("%q was opened", url)
		}
	}
}
