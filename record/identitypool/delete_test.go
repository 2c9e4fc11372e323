package identitypool

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
		WHERE m.type = 'table' AND c.name = 'identity_pool_id'`,
	"postgres": `
		SELECT table_name::text
		FROM information_schema.columns
		WHERE table_schema = current_schema() AND column_name = 'identity_pool_id'`,
}

func TestDeleteKnowsEveryTableThatHasIdentityPools(t *testing.T) {
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
		slices.Sort(schema)
		if want := slices.Sorted(slices.Values(tables)); !slices.Equal(schema, want) {
			t.Errorf("the schema has %v, Delete knows %v", schema, want)
		}
	})
}
