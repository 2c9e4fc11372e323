package dbtest

import (
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"cardea/platform/db"
)

// Table is the rows of a table, for databases that are kept from one version of the schema to the next. A value is a string, an
// integer, a boolean, or of bytes {"hex": "…"}.
type Table struct {
	Name    string
	Columns []string
	Rows    [][]any
}

// Through gives the migrations in a folder up to one.
func Through(t testing.TB, folder, last string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range Migrations(t, folder) {
		if name > last {
			break
		}
		text, err := os.ReadFile(folder + "/" + name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		files[name+".sql"] = &fstest.MapFile{Data: text}
	}
	return files
}

// Migrations names the migrations in a folder, the oldest first.
func Migrations(t testing.TB, folder string) (names []string) {
	t.Helper()
	files, err := fs.Glob(os.DirFS(folder), "*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations in %s: %v", folder, err)
	}
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file, ".sql"))
	}
	return names
}

// shape is the columns of all tables, each with whether it is a boolean or bytes.
type shape map[string][]column

type column struct{ name, kind string }

// shapeOf lists the tables of a SQLite database but those of the migrations' runner.
func shapeOf(t testing.TB, d *db.DB) shape {
	t.Helper()
	tables := shape{}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		clear(tables)
		_, err := db.All(tx, func(s db.Scanner) (none struct{}, err error) {
			var table string
			var c column
			err = s.Scan(&table, &c.name, &c.kind)
			if !strings.HasPrefix(table, "migration") && !strings.HasPrefix(table, "sqlite_") {
				tables[table] = append(tables[table], c)
			}
			return none, err
		}, "SELECT t.name, c.name, c.type FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// Dump reads all rows of a SQLite database, as far as the schema of another has their columns. Tables without rows get one that says
// nothing, but those that are left out.
func Dump(t testing.TB, d, schema *db.DB, without ...string) (all []Table) {
	t.Helper()
	tables := shapeOf(t, schema)
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		table := Table{Name: name}
		var quoted []string
		for _, c := range tables[name] {
			table.Columns = append(table.Columns, c.name)
			quoted = append(quoted, "quote("+c.name+")")
		}
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			table.Rows, err = db.All(tx, func(s db.Scanner) ([]any, error) { return scanQuoted(s, tables[name]) },
				"SELECT "+strings.Join(quoted, ", ")+" FROM "+name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Rows) == 0 && !slices.Contains(without, name) {
			table.Rows = [][]any{filler(tables[name])}
		}
		all = append(all, table)
	}
	return all
}

func scanQuoted(s db.Scanner, columns []column) ([]any, error) {
	texts, into := make([]string, len(columns)), make([]any, len(columns))
	for i := range texts {
		into[i] = &texts[i]
	}
	if err := s.Scan(into...); err != nil {
		return nil, err
	}
	row := make([]any, len(columns))
	for i, text := range texts {
		switch {
		case text == "NULL":
			row[i] = nil
		case strings.HasPrefix(text, "X'"):
			row[i] = map[string]any{"hex": strings.ToLower(text[2 : len(text)-1])}
		case strings.HasPrefix(text, "'"):
			row[i] = strings.ReplaceAll(text[1:len(text)-1], "''", "'")
		case columns[i].kind == "BOOLEAN":
			row[i] = text == "1"
		default:
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, err
			}
			row[i] = float64(n)
		}
	}
	return row, nil
}

// filler is a row of a pool that does not exist.
func filler(columns []column) (row []any) {
	for _, c := range columns {
		switch {
		case c.kind == "BOOLEAN":
			row = append(row, false)
		case c.kind == "BIGINT":
			row = append(row, float64(1))
		case c.kind == "BLOB":
			row = append(row, map[string]any{"hex": "01"})
		default:
			row = append(row, "kept")
		}
	}
	return row
}

// Fill makes a database with a schema and rows.
func Fill(t testing.TB, url string, schema fs.FS, tables []Table) {
	t.Helper()
	d, err := db.Open(context.WithoutCancel(t.Context()), url, db.Options{Migrations: schema, Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }() // what it has stored is read
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		for _, table := range tables {
			var places []string
			for i := range table.Columns {
				places = append(places, "$"+strconv.Itoa(i+1))
			}
			for _, row := range table.Rows {
				statement := "INSERT INTO " + table.Name + " (" + strings.Join(table.Columns, ", ") + ") VALUES (" + strings.Join(places, ", ") + ")"
				if _, err := tx.Exec(statement, args(t, row)...); err != nil {
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

// Holds fails the test for rows that a database does not have.
func Holds(t testing.TB, d *db.DB, tables []Table) {
	t.Helper()
	for _, table := range tables {
		var terms []string
		for i, name := range table.Columns {
			terms = append(terms, name+" IS NOT DISTINCT FROM $"+strconv.Itoa(i+1))
		}
		for _, row := range table.Rows {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := db.One(tx, func(s db.Scanner) (n int64, err error) { return n, s.Scan(&n) },
					"SELECT 1 FROM "+table.Name+" WHERE "+strings.Join(terms, " AND "), args(t, row)...)
				return err
			})
			if err != nil {
				t.Errorf("a row of %s: %v", table.Name, err)
			}
		}
	}
}

// args are values of a row as statements take them.
func args(t testing.TB, row []any) (all []any) {
	t.Helper()
	for _, value := range row {
		switch v := value.(type) {
		case float64:
			value = int64(v)
		case map[string]any:
			text, _ := v["hex"].(string)
			bytes, err := hex.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			value = append([]byte{}, bytes...)
		}
		all = append(all, value)
	}
	return all
}
