package db

import (
	"strconv"
	"testing"
)

func filled(b *testing.B) *DB {
	d, _ := openFile(b, Options{})
	err := d.Write(b.Context(), func(tx *Tx) error {
		for i := range 10_000 {
			if err := put(tx, strconv.Itoa(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func BenchmarkEmptyRead(b *testing.B) {
	d := filled(b)
	for b.Loop() {
		if err := d.Read(b.Context(), func(*Tx) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func point(tx *Tx) error {
	_, err := One(tx, func(s Scanner) (n int64, err error) { var k string; return n, s.Scan(&k, &n) },
		`SELECT key, n FROM thing WHERE pool_id = $1 AND key = $2`, "p", "4711")
	return err
}

func BenchmarkPointQuery(b *testing.B) {
	d := filled(b)
	err := d.Read(b.Context(), func(tx *Tx) error {
		for b.Loop() {
			if err := point(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkReadPoint(b *testing.B) {
	d := filled(b)
	for b.Loop() {
		if err := d.Read(b.Context(), point); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMemo(b *testing.B) {
	d := filled(b)
	_ = d.Read(b.Context(), func(tx *Tx) error {
		for b.Loop() {
			_, _ = Memo(tx, "k", 1, func() (int, error) { return 1, nil })
		}
		return nil
	})
}

func BenchmarkDurableWrite(b *testing.B) {
	d := filled(b)
	for b.Loop() {
		err := d.Write(b.Context(), func(tx *Tx) error {
			_, err := tx.Exec(`UPDATE thing SET n = n + 1 WHERE pool_id = 'p' AND key = '1'`)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParallelDurableWrite(b *testing.B) {
	d := filled(b)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := d.Write(b.Context(), func(tx *Tx) error {
				_, err := tx.Exec(`UPDATE thing SET n = n + 1 WHERE pool_id = 'p' AND key = '1'`)
				return err
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}
