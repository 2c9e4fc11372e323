package db_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// copied is a snapshot in memory.
type copied struct {
	migrations []string
	tables     []db.Table
	chunks     map[string][][]byte
}

func snapshot(t *testing.T, url string) *copied {
	t.Helper()
	c := &copied{chunks: map[string][][]byte{}}
	err := db.ReadSnapshot(t.Context(), url, db.Options{}, func(s *db.Snapshot, _ *db.Tx) error {
		c.migrations, c.tables = s.Migrations, s.Tables
		for _, table := range s.Tables {
			err := s.Rows(&table, func(chunk []byte) error {
				if _, err := table.Count(chunk); err != nil {
					return err
				}
				c.chunks[table.Name] = append(c.chunks[table.Name], bytes.Clone(chunk))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fill loads a snapshot into a new database, and ends it with finish.
func (c *copied) fill(t *testing.T, url string, finish func(l *db.Loading) error) error {
	t.Helper()
	return db.Fill(t.Context(), url, db.Options{Fast: true}, c.migrations, func(l *db.Loading) error {
		for _, table := range c.tables {
			chunks := c.chunks[table.Name]
			err := l.Load(&table, func() ([]byte, error) {
				if len(chunks) == 0 {
					return nil, io.EOF
				}
				chunk := chunks[0]
				chunks = chunks[1:]
				return chunk, nil
			})
			if err != nil {
				return err
			}
		}
		return finish(l)
	})
}

func complete(l *db.Loading) error {
	_, err := l.Complete()
	return err
}

// rows are the rows of all tables as text; the same for both engines.
func (c *copied) rows(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, table := range c.tables {
		for chunk := range slices.Values(c.chunks[table.Name]) {
			for len(chunk) > 0 {
				end := 2
				for range table.Columns {
					size := int32(binary.BigEndian.Uint32(chunk[end:]))
					end += 4 + int(max(0, size))
				}
				all = append(all, fmt.Sprintf("%s %q", table.Name, chunk[:end]))
				chunk = chunk[end:]
			}
		}
	}
	slices.Sort(all) // each engine has an order of its own
	return all
}

// nullable lists the columns that may be NULL, by engine.
var nullable = map[string]string{
	"sqlite": `SELECT t.name || '.' || c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' AND c."notnull" = 0`,
	"postgres": `SELECT CAST(table_name || '.' || column_name AS TEXT) FROM information_schema.columns
		WHERE table_schema = current_schema() AND is_nullable = 'YES'`,
}

// populate puts rows with all kinds of values into every table.
func populate(t *testing.T, url string) {
	t.Helper()
	tables := snapshotOfNew(t, url)
	d := dbtest.Open(t, url, db.Options{})
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		empty, err := db.All(tx, func(s db.Scanner) (name string, err error) { return name, s.Scan(&name) }, nullable[d.Engine()])
		if err != nil {
			return err
		}
		for _, table := range tables {
			for row := range 5 {
				var names, places []string
				var args []any
				for i, c := range table.Columns {
					names, places = append(names, `"`+c.Name+`"`), append(places, fmt.Sprint("$", i+1))
					args = append(args, sample(c.Kind, row))
					if row%2 == 1 && slices.Contains(empty, table.Name+"."+c.Name) {
						args[i] = nil
					}
				}
				_, err := tx.Exec("INSERT INTO "+table.Name+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(places, ", ")+")", args...)
				if err != nil {
					return fmt.Errorf("%s: %w", table.Name, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func snapshotOfNew(t *testing.T, url string) []db.Table {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return snapshot(t, url).tables
}

// sample is a value of a kind, another in each row where it may be part of a key.
func sample(kind db.Kind, row int) any {
	switch kind {
	case db.Text:
		return []string{
			"", "1", "2 zero\u200bwidth\u200d, \U0001D11E, \U0010FFFF, é e\u0301, \uFEFF", "3 '\"\\\t\r\n{}$1?;--", "4 " + strings.Repeat("long ", 30),
		}[row]
	case db.Integer:
		return []int64{0, -1, math.MaxInt64, math.MinInt64, 1_800_000_000_000}[row]
	case db.Boolean:
		return row%2 == 0
	}
	return [][]byte{{}, {0}, []byte("\\x00 \xff\xfe"), bytes.Repeat([]byte{0xff, 0, 0xff, 0xff}, 100_000), []byte("x")}[row]
}

// engines make new databases.
var engines = map[string]func(testing.TB) string{"sqlite": dbtest.EmptySQLite, "postgres": dbtest.EmptyPostgres}

func TestEveryTableIsCopiedFromAndToEitherEngine(t *testing.T) {
	t.Parallel()
	for from, source := range engines {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			url := source(t)
			populate(t, url)
			original := snapshot(t, url)
			if n := len(original.rows(t)); n < 5*54 {
				t.Fatalf("there are only %d rows", n)
			}
			for to, target := range engines {
				copyURL := target(t)
				if err := original.fill(t, copyURL, complete); err != nil {
					t.Errorf("to %s: %v", to, err)
					continue
				}
				if diff := cmp.Diff(original.rows(t), snapshot(t, copyURL).rows(t)); diff != "" {
					t.Errorf("to %s: %s", to, diff[:min(len(diff), 2000)])
				}
				d := dbtest.Open(t, copyURL, db.Options{}) // a server would start on it
				if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec("DELETE FROM lease"); return err }); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestSnapshotIsOfOneMoment(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url, db.Options{})
		put := func(name string) {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec("INSERT INTO lease (name, expires) VALUES ($1, 1)", name)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		put("before")
		err := db.ReadSnapshot(t.Context(), url, db.Options{}, func(s *db.Snapshot, tx *db.Tx) error {
			put("meanwhile")
			var rows int64
			at := slices.IndexFunc(s.Tables, func(t db.Table) bool { return t.Name == "lease" })
			err := s.Rows(&s.Tables[at], func(chunk []byte) error {
				n, err := s.Tables[at].Count(chunk)
				rows += n
				return err
			})
			if rows != 1 {
				t.Errorf("the snapshot has %d rows, want 1", rows)
			}
			if _, err := tx.Exec("DELETE FROM lease"); err == nil {
				t.Error("a snapshot can be written")
			}
			return err
		})
		if err == nil {
			t.Error("the statement's error is forgotten")
		}
	})
}

func TestFillIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		source := dbtest.EmptySQLite(t)
		populate(t, source)
		c := snapshot(t, source)
		boom := errors.New("boom")
		for name, finish := range map[string]func(l *db.Loading) error{
			"an error":          func(*db.Loading) error { return boom },
			"a late error":      func(l *db.Loading) error { return errors.Join(complete(l), boom) },
			"without the end":   func(*db.Loading) error { return nil },
			"a wrong statement": func(l *db.Loading) error { tx, _ := l.Complete(); _, _ = tx.Exec("DELETE FROM absent"); return nil },
		} {
			if err := c.fill(t, url, finish); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if path, is := strings.CutPrefix(url, "sqlite:"); is {
			for _, name := range []string{path, path + ".restoring"} {
				if _, err := os.Stat(name); err == nil {
					t.Errorf("%s was left", name)
				}
			}
		}
		if err := c.fill(t, url, complete); err != nil { // so nothing is there
			t.Fatal(err)
		}
		if err := c.fill(t, url, complete); !errors.Is(err, db.ErrNotEmpty) {
			t.Errorf("a second time: %v, want ErrNotEmpty", err)
		}
	})
}

func TestFillRefusesADatabaseThatAServerHasMade(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		c := snapshot(t, filled(t, dbtest.EmptySQLite(t)))
		dbtest.Open(t, url, db.Options{})
		if err := c.fill(t, url, complete); !errors.Is(err, db.ErrNotEmpty) {
			t.Errorf("got %v, want ErrNotEmpty", err)
		}
	})
}

func filled(t *testing.T, url string) string {
	t.Helper()
	snapshotOfNew(t, url)
	return url
}

func TestFillRefusesWhatIsNotOfItsSchema(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		c := snapshot(t, filled(t, dbtest.EmptySQLite(t)))
		unknown := *c
		unknown.migrations = append(slices.Clone(c.migrations), "9999_later")
		if err := unknown.fill(t, url, complete); !errors.Is(err, db.ErrNewer) {
			t.Errorf("a later migration: %v, want ErrNewer", err)
		}
		for name, table := range map[string]db.Table{
			"no table":       {Name: "absent", Columns: []db.Column{{Name: "a", Kind: db.Text}}},
			"injection":      {Name: `lease" (name) SELECT 'x' --`, Columns: []db.Column{{Name: "name", Kind: db.Text}}},
			"another kind":   {Name: "lease", Columns: []db.Column{{Name: "name", Kind: db.Bytes}, {Name: "expires", Kind: db.Integer}}},
			"fewer columns":  {Name: "lease", Columns: []db.Column{{Name: "name", Kind: db.Text}}},
			"column twice":   {Name: "lease", Columns: []db.Column{{Name: "name", Kind: db.Text}, {Name: "name", Kind: db.Text}}},
			"the migrations": {Name: "migration", Columns: []db.Column{{Name: "name", Kind: db.Text}, {Name: "applied", Kind: db.Integer}}},
		} {
			other := *c
			other.tables = []db.Table{table}
			if err := other.fill(t, url, complete); err == nil {
				t.Fatalf("%s was taken", name)
			}
		}
		other := *c
		other.tables = []db.Table{{Name: "lease", Columns: []db.Column{{Name: "expires", Kind: db.Integer}, {Name: "name", Kind: db.Text}}}}
		other.chunks = map[string][][]byte{"lease": {[]byte("\x00\x02\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x01x")}}
		if err := other.fill(t, url, complete); err != nil {
			t.Errorf("columns in another order: %v", err)
		}
		d := dbtest.Open(t, url, db.Options{})
		if rows := dbtest.Rows(t, d); !slices.ContainsFunc(rows, func(row string) bool { return strings.HasPrefix(row, "lease ") && strings.Contains(row, "7") }) {
			t.Errorf("the row has not arrived: %v", rows)
		}
	})
}

func TestMalformedRowsAreRefused(t *testing.T) {
	t.Parallel()
	table := db.Table{Name: "t", Columns: []db.Column{{Name: "a", Kind: db.Text}, {Name: "b", Kind: db.Boolean}, {Name: "c", Kind: db.Integer}}}
	good := []byte("\x00\x03\x00\x00\x00\x01x\x00\x00\x00\x01\x01\xff\xff\xff\xff")
	if n, err := table.Count(append(bytes.Clone(good), good...)); n != 2 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	for n := 1; n < len(good); n++ {
		if _, err := table.Count(good[:n]); err == nil {
			t.Errorf("cut to %d bytes it was taken", n)
		}
	}
	for name, bad := range map[string]string{
		"another number of columns": "\x00\x02\x00\x00\x00\x01x\x00\x00\x00\x01\x01",
		"no UTF-8":                  "\x00\x03\x00\x00\x00\x01\xff\x00\x00\x00\x01\x01\xff\xff\xff\xff",
		"no boolean":                "\x00\x03\x00\x00\x00\x01x\x00\x00\x00\x01\x02\xff\xff\xff\xff",
		"a short integer":           "\x00\x03\x00\x00\x00\x01x\x00\x00\x00\x01\x01\x00\x00\x00\x01\x00",
		"a negative length":         "\x00\x03\xff\xff\xff\xfex",
	} {
		if _, err := table.Count([]byte(bad)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func FuzzRows(f *testing.F) {
	table := db.Table{Name: "t", Columns: []db.Column{{Name: "a", Kind: db.Text}, {Name: "b", Kind: db.Bytes}}}
	f.Add([]byte("\x00\x02\x00\x00\x00\x01x\xff\xff\xff\xff"))
	f.Fuzz(func(_ *testing.T, chunk []byte) { _, _ = table.Count(chunk) })
}
