package db_test

import (
	"errors"
	"fmt"
	"testing"

	"cardea/platform/db"
)

func TestMemoLoadsEachVersionOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		loads := 0
		get := func(version int64) {
			t.Helper()
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				got, err := db.Memo(tx, "k", version, func() (string, error) {
					loads++
					return fmt.Sprint("v", version), nil
				})
				if want := fmt.Sprint("v", version); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		get(1)
		get(1)
		get(2)
		get(2)
		get(1) // an older snapshot does not displace the newer document
		get(2)
		if loads != 3 {
			t.Errorf("got %d loads, want 3", loads)
		}
	})
}

func TestMemoNeverServesWhatWasRolledBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		get := func(tx *db.Tx) (string, error) {
			n, err := db.One(tx, scanInt, `SELECT n FROM thing WHERE pool_id = 'p' AND key = 'a'`)
			if err != nil {
				return "", err
			}
			return db.Memo(tx, "thing/a", n, func() (string, error) {
				return db.One(tx, scanText, `SELECT note FROM thing WHERE pool_id = 'p' AND key = 'a'`)
			})
		}
		set := func(note string, outcome error) {
			_ = d.Write(t.Context(), func(tx *db.Tx) error {
				if _, err := tx.Exec(`UPDATE thing SET n = n + 1, note = $1`, note); err != nil {
					return err
				}
				if got, err := get(tx); got != note || err != nil {
					t.Errorf("a write sees %q, %v, want its own %q", got, err, note)
				}
				return outcome
			})
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) }); err != nil {
			t.Fatal(err)
		}
		set("rolled back", errors.New("no"))
		set("kept", nil)
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			got, err := get(tx)
			if got != "kept" {
				t.Errorf("got %q, want kept", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestMemoDoesNotKeepErrors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		for _, want := range []error{errors.New("no"), nil} {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := db.Memo(tx, "k", 1, func() (int, error) { return 0, want })
				return err
			})
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		}
	})
}

func TestRecallFindsOnlyWhatAReadRemembered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		if _, ok := db.Recall[string](d, "doc", 1); ok {
			t.Error("recalled what was never remembered")
		}
		load := func() (string, error) { return "text", nil }
		remember := func(tx *db.Tx) error {
			_, err := db.Memo(tx, "doc", 1, load)
			return err
		}
		if err := d.Write(t.Context(), remember); err != nil {
			t.Fatal(err)
		}
		if _, ok := db.Recall[string](d, "doc", 1); ok {
			t.Error("recalled what only a write transaction has seen")
		}
		if err := d.Read(t.Context(), remember); err != nil {
			t.Fatal(err)
		}
		if got, ok := db.Recall[string](d, "doc", 1); !ok || got != "text" {
			t.Errorf("got %q, %v, want the remembered text", got, ok)
		}
		if _, ok := db.Recall[string](d, "doc", 2); ok {
			t.Error("recalled another version")
		}
	})
}
