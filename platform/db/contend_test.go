package db_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// BenchmarkDifferentRows is the cost of concurrent writes to different rows on PostgreSQL, where SERIALIZABLE may find
// conflicts between rows of one page.
func BenchmarkDifferentRows(b *testing.B) {
	for _, rows := range []int{20, 2000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			var retries, serial atomic.Int64
			opts := db.Options{Migrations: schema, Observe: func(_ context.Context, t db.Transaction) { retries.Add(int64(t.Retries)) }}
			d, err := db.Open(b.Context(), dbtest.EmptyPostgres(b), opts)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			err = d.Write(b.Context(), func(tx *db.Tx) error {
				for i := range rows {
					if err := insert(tx, strconv.Itoa(i), 0); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			retries.Store(0)

			b.SetParallelism(8)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				key := strconv.FormatInt(serial.Add(1), 10)
				for pb.Next() {
					err := d.Write(b.Context(), func(tx *db.Tx) error {
						_, err := db.One(tx, scanInt, `SELECT n FROM thing WHERE pool_id = 'p' AND key = $1`, key)
						if err != nil {
							return err
						}
						_, err = tx.Exec(`UPDATE thing SET n = n + 1 WHERE pool_id = 'p' AND key = $1`, key)
						return err
					})
					if err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(retries.Load())/float64(b.N), "retries/op")
		})
	}
}
