package db

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

func openFile(t testing.TB, opts Options) (*DB, *lite) {
	t.Helper()
	if opts.Migrations == nil {
		opts.Migrations = fstest.MapFS{"1.sql": {Data: []byte(
			`CREATE TABLE thing (pool_id TEXT, key TEXT, n BIGINT, PRIMARY KEY (pool_id, key));`)}}
	}
	d, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "a b?%#.db"), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, d.engine.(*lite)
}

func put(tx *Tx, key string) error {
	_, err := tx.Exec(`INSERT INTO thing (pool_id, key, n) VALUES ('p', $1, 0)`, key)
	return err
}

func keys(t *testing.T, d *DB) string {
	t.Helper()
	var list []string
	err := d.Read(t.Context(), func(tx *Tx) (err error) {
		list, err = All(tx, func(s Scanner) (k string, err error) { return k, s.Scan(&k) },
			`SELECT key FROM thing ORDER BY key`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func TestSQLiteIsDurable(t *testing.T) {
	t.Parallel()
	_, l := openFile(t, Options{})
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} {
		rows, err := l.writer.conn.query("SELECT CAST("+pragma+" AS TEXT) FROM pragma_"+pragma, nil)
		if err != nil {
			t.Fatal(err)
		}
		rows.Next()
		var got string
		if err := rows.Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s is %q, %v, want %s", pragma, got, err, want)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// atOnce runs writes that all wait for the writer before the first begins.
func atOnce(t *testing.T, d *DB, w *writer, writes []func(*Tx) error) []error {
	t.Helper()
	errs := make([]error, len(writes))
	w.mu.Lock()
	var group sync.WaitGroup
	for i, fn := range writes {
		group.Go(func() { errs[i] = d.Write(context.Background(), fn) })
		for w.waiting.Load() <= int64(i) {
			runtime.Gosched()
		}
		time.Sleep(100 * time.Microsecond) // into the mutex's queue
	}
	w.mu.Unlock()
	group.Wait()
	return errs
}

func TestParallelWritesShareCommits(t *testing.T) {
	t.Parallel()
	d, l := openFile(t, Options{})
	var writes []func(*Tx) error
	for i := range 50 {
		writes = append(writes, func(tx *Tx) error { return put(tx, strconv.Itoa(i)) })
	}
	before := l.writer.commits
	if err := errors.Join(atOnce(t, d, &l.writer, writes)...); err != nil {
		t.Fatal(err)
	}
	if got := l.writer.commits - before; got > 25 {
		t.Errorf("got %d commits for 50 parallel writes", got)
	}
	if got := len(strings.Fields(keys(t, d))); got != 50 {
		t.Errorf("got %d rows, want 50", got)
	}
}

// commits is how many there were.
func commits(l *lite) int64 {
	l.writer.mu.Lock()
	defer l.writer.mu.Unlock()
	return l.writer.commits
}

func TestWriteSoonIsSeenByWritersAtOnceAndByReadersSoon(t *testing.T) {
	t.Parallel()
	d, l := openFile(t, Options{})
	soon := func(key string) error {
		return d.WriteSoon(t.Context(), func(tx *Tx) error { return put(tx, key) })
	}
	before, began := commits(l), time.Now()
	if err := soon("a"); err != nil {
		t.Fatal(err)
	}
	if commits(l) != before && time.Since(began) < batchTime {
		t.Error("the write waited for the disk")
	}
	if err := soon("a"); !errors.Is(err, ErrExists) {
		t.Errorf("the next writer was told %v", err)
	}
	if got := keys(t, d); got != "a" { // the collision was reported after the commit, since what it collided with might have been lost
		t.Errorf("after it, readers see %q", got)
	}
	if err := soon("b"); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); keys(t, d) != "a b"; time.Sleep(time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatal("it is never committed")
		}
	}
}

func TestWriteSoonIsCommittedByTheNextWriteAndByClosing(t *testing.T) {
	t.Parallel()
	d, l := openFile(t, Options{})
	writes := func(key string, write func(context.Context, func(*Tx) error) error) {
		t.Helper()
		if err := write(t.Context(), func(tx *Tx) error { return put(tx, key) }); err != nil {
			t.Fatal(err)
		}
	}
	before, began := commits(l), time.Now()
	writes("a", d.WriteSoon)
	writes("b", d.WriteSoon)
	writes("c", d.Write)
	if got := commits(l) - before; got > 1 && time.Since(began) < batchTime {
		t.Errorf("%d commits for writes that could share one", got)
	}
	if got := keys(t, d); got != "a b c" {
		t.Errorf("readers see %q", got)
	}

	file := filepath.Join(t.TempDir(), "closed.db")
	open := func() *DB {
		d, err := Open(t.Context(), "sqlite:"+file, Options{Migrations: d.opts.Migrations})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d = open()
	writes("d", d.WriteSoon)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open()
	defer func() { _ = d.Close() }()
	if got := keys(t, d); got != "d" {
		t.Errorf("after closing: %q", got)
	}
}

func TestWritesOfABatchFailAlone(t *testing.T) {
	t.Parallel()
	d, l := openFile(t, Options{})
	refused := errors.New("refused")
	var writes []func(*Tx) error
	for i := range 12 {
		writes = append(writes, func(tx *Tx) error {
			if err := put(tx, string(rune('a'+i))); err != nil {
				return err
			}
			switch i % 3 {
			case 0:
				return refused
			case 1:
				_, _ = tx.Exec(`INSERT INTO nowhere (x) VALUES (1)`)
			}
			return nil
		})
	}
	errs := atOnce(t, d, &l.writer, writes)
	for i, err := range errs {
		if failed := err != nil; failed != (i%3 != 2) {
			t.Errorf("write %d: got %v", i, err)
		}
	}
	if got, want := keys(t, d), "c f i l"; got != want {
		t.Errorf("got rows %s, want %s", got, want)
	}
}

func TestBatchFailsTogetherWhenItsTransactionIsLost(t *testing.T) {
	t.Parallel()
	d, l := openFile(t, Options{})
	writes := []func(*Tx) error{
		func(tx *Tx) error { return put(tx, "a") },
		func(tx *Tx) error { // simulates a full disk, on which SQLite rolls the transaction back by itself
			_, _ = tx.session.run(statement{query: "ROLLBACK"})
			return errors.New("disk full")
		},
	}
	for i, err := range atOnce(t, d, &l.writer, writes) {
		if err == nil {
			t.Errorf("write %d was acknowledged", i)
		}
	}
	if err := d.Write(t.Context(), func(tx *Tx) error { return put(tx, "b") }); err != nil {
		t.Errorf("the next write: %v", err)
	}
	if got := keys(t, d); got != "b" {
		t.Errorf("got rows %q, want b", got)
	}
}

func TestGoexitInsideAWriteDoesNotStopTheWriter(t *testing.T) {
	t.Parallel()
	d, _ := openFile(t, Options{})
	var group sync.WaitGroup
	group.Go(func() {
		_ = d.Write(context.Background(), func(tx *Tx) error {
			_ = put(tx, "a")
			runtime.Goexit()
			return nil
		})
	})
	group.Wait()
	if err := d.Write(t.Context(), func(tx *Tx) error { return put(tx, "b") }); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, d); got != "b" {
		t.Errorf("got rows %q, want b", got)
	}
}

func TestClosedDatabaseSaysSo(t *testing.T) {
	t.Parallel()
	d, _ := openFile(t, Options{})
	for range 2 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Write(t.Context(), func(*Tx) error { return nil }); err == nil {
		t.Error("wrote to a closed database")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := d.Read(ctx, func(*Tx) error { return nil }); !errors.Is(err, errClosed) {
		t.Errorf("read: got %v, want errClosed", err)
	}
}

func TestDialects(t *testing.T) {
	t.Parallel()
	const ddl = `CREATE TABLE "TEXT" (TEXTUAL TEXT DEFAULT 'TEXT', b {{bytes}}); -- TEXT; no
CREATE INDEX i ON x (y) /* ; */ ;`
	list := statements(ddl)
	if len(list) != 2 {
		t.Fatalf("got %d statements: %q", len(list), list)
	}
	for dialect, want := range map[string]string{
		postgresDialect(list[0]): `CREATE TABLE "TEXT" (TEXTUAL TEXT COLLATE "C" DEFAULT 'TEXT', b BYTEA)`,
		sqliteDialect(list[0]):   `CREATE TABLE "TEXT" (TEXTUAL TEXT DEFAULT 'TEXT', b BLOB)`,
	} {
		if dialect != want {
			t.Errorf("got  %s\nwant %s", dialect, want)
		}
	}
}

func TestWriteSoonRunsHooksOnceItIsCommitted(t *testing.T) {
	t.Parallel()
	d, l := openFile(t, Options{})
	seen := make(chan string, 1)
	soon := func(key string) {
		t.Helper()
		err := d.WriteSoon(t.Context(), func(tx *Tx) error {
			tx.OnCommit(func() { seen <- keys(t, d) })
			return put(tx, key)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	soon("a")
	select {
	case got := <-seen:
		if got != "a" {
			t.Errorf("when the hook ran, readers saw %q, want a", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the hook never ran")
	}

	for n := 0; ; n++ {
		soon(strconv.Itoa(n))
		l.writer.mu.Lock()
		if l.writer.batch != nil {
			l.writer.abandon(errors.New("disk full"))
			l.writer.mu.Unlock()
			break
		}
		l.writer.mu.Unlock() // this one was committed meanwhile
		<-seen
	}
	select {
	case <-seen:
		t.Error("a hook ran for a write that was lost")
	case <-time.After(10 * batchTime):
	}
}
