package devicegrant_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/devicegrant"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var at = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

func waiting() *devicegrant.Grant {
	return &devicegrant.Grant{
		Pool: pool, ID: "i", Hash: id.Digest("code"), UserCode: "BCDFGHJK", Client: "app", State: devicegrant.Pending,
		Doc: devicegrant.Doc{Scopes: []string{"openid"}}, Pause: 5 * time.Second, Created: at, Expires: at.Add(time.Minute),
	}
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestGrantsGoFromStateToState(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := waiting()
		asked := *g
		asked.State, asked.Sub, asked.Secret = devicegrant.Asked, "alice", "s"
		asked.Doc = devicegrant.Doc{Scopes: []string{"openid"}, Proofs: []string{"PASSWORD"}, SSO: "x", AuthTime: at, PasswordSet: at, Answered: at}
		write(t, d, func(tx *db.Tx) error { return devicegrant.Insert(tx, g) })

		for _, step := range []struct {
			what string
			do   func(tx *db.Tx) error
			want error
		}{
			{"insert again", func(tx *db.Tx) error { return devicegrant.Insert(tx, g) }, db.ErrExists},
			{"use while pending", func(tx *db.Tx) error { return devicegrant.Use(tx, g) }, db.ErrStale},
			{"decide while pending", func(tx *db.Tx) error { return devicegrant.Decide(tx, g, "", devicegrant.Allowed) }, db.ErrStale},
			{"ask", func(tx *db.Tx) error { return devicegrant.Ask(tx, &asked) }, nil},
			{"decide with another secret", func(tx *db.Tx) error { return devicegrant.Decide(tx, g, "", devicegrant.Allowed) }, db.ErrStale},
			{"use while asked", func(tx *db.Tx) error { return devicegrant.Use(tx, g) }, db.ErrStale},
			{"decide", func(tx *db.Tx) error { return devicegrant.Decide(tx, g, "s", devicegrant.Allowed) }, nil},
			{"decide otherwise", func(tx *db.Tx) error { return devicegrant.Decide(tx, g, "s", devicegrant.Denied) }, db.ErrStale},
			{"ask another", func(tx *db.Tx) error { return devicegrant.Ask(tx, &asked) }, db.ErrStale},
		} {
			if err := d.Write(t.Context(), step.do); !errors.Is(err, step.want) {
				t.Errorf("%s: %v, want %v", step.what, err, step.want)
			}
		}
		asked.State = devicegrant.Allowed
		write(t, d, func(tx *db.Tx) error {
			for name, find := range map[string]func() (*devicegrant.Grant, error){
				"id":   func() (*devicegrant.Grant, error) { return devicegrant.Get(tx, pool, "i") },
				"hash": func() (*devicegrant.Grant, error) { return devicegrant.OfDevice(tx, pool, g.Hash) },
				"code": func() (*devicegrant.Grant, error) { return devicegrant.OfUser(tx, pool, "BCDFGHJK") },
			} {
				got, err := find()
				if diff := cmp.Diff(&asked, got); diff != "" || err != nil {
					t.Errorf("by %s: %v %s", name, err, diff)
				}
			}
			if _, err := devicegrant.Get(tx, "us-east-1_other0000", "i"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("in another pool: %v", err)
			}
			return nil
		})

		var won atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				switch err := d.Write(t.Context(), func(tx *db.Tx) error { return devicegrant.Use(tx, g) }); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, db.ErrStale):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d of 100 used it", won.Load())
		}
		write(t, d, func(tx *db.Tx) error { return devicegrant.DeleteUser(tx, pool, "alice") })
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return devicegrant.Poll(tx, g) }); !errors.Is(err, db.ErrStale) {
			t.Errorf("it is left without its user: %v", err)
		}
	})
}

func TestOneOfAHundredPollsIsInTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := waiting()
		g.Pause = time.Hour
		write(t, d, func(tx *db.Tx) error { return devicegrant.Insert(tx, g) })
		var won atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				switch err := d.Write(t.Context(), func(tx *db.Tx) error { return devicegrant.Poll(tx, g) }); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, db.ErrStale):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d of 100 were in time", won.Load())
		}
		write(t, d, func(tx *db.Tx) error { return devicegrant.Slow(tx, g, 0) })
		write(t, d, func(tx *db.Tx) error { return devicegrant.Poll(tx, g) })
	})
}
