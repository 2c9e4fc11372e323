package lease_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/lease"
)

func TestTheLatestSuccessOfAJobIsKept(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, runs := range []map[string]time.Time{
			{"sweep": noon, "prune": noon},
			{"sweep": noon.Add(time.Minute), "prune": noon.Add(-time.Minute)}, // the latter from a node whose report is late
		} {
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return lease.Succeeded(tx, runs) }); err != nil {
				t.Fatal(err)
			}
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			got, err := lease.Runs(tx)
			if diff := cmp.Diff(map[string]time.Time{"sweep": noon.Add(time.Minute), "prune": noon}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
