package transient

import (
	"slices"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

func TestEveryTableHasAClass(t *testing.T) {
	t.Parallel()
	url := dbtest.SQLite(t)
	dbtest.Open(t, url, db.Options{})
	err := db.ReadSnapshot(t.Context(), url, db.Options{}, func(s *db.Snapshot, _ *db.Tx) error {
		named := slices.Clone(lasting)
		for _, names := range tables {
			named = append(named, names...)
		}
		slices.Sort(named)
		if unique := slices.Compact(slices.Clone(named)); len(unique) != len(named) {
			t.Error("a table has two classes")
		}
		for _, table := range s.Tables {
			if _, known := Of(&table); !known {
				t.Errorf("what does a restore do with table %s?", table.Name)
			}
			named = slices.DeleteFunc(named, func(name string) bool { return name == table.Name })
		}
		for _, name := range named {
			t.Errorf("there is no table %s", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
