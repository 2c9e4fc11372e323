package user

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/spec/id"
)

const testPool = id.Pool("us-east-1_AbCdEf123")

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func sample(username string) *User {
	now := time.Date(2026, 11, 20, 12, 0, 0, 123e6, time.UTC)
	return &User{
		Pool: testPool, Sub: id.NewSub(), Username: username, Registered: "email", Status: "CONFIRMED", Enabled: true,
		Created: now, Modified: now.Add(time.Second), Attributes: map[string]string{"email": "a@b.example", "name": "nul \x00 and \"quotes\""},
		Pending: map[string]string{"email": "c@d.example"}, Password: []byte{1, 0, 255}, PasswordSet: now,
		History: [][]byte{{2}, {3}}, SignedOut: now.Add(-time.Hour),
		MFA: MFA{SMS: true, Software: true, Preferred: "SMS_MFA"},
	}
}

func TestUserIsReadAsStored(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		full := sample("alice")
		bare := &User{Pool: testPool, Sub: id.NewSub(), Username: "bob", Status: "UNCONFIRMED", Attributes: map[string]string{}, Pending: map[string]string{}}
		write(t, d, func(tx *db.Tx) error { return errors.Join(Insert(tx, full), Insert(tx, bare)) })

		for _, want := range []*User{full, bare} {
			var got *User
			err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
				got, err = Get(tx, testPool, want.Sub)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", want.Username, diff)
			}
		}
	})
}

func TestRowsAreInsertedOnceAndUpdatedAsTheyWereRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u := sample("alice")
		write(t, d, func(tx *db.Tx) error { return Insert(tx, u) })
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return Insert(tx, u.Clone()) }); !errors.Is(err, errSubExists) {
			t.Errorf("insert twice: %v, want errSubExists", err)
		}
		stale := u.Clone()

		u.Status = "RESET_REQUIRED"
		write(t, d, func(tx *db.Tx) error { return Update(tx, u) })
		if u.Version != 2 {
			t.Errorf("version after update = %d, want 2", u.Version)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return Update(tx, stale) }); !errors.Is(err, db.ErrStale) {
			t.Errorf("stale update: %v, want ErrStale", err)
		}
	})
}

func TestNameHasOneOwnerWhateverItsKind(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		alice, bob := sample("alice"), sample("bob")
		write(t, d, func(tx *db.Tx) error {
			_, err := Claim(tx, testPool, alice.Sub, []Name{{NameUsername, "alice"}, {NameEmail, "a@b.example"}})
			return errors.Join(Insert(tx, alice), Insert(tx, bob), err)
		})

		write(t, d, func(tx *db.Tx) error {
			taken, err := Claim(tx, testPool, bob.Sub, []Name{{NameUsername, "bob"}, {NamePreferredUsername, "alice"}})
			if !errors.Is(err, db.ErrExists) {
				t.Errorf("claim of a taken name: %v, want ErrExists", err)
			}
			want := []Owner{{Name{NameUsername, "alice"}, alice.Sub}}
			if diff := cmp.Diff(want, taken); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
			return nil // a refused claim leaves nothing behind, even if the transaction goes on
		})
		write(t, d, func(tx *db.Tx) error {
			if _, err := ByName(tx, testPool, "bob"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("bob after a refused claim: %v, want ErrNotFound", err)
			}
			got, err := ByName(tx, testPool, "a@b.example")
			if err != nil || got.Sub != alice.Sub {
				t.Errorf("ByName(a@b.example) = %v, %v", got, err)
			}
			Release(tx, testPool, bob.Sub, []Name{{NameUsername, "alice"}})
			return nil
		})
		write(t, d, func(tx *db.Tx) error {
			_, err := ByName(tx, testPool, "alice") // not bob's to release
			return err
		})
	})
}

func TestNameKeyKeepsLongNamesApartAndShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 1024)
	for _, name := range []string{long + "a", long + "b", "a\x00b"} {
		if key := NameKey(name); len(key) > 600 || strings.Contains(key, "\x00") {
			t.Errorf("NameKey of %d bytes has %d", len(name), len(key))
		}
	}
	if NameKey(long+"a") == NameKey(long+"b") {
		t.Error("two long names share a key")
	}
	if NameKey(NameKey(long)) == NameKey(long) {
		t.Error("a name can be made that has another's key")
	}
}

func TestSearchPagesInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var all []string
		write(t, d, func(tx *db.Tx) error {
			for i := range 25 {
				u := sample(fmt.Sprint("user", i))
				key := fmt.Sprintf("team-%d", i%3)
				all = append(all, key+"/"+string(u.Sub))
				Index(tx, testPool, u.Sub, []Term{{"custom:team", key}, {"other", "team-1"}})
				if err := Insert(tx, u); err != nil {
					return err
				}
			}
			u := sample("outside")
			Index(tx, testPool, u.Sub, []Term{{"custom:team", "tean"}})
			return Insert(tx, u)
		})
		slices.Sort(all)

		for _, c := range []struct {
			name  string
			query Query
			want  []string
		}{
			{"prefix", Query{Name: "custom:team", Key: "team-", Prefix: true}, all},
			{"empty prefix of one letter", Query{Name: "custom:team", Key: "team-2", Prefix: true}, only(all, "team-2/")},
			{"equal", Query{Name: "custom:team", Key: "team-1"}, only(all, "team-1/")},
			{"nothing", Query{Name: "custom:team", Key: "team"}, nil},
		} {
			var got []string
			write(t, d, func(tx *db.Tx) error {
				q := c.query
				q.Limit = 4
				for range 20 {
					hits, err := Search(tx, testPool, q)
					for _, hit := range hits {
						got = append(got, hit.Key+"/"+string(hit.User.Sub))
						q.AfterKey, q.AfterSub = hit.Key, hit.User.Sub
					}
					if err != nil || len(hits) < q.Limit {
						return err
					}
				}
				return errors.New("pages without end")
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
	})
}

func only(all []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return !strings.HasPrefix(s, prefix) })
}

func TestIndexHoldsTheLongestValues(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u := sample("alice")
		value := strings.Repeat("\U0001F600", 2048)
		terms := []Term{{"custom:" + strings.Repeat("ü", 20), TermKey(value)}}
		write(t, d, func(tx *db.Tx) error {
			Index(tx, testPool, u.Sub, terms)
			Unindex(tx, testPool, u.Sub, terms)
			return Insert(tx, u)
		})
	})
}

func TestCountIsExactForSmallPoolsAndNearForLarge(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		counts := map[int]int64{}
		total := 0
		for _, upTo := range []int{0, 1, 100, 4095, 12_000} {
			write(t, d, func(tx *db.Tx) error {
				for ; total < upTo; total++ {
					u := &User{Pool: testPool, Sub: id.NewSub(), Username: "u"}
					if err := Insert(tx, u); err != nil {
						return err
					}
				}
				return nil
			})
			write(t, d, func(tx *db.Tx) (err error) {
				counts[upTo], err = Count(tx, testPool)
				return err
			})
		}
		for upTo, got := range counts {
			off := float64(got) - float64(upTo)
			if upTo <= counted && off != 0 || off > 0.1*float64(upTo) || -off > 0.1*float64(upTo) {
				t.Errorf("Count of %d users = %d", upTo, got)
			}
		}
	})
}
