package dbtest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"cardea/platform/db"
)

// Rows are all rows of all tables as text, in an order that does not depend on when they were written: two of the same
// database are equal if nothing has changed between them.
func Rows(t testing.TB, d *db.DB) []string {
	t.Helper()
	var all []string
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		columns, err := db.All(tx, scanPair, columnsOf[d.Engine()])
		if err != nil {
			return err
		}
		tables := map[string][]string{}
		for _, c := range columns {
			tables[c[0]] = append(tables[c[0]], c[1])
		}
		for _, table := range slices.Sorted(maps.Keys(tables)) {
			row := "CAST(" + table + " AS TEXT)"
			if d.Engine() == "sqlite" {
				row = "quote(" + strings.Join(tables[table], ") || ',' || quote(") + ")"
			}
			rows, err := db.All(tx, scanPair, "SELECT '"+table+"', "+row+" FROM "+table)
			if err != nil {
				return err
			}
			for _, r := range rows {
				all = append(all, r[0]+" "+r[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func scanPair(s db.Scanner) (pair [2]string, err error) { return pair, s.Scan(&pair[0], &pair[1]) }

// columnsOf lists tables and columns, by engine.
var columnsOf = map[string]string{
	"sqlite": "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'",
	"postgres": "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns" +
		" WHERE table_schema = current_schema()",
}
