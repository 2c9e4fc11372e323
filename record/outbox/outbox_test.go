package outbox_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/outbox"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func row(n int) *outbox.Row {
	at := noon.Add(time.Duration(n) * time.Second)
	return &outbox.Row{
		Pool: pool, ID: fmt.Sprintf("%03d", n), Medium: "EMAIL", Recipient: fmt.Sprint("r", n%2), Content: []byte{byte(n)}, Written: at, Due: at,
		Expires: at.Add(time.Hour),
	}
}

func fill(t *testing.T, d *db.DB, n int) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		for i := range n {
			if err := outbox.Insert(tx, row(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, d *db.DB, query func(tx *db.Tx) ([]*outbox.Row, error)) (ids []string) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		rows, err := query(tx)
		ids = nil
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func clock(at time.Time) db.Options { return db.Options{Now: func() time.Time { return at }} }

func TestNewestListsTheLatestFirstWithoutDecoys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fill(t, d, 5)
		write(t, d, func(tx *db.Tx) error {
			decoy := row(9)
			decoy.Medium = ""
			return outbox.Insert(tx, decoy)
		})
		for recipient, want := range map[string][]string{"": {"004", "003", "002"}, "r0": {"004", "002", "000"}, "unknown": nil} {
			got := list(t, d, func(tx *db.Tx) ([]*outbox.Row, error) { return outbox.Newest(tx, recipient, 3) })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("to %q (-want +got):\n%s", recipient, diff)
			}
		}
	})
}

func TestRowsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	dbtest.EachWith(t, clock(noon.Add(time.Hour)), func(t *testing.T, d *db.DB) {
		fill(t, d, 1)
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			rows, err := outbox.Due(tx, 0, 10)
			if err != nil {
				return err
			}
			one, err := outbox.Get(tx, pool, "000")
			if diff := cmp.Diff([]*outbox.Row{row(0), row(0)}, append(rows, one)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, err := outbox.Get(tx, "us-east-1_other0000", "000"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("in another pool: got %v, want db.ErrNotFound", err)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestOnlyOneNodeClaimsAMessage(t *testing.T) {
	t.Parallel()
	dbtest.EachWith(t, clock(noon.Add(time.Second)), func(t *testing.T, d *db.DB) {
		fill(t, d, 3)
		due := func() []string {
			return list(t, d, func(tx *db.Tx) ([]*outbox.Row, error) { return outbox.Due(tx, 0, 10) })
		}
		if diff := cmp.Diff([]string{"000", "001"}, due()); diff != "" {
			t.Errorf("due (-want +got):\n%s", diff)
		}

		write(t, d, func(tx *db.Tx) error { return outbox.Claim(tx, row(0), noon.Add(time.Minute), "one") })
		err := d.Write(t.Context(), func(tx *db.Tx) error { return outbox.Claim(tx, row(0), noon.Add(time.Minute), "two") })
		if !errors.Is(err, db.ErrStale) {
			t.Errorf("second claim: got %v, want db.ErrStale", err)
		}
		if diff := cmp.Diff([]string{"001"}, due()); diff != "" {
			t.Errorf("due after the claim (-want +got):\n%s", diff)
		}

		claimed := row(0)
		claimed.Due = noon.Add(time.Minute)
		write(t, d, func(tx *db.Tx) error { return outbox.Postpone(tx, claimed, noon) })
		if diff := cmp.Diff([]string{"000", "001"}, due()); diff != "" {
			t.Errorf("due after it was given back (-want +got):\n%s", diff)
		}
	})
}

func TestQueuesAreReadApart(t *testing.T) {
	t.Parallel()
	dbtest.EachWith(t, clock(noon.Add(time.Hour)), func(t *testing.T, d *db.DB) {
		fill(t, d, 2)
		write(t, d, func(tx *db.Tx) error {
			other := row(2)
			other.Queue = 1
			return outbox.Insert(tx, other)
		})
		for queue, want := range map[int64][]string{0: {"000", "001"}, 1: {"002"}, 2: nil} {
			got := list(t, d, func(tx *db.Tx) ([]*outbox.Row, error) { return outbox.Due(tx, queue, 10) })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("queue %d (-want +got):\n%s", queue, diff)
			}
		}
	})
}

func TestPruneRemovesWhatIsOldOrTooMuchOrADecoy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before time.Time
		keep   int
		left   []string
	}{
		"nothing but the decoy": {noon, 100, []string{"005", "004", "003", "002", "001", "000"}},
		"by age":                {noon.Add(2 * time.Second), 100, []string{"005", "004", "003", "002"}},
		"by number":             {noon, 4, []string{"005", "004", "003"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				fill(t, d, 6)
				write(t, d, func(tx *db.Tx) error {
					decoy := row(7)
					decoy.Medium = ""
					return outbox.Insert(tx, decoy)
				})
				write(t, d, func(tx *db.Tx) error {
					n, err := outbox.Prune(tx, c.before, c.keep, 100)
					if want := 7 - len(c.left); n != want {
						t.Errorf("removed %d rows, want %d", n, want)
					}
					return err
				})
				left := list(t, d, func(tx *db.Tx) ([]*outbox.Row, error) { return outbox.Newest(tx, "", 100) })
				if diff := cmp.Diff(c.left, left); diff != "" {
					t.Errorf("left (-want +got):\n%s", diff)
				}
			})
		})
	}
}
