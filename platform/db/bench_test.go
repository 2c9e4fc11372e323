package db

import (
	"errors"
	"strconv"
	"testing"
	"testing/fstest"
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

// mixedSchema is a row like those of records: text, named text, numbers, booleans, a column that may be NULL, and bytes.
var mixedSchema = fstest.MapFS{"1.sql": {Data: []byte(`
	CREATE TABLE mixed (
		pool_id TEXT, key TEXT, n BIGINT, flag BOOLEAN, note TEXT, kind TEXT, title TEXT, version BIGINT, created BIGINT,
		data BLOB,
		PRIMARY KEY (pool_id, key)
	) WITHOUT ROWID;`)}}

type label string

type mixed struct {
	pool, kind          label
	key, title          string
	n, version, created int64
	flag                bool
	note                *string
	data                []byte
}

func (m *mixed) insert(tx *Tx) error {
	_, err := tx.Exec(`
		INSERT INTO mixed (pool_id, key, n, flag, note, kind, title, version, created, data)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		m.pool, m.key, m.n, m.flag, m.note, m.kind, m.title, m.version, m.created, m.data)
	return err
}

func scanFive(s Scanner) (m mixed, err error) {
	return m, s.Scan(&m.pool, &m.key, &m.n, &m.flag, &m.note)
}

func scanTen(s Scanner) (m mixed, err error) {
	return m, s.Scan(&m.pool, &m.key, &m.n, &m.flag, &m.note, &m.kind, &m.title, &m.version, &m.created, &m.data)
}

func filledMixed(b *testing.B) *DB {
	d, _ := openFile(b, Options{Migrations: mixedSchema})
	note := "a note"
	m := mixed{pool: "eu-central-1_abcdefghi", kind: "CONFIRMED", title: "a title of some length, so that it is text",
		n: 1 << 40, version: 3, created: 1 << 41, flag: true, note: &note, data: make([]byte, 200)}
	err := d.Write(b.Context(), func(tx *Tx) error {
		for i := range 10_000 {
			if m.key = strconv.Itoa(i); i%2 == 0 {
				m.note = nil
			}
			if err := m.insert(tx); err != nil {
				return err
			}
			m.note = &note
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func BenchmarkFiveColumns(b *testing.B) {
	benchmarkOne(b, scanFive, `SELECT pool_id, key, n, flag, note FROM mixed WHERE pool_id = $1 AND key = $2`)
}

func BenchmarkTenColumns(b *testing.B) {
	benchmarkOne(b, scanTen, `
		SELECT pool_id, key, n, flag, note, kind, title, version, created, data
		FROM mixed
		WHERE pool_id = $1 AND key = $2`)
}

func benchmarkOne(b *testing.B, scan func(Scanner) (mixed, error), query string) {
	d := filledMixed(b)
	b.ReportAllocs()
	err := d.Read(b.Context(), func(tx *Tx) error {
		for b.Loop() {
			if _, err := One(tx, scan, query, label("eu-central-1_abcdefghi"), "4711"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkInsert(b *testing.B) {
	d := filledMixed(b)
	b.ReportAllocs()
	done := errors.New("done") // nothing is written
	err := d.Write(b.Context(), func(tx *Tx) error {
		m := mixed{pool: "q", kind: "CONFIRMED", title: "a title", data: make([]byte, 200)}
		for b.Loop() {
			m.n++
			m.key = strconv.FormatInt(m.n, 10)
			if err := m.insert(tx); err != nil {
				return err
			}
		}
		return done
	})
	if !errors.Is(err, done) {
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
