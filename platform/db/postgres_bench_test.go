//go:build unix

package db_test

import (
	"syscall"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// BenchmarkPostgres is the cost of small transactions on PostgreSQL, in time and in processor time of this program.
func BenchmarkPostgres(b *testing.B) {
	d, err := db.Open(b.Context(), dbtest.EmptyPostgres(b), db.Options{Migrations: schema})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Write(b.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) }); err != nil {
		b.Fatal(err)
	}
	for name, run := range map[string]func() error{
		"read of 1": func() error { return d.Read(b.Context(), func(tx *db.Tx) error { return points(tx, 1) }) },
		"read of 4": func() error { return d.Read(b.Context(), func(tx *db.Tx) error { return points(tx, 4) }) },
		"write": func() error {
			return d.Write(b.Context(), func(tx *db.Tx) error {
				if err := points(tx, 2); err != nil {
					return err
				}
				_, err := tx.Exec(`UPDATE thing SET n = n + $1 WHERE pool_id = $2 AND key = $3`, 1, "p", "a")
				return err
			})
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := processor(b)
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processor(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

func points(tx *db.Tx, n int) error {
	for range n {
		if _, err := db.One(tx, scanThing, `SELECT pool_id, key, n, flag, note, data FROM thing WHERE pool_id = $1 AND key = $2`, "p", "a"); err != nil {
			return err
		}
	}
	return nil
}

type thing struct {
	pool, key string
	n         int64
	flag      bool
	note      *string
	data      []byte
}

func scanThing(s db.Scanner) (t thing, err error) {
	return t, s.Scan(&t.pool, &t.key, &t.n, &t.flag, &t.note, &t.data)
}

// processor is the processor time that this program has used.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
