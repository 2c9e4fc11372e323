package pool

import (
	"slices"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// tablesOfPools asks the engine's own catalogue.
var tablesOfPools = map[string]string{
	"sqlite": `
		SELECT m.name
		FROM sqlite_master AS m, pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND c.name = 'pool_id'`,
	"postgres": `
		SELECT table_name::text
		FROM information_schema.columns
		WHERE table_schema = current_schema() AND column_name = 'pool_id'`,
}

func TestDeleteKnowsEveryTableThatHasPools(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var schema []string
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			schema, err = db.All(tx, func(row db.Scanner) (name string, err error) {
				err = row.Scan(&name)
				return name, err
			}, tablesOfPools[d.Engine()])
			return err
		})
		if err != nil {
			t.Fatal(err)
		}

		if len(schema) < 4 {
			t.Fatalf("the catalogue shows only %v", schema)
		}
		for _, table := range schema {
			if !slices.Contains(tables, table) {
				t.Errorf("table %s has a pool_id, and Delete leaves its rows behind", table)
			}
		}
		for _, table := range tables {
			if !slices.Contains(schema, table) {
				t.Errorf("Delete names a table %s that the schema does not have", table)
			}
		}
	})
}

func TestDeleteLeavesOtherPoolsAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for _, p := range []*Pool{{ID: "us-east-1_gone00000"}, {ID: "us-east-1_stays0000"}} {
				if err := Insert(tx, p); err != nil {
					return err
				}
			}
			if err := Delete(tx, "us-east-1_gone00000"); err != nil {
				return err
			}
			left, err := List(tx, "us-east-1", "", 10)
			if err == nil && (len(left) != 1 || left[0].ID != "us-east-1_stays0000") {
				t.Errorf("left: %v", left)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
