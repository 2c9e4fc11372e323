package db_test

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"cardea/platform/db"
)

// What may be used once is used by one of many who come at once, in writes that SQLite commits together, and of the others
// nothing is left.
func TestLaterOneGivesWhatIsThereOnceToOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		for round := range 5 {
			key := strconv.Itoa(round)
			var won, told atomic.Int64
			var all sync.WaitGroup
			for serial := range 12 {
				all.Go(func() {
					err := d.Write(t.Context(), func(tx *db.Tx) error {
						tx.OnCommit(func() { told.Add(1) })
						tx.Later(insertThing, key+"/by/"+strconv.Itoa(serial), 1)
						tx.LaterOne(errMissing, `INSERT INTO thing (pool_id, key) VALUES ('p', $1) ON CONFLICT DO NOTHING`, key)
						if serial%2 == 0 { // half of them learn it before COMMIT, and overlook it
							_, _ = db.One(tx, scanInt, readThing, key)
						}
						return nil
					})
					switch {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, errMissing):
						t.Error(err)
					}
				})
			}
			all.Wait()
			if won.Load() != 1 || told.Load() != 1 {
				t.Errorf("%d of 12 succeeded, %d were told so, want one", won.Load(), told.Load())
			}
			if n := count(t, d); n != int64(2*(round+1)) {
				t.Errorf("%d rows after round %d, want two of each", n, round)
			}
		}
	})
}
