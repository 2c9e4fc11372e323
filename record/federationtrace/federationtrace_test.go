package federationtrace_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/federationtrace"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func each(t *testing.T, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Parallel()
	dbtest.EachWith(t, db.Options{Now: func() time.Time { return noon }}, body)
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// of is a trace of a pool that began so many minutes before noon; those of Corp have failed.
func of(pool id.Pool, name, provider string, minutes int) *federationtrace.Trace {
	began := noon.Add(-time.Duration(minutes) * time.Minute)
	return &federationtrace.Trace{
		Pool: pool, ID: name, Provider: provider, Failed: provider == "Corp", Began: began, Expires: began.Add(time.Hour), Doc: `{"n":"` + name + `"}`,
	}
}

func names(t *testing.T, d *db.DB, q federationtrace.Query) string {
	t.Helper()
	var list []string
	write(t, d, func(tx *db.Tx) error {
		list = nil
		found, err := federationtrace.List(tx, q)
		for _, f := range found {
			list = append(list, f.ID)
		}
		return err
	})
	return strings.Join(list, " ")
}

func TestTracesAreListedTheNewestFirst(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for _, row := range []*federationtrace.Trace{
				of(pool, "a", "Corp", 3), of(pool, "b", "Google", 2), of(pool, "c", "Corp", 2), of(pool, "d", "Google", 1),
				of(pool, "expired", "Corp", 60), of("us-east-1_other0000", "e", "Corp", 0), of(pool, "d", "Again", 0),
			} {
				if err := federationtrace.Insert(tx, row); err != nil {
					return err
				}
			}
			got, err := federationtrace.List(tx, federationtrace.Query{Pool: pool, ID: "c", Limit: 2})
			if diff := cmp.Diff([]*federationtrace.Trace{of(pool, "c", "Corp", 2)}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
		for _, c := range []struct {
			q    federationtrace.Query
			want string
		}{
			{federationtrace.Query{Limit: 9}, "d c b a"},
			{federationtrace.Query{Limit: 2}, "d c"},
			{federationtrace.Query{Limit: 9, Before: noon.Add(-2 * time.Minute), Than: "c"}, "b a"},
			{federationtrace.Query{Limit: 9, Provider: "Google"}, "d b"},
			{federationtrace.Query{Limit: 9, Failed: true}, "c a"},
			{federationtrace.Query{Limit: 9, ID: "e"}, ""},
		} {
			c.q.Pool = pool
			if got := names(t, d, c.q); got != c.want {
				t.Errorf("%+v: got %q; want %q", c.q, got, c.want)
			}
		}
	})
}

func TestAPoolKeepsItsNewestTracesOfEachKind(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for n := range 5 {
				for _, provider := range []string{"Corp", "Google"} {
					for _, p := range []id.Pool{pool, "us-east-1_other0000"} {
						if err := federationtrace.Insert(tx, of(p, fmt.Sprint(provider, n), provider, n)); err != nil {
							return err
						}
					}
				}
			}
			return federationtrace.Trim(tx, pool, true, 2)
		})
		for _, c := range []struct {
			pool id.Pool
			want string
		}{
			{pool, "Google0 Corp0 Google1 Corp1 Google2 Google3 Google4"},
			{"us-east-1_other0000", "Google0 Corp0 Google1 Corp1 Google2 Corp2 Google3 Corp3 Google4 Corp4"},
		} {
			if got := names(t, d, federationtrace.Query{Pool: c.pool, Limit: 99}); got != c.want {
				t.Errorf("%s: got %q; want %q", c.pool, got, c.want)
			}
		}
	})
}
