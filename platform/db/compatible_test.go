package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// beside are migrations of which the last may serve beside the first.
func beside(names ...string) fstest.MapFS {
	list := files(names...)
	last := list[names[len(names)-1]+".sql"]
	last.Data = append([]byte("-- Serves beside: "+names[0]+"\n"), last.Data...)
	return list
}

// served opens a database as a server does.
func served(t *testing.T, url string, files fstest.MapFS) (*db.DB, error) {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{Migrations: files, Fast: true, Watch: true, Contract: nobody})
	if err == nil {
		t.Cleanup(func() { _ = d.Close() })
	}
	return d, err
}

// works writes and reads.
func works(ctx context.Context, d *db.DB, value string) error {
	write := d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO t0001 (x) VALUES ($1)`, value)
		return err
	})
	read := d.Read(ctx, func(tx *db.Tx) error {
		_, err := db.All(tx, scanText, `SELECT x FROM t0001`)
		return err
	})
	if (write == nil) != (read == nil) {
		return errors.New("only one of Read and Write is refused")
	}
	return write
}

func TestOlderProgramsServeBesideMigrationsThatAllowIt(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		old, err := served(t, url, files("0001"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, url, beside("0001", "0002")); err != nil {
			t.Fatal(err)
		}
		if err := old.CheckSchema(t.Context()); err != nil {
			t.Errorf("got %v", err)
		}
		again, err := served(t, url, files("0001"))
		if err != nil {
			t.Fatalf("an older program does not start: %v", err)
		}
		for name, d := range map[string]*db.DB{"old": old, "again": again} {
			if err := works(t.Context(), d, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := open(t, url, beside("0000", "0001")); !errors.Is(err, db.ErrNewer) {
			t.Errorf("a program that lacks what is demanded: got %v, want ErrNewer", err)
		}
	})
}

func TestOlderProgramsRefuseBesideOtherMigrations(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		looks, err := served(t, url, files("0001"))
		if err != nil {
			t.Fatal(err)
		}
		slept, err := served(t, url, files("0001")) // and begins its first transaction later
		if err != nil {
			t.Fatal(err)
		}
		if err := works(t.Context(), looks, "before"); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, url, files("0001", "0002")); err != nil {
			t.Fatal(err)
		}
		if err := looks.CheckSchema(t.Context()); !errors.Is(err, db.ErrNewer) {
			t.Errorf("CheckSchema: got %v, want ErrNewer", err)
		}
		for name, d := range map[string]*db.DB{"looked": looks, "slept": slept} {
			if err := works(t.Context(), d, name); !errors.Is(err, db.ErrNewer) {
				t.Errorf("%s: got %v, want ErrNewer", name, err)
			}
			if !d.Fenced() {
				t.Errorf("%s: not fenced", name)
			}
			if err := works(db.Unfenced(t.Context()), d, "unfenced "+name); err != nil {
				t.Errorf("%s, past the fence: %v", name, err)
			}
		}
	})
}

func TestContractingMigrationsAreAnnouncedAndWaitFor(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		old, err := served(t, url, files("0001"))
		if err != nil {
			t.Fatal(err)
		}
		if err := works(t.Context(), old, "before"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Open(t.Context(), url, db.Options{Migrations: files("0001", "0002"), Fast: true}); !errors.Is(err, db.ErrOlder) {
			t.Errorf("without somebody who waits: got %v, want ErrOlder", err)
		}

		no := errors.New("somebody still serves")
		contract := func(ctx context.Context, d *db.DB, needs string) error {
			if needs != "0002" {
				t.Errorf("waits for programs that know %q", needs)
			}
			if err := old.CheckSchema(ctx); !errors.Is(err, db.ErrNewer) || !old.Fenced() {
				t.Errorf("the announcement: got %v, want ErrNewer", err)
			}
			if got := applied(t, d); !slices.Equal(got, []string{"0001"}) {
				t.Errorf("applied %v before it has waited", got)
			}
			return no
		}
		opts := db.Options{Migrations: files("0001", "0002"), Fast: true, Contract: contract}
		if _, err := db.Open(t.Context(), url, opts); !errors.Is(err, no) {
			t.Errorf("got %v, want the error of who waits", err)
		}
		if err := errors.Join(old.CheckSchema(t.Context()), works(t.Context(), old, "after")); err != nil {
			t.Errorf("after the migration was given up: %v", err)
		}
		if _, err := open(t, url, files("0001", "0002")); err != nil {
			t.Error(err)
		}
	})
}

// A program that was stopped while its announcement ran out finds that older ones serve again.
func TestAMigrationIsNotRunAfterItsAnnouncement(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		var late atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
		options := db.Options{Migrations: files("0001"), Fast: true, Watch: true, Now: now}
		old, err := db.Open(t.Context(), url, options)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = old.Close() }()
		options = db.Options{Migrations: files("0001", "0002"), Fast: true, Now: now}
		for name, stopped := range map[string]func(){
			"at once":                   func() {},
			"after it would be renewed": func() { time.Sleep(6 * time.Second) },
		} {
			options.Contract = func(ctx context.Context, _ *db.DB, _ string) error {
				if err := old.CheckSchema(ctx); !errors.Is(err, db.ErrNewer) {
					t.Errorf("the announcement: got %v, want ErrNewer", err)
				}
				late.Add(int64(31 * time.Second))
				stopped()
				if err := errors.Join(old.CheckSchema(ctx), works(ctx, old, name)); err != nil {
					t.Errorf("%s, the older program does not serve again: %v", name, err)
				}
				return nil
			}
			if _, err := db.Open(t.Context(), url, options); !errors.Is(err, db.ErrLate) {
				t.Errorf("%s: got %v, want ErrLate", name, err)
			}
			if got := applied(t, old); !slices.Equal(got, []string{"0001"}) {
				t.Errorf("%s: applied %v", name, got)
			}
		}
		options.Contract = nobody
		again, err := db.Open(t.Context(), url, options)
		if err != nil {
			t.Fatal(err)
		}
		_ = again.Close()
	})
}

// A program that is stopped in the middle of a migration, with the lock, keeps others waiting for some seconds only.
func TestAMigrationThatIsStoppedIsDoneByAnother(t *testing.T) {
	t.Parallel()
	for name, parameter := range map[string]string{"direct": "", "pooler": "&pooler=transaction"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := dbtest.EmptyPostgres(t) + parameter
			var once sync.Once
			locked, goOn := make(chan struct{}), make(chan struct{})
			now := func() time.Time { // first asked for in the transaction that has the lock
				once.Do(func() { close(locked); <-goOn })
				return time.Now()
			}
			var stopped *db.DB
			var late error
			var first sync.WaitGroup
			first.Go(func() {
				stopped, late = db.Open(t.Context(), url, db.Options{Migrations: files("0001", "0002"), Now: now})
			})
			<-locked
			began := time.Now()
			other, err := db.Open(t.Context(), url, db.Options{Migrations: files("0001", "0002")})
			took := time.Since(began)
			close(goOn)
			first.Wait()
			if err != nil || late != nil {
				t.Fatalf("the other: %v; the one that was stopped, when it goes on: %v", err, late)
			}
			if took < 4*time.Second || took > 12*time.Second {
				t.Errorf("the other has waited %v, want 8 s", took)
			}
			for _, d := range []*db.DB{stopped, other} {
				if got := applied(t, d); !slices.Equal(got, []string{"0001", "0002"}) {
					t.Errorf("applied %v", got)
				}
				must(t, d.Close())
			}
		})
	}
}

// adds matches the statements of migrations beside which older programs serve: what they do not know must not concern them.
var adds = regexp.MustCompile(`^(CREATE TABLE |CREATE INDEX |ALTER TABLE \w+ ADD COLUMN \w+ \w+( NOT NULL)? DEFAULT \S+$|ALTER TABLE \w+ ADD COLUMN \w+ \w+$)`)

func TestMigrationsSayWhatServesBesideThem(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".sql")
		names = append(names, name)
		if name < "0014" {
			continue // of programs that do not look
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		first, rest, _ := strings.Cut(string(text), "\n")
		other, expands := strings.CutPrefix(first, "-- Serves beside: ")
		switch {
		case expands:
			if !slices.Contains(names, other) || other == name {
				t.Errorf("%s serves beside %q, which is no older migration", name, other)
			}
			expanding(t, name, rest)
		case !strings.HasPrefix(first, "-- Serves beside nothing older: "):
			t.Errorf("%s does not begin with `-- Serves beside: NAME` or `-- Serves beside nothing older: REASON`", name)
		}
	}
}

// expanding fails the test for statements that concern programs which do not know them.
func expanding(t *testing.T, name, text string) {
	t.Helper()
	text = regexp.MustCompile(`--[^\n]*`).ReplaceAllString(text, "")
	for statement := range strings.SplitSeq(text, ";") {
		statement = strings.Join(strings.Fields(statement), " ")
		unique := strings.HasPrefix(statement, "CREATE UNIQUE INDEX ")
		if unique { // of a table that is new, too
			_, table, _ := strings.Cut(statement, " ON ")
			table, _, _ = strings.Cut(table, " ")
			unique = strings.Contains(text, "CREATE TABLE "+table+" ")
		}
		if statement != "" && !unique && !adds.MatchString(statement) {
			t.Errorf("%s says that older programs serve beside it, and runs %q", name, statement)
		}
	}
}

func TestOneServerHasASQLiteFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	release, err := db.Alone("sqlite:" + file)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other.db")
	if err := os.Symlink(file, other); err != nil {
		other = file // Windows may not allow it
	}
	for _, url := range []string{"sqlite:" + file, "sqlite://" + file, "sqlite:" + other} {
		if _, err := db.Alone(url); !errors.Is(err, db.ErrServed) {
			t.Errorf("%s: got %v, want ErrServed", url, err)
		}
	}
	coming := filepath.Join(t.TempDir(), "coming.db") // the first start makes it
	if err := os.Symlink(filepath.Base(coming), coming+".link"); err == nil {
		first, err := db.Alone("sqlite:" + coming + ".link")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(coming, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, url := range []string{"sqlite:" + coming, "sqlite:" + coming + ".link"} {
			if _, err := db.Alone(url); !errors.Is(err, db.ErrServed) {
				t.Errorf("%s, made by the first start: got %v, want ErrServed", url, err)
			}
		}
		first()
	}
	release()
	again, err := db.Alone("sqlite:" + file)
	if err != nil {
		t.Fatalf("after the first: %v", err)
	}
	again()
	for range 2 {
		if _, err := db.Alone("postgres://db/cardea"); err != nil {
			t.Errorf("PostgreSQL: %v", err)
		}
	}
}

func TestASQLiteFileHasOneName(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "test.db")
	must(t, dbtest.Open(t, "sqlite:"+file, db.Options{Migrations: schema}).Close())
	other := filepath.Join(t.TempDir(), "other.db")
	must(t, os.Link(file, other))
	for _, url := range []string{"sqlite:" + file, "sqlite://" + other} {
		for _, readOnly := range []bool{false, true} {
			if _, err := db.Open(t.Context(), url, db.Options{Migrations: schema, ReadOnly: readOnly}); !errors.Is(err, db.ErrLinked) {
				t.Errorf("%s, read-only %v: got %v, want ErrLinked", url, readOnly, err)
			}
		}
		if _, wrong, _ := db.Inspect(t.Context(), url); !errors.Is(errors.Join(wrong...), db.ErrLinked) {
			t.Errorf("%s: config check says %v", url, wrong)
		}
	}
	must(t, os.Remove(other))
	d, err := db.Open(t.Context(), "sqlite:"+file, db.Options{Migrations: schema})
	if err != nil {
		t.Fatalf("with one name again: %v", err)
	}
	must(t, d.Close())
}
