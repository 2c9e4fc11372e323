package device_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/device"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var (
	named = time.Date(2026, 11, 20, 12, 0, 0, 123e6, time.UTC)
	now   = named.Add(time.Hour)
)

func each(t *testing.T, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Parallel()
	dbtest.EachWith(t, db.Options{Now: func() time.Time { return now }}, body)
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// fresh is a device that was only named.
func fresh(sub id.Sub, key string) *device.Device {
	return &device.Device{
		Pool: pool, Sub: sub, Key: key, GroupKey: "-AbC123xy", Client: "c", Name: "Firefox on Linux", SDK: "aws-sdk-js",
		IP: "2001:db8::1", Created: named, Modified: named, Authenticated: named,
	}
}

// confirm gives a device a secret.
func confirm(tx *db.Tx, d *device.Device, remembered bool) error {
	d.Secret, d.Remembered = []byte{0, 1, 255}, remembered
	return device.Confirm(tx, d)
}

func get(t *testing.T, d *db.DB, sub id.Sub, key string) (found *device.Device, err error) {
	t.Helper()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		found, err = device.Get(tx, pool, sub, key)
		return err
	})
	return found, err
}

func TestDeviceIsReadAsStored(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		want := fresh("alice", "d")
		write(t, d, func(tx *db.Tx) error { return device.Insert(tx, fresh("alice", "d")) })
		got, err := get(t, d, "alice", "d")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("named: %v (-want +got):\n%s", err, diff)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return device.Insert(tx, want) }); !errors.Is(err, db.ErrExists) {
			t.Errorf("inserted twice: %v, want ErrExists", err)
		}

		want.Name, want.IP = "Alice's phone", "192.0.2.1"
		write(t, d, func(tx *db.Tx) error { return confirm(tx, want, true) })
		got, err = get(t, d, "alice", "d")
		if diff := cmp.Diff(want, got); err != nil || diff != "" || !got.Confirmed || !got.Modified.Equal(now) {
			t.Errorf("confirmed: %v (-want +got):\n%s", err, diff)
		}
		for _, other := range [][2]string{{"bob", "d"}, {"alice", "e"}} {
			if _, err := get(t, d, id.Sub(other[0]), other[1]); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("%v: %v, want ErrNotFound", other, err)
			}
		}
	})
}

func TestDeviceIsConfirmedOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error { return device.Insert(tx, fresh("alice", "d")) })
		var wins atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				err := d.Write(context.WithoutCancel(t.Context()), func(tx *db.Tx) error { return confirm(tx, fresh("alice", "d"), true) })
				if err == nil {
					wins.Add(1)
				} else if !errors.Is(err, db.ErrStale) {
					t.Errorf("got %v, want db.ErrStale", err)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d of 100 confirmed the device, want 1", wins.Load())
		}
	})
}

func TestOnlyConfirmedDevicesAreListedRememberedSeenAndDeleted(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for i := range 7 {
				x := fresh("alice", fmt.Sprint("d", i))
				if err := device.Insert(tx, x); err != nil {
					return err
				}
				if i > 0 {
					if err := confirm(tx, x, i%2 == 1); err != nil {
						return err
					}
				}
			}
			other := fresh("bob", "d9")
			return errors.Join(device.Insert(tx, other), confirm(tx, other, true))
		})
		for _, c := range []struct {
			query device.Query
			want  []string
		}{
			{device.Query{Limit: 4}, []string{"d1", "d2", "d3", "d4"}},
			{device.Query{After: "d4", Limit: 4}, []string{"d5", "d6"}},
			{device.Query{Remembered: true, Limit: 60}, []string{"d1", "d3", "d5"}},
			{device.Query{Remembered: true, After: "d1", Limit: 1}, []string{"d3"}},
		} {
			var got []string
			c.query.Pool, c.query.Sub = pool, "alice"
			write(t, d, func(tx *db.Tx) error {
				list, err := device.List(tx, c.query)
				got = nil
				for _, x := range list {
					got = append(got, x.Key)
				}
				return err
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", c.query, diff)
			}
		}

		for key, want := range map[string][3]bool{"d0": {}, "d1": {true, true, true}, "d2": {false, true, true}, "gone": {}} {
			x := fresh("alice", key)
			got := [3]bool{}
			write(t, d, func(tx *db.Tx) error {
				got[0] = device.Seen(tx, x, "192.0.2.7") == nil
				got[1] = device.Remember(tx, x, true) == nil
				got[2] = device.Delete(tx, pool, "alice", key) == nil
				return nil
			})
			if got != want {
				t.Errorf("%s was seen, remembered, deleted: %v, want %v", key, got, want)
			}
		}
	})
}

func TestChangesOfADeviceStay(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			x := fresh("alice", "d")
			return errors.Join(device.Insert(tx, x), confirm(tx, x, false), device.Remember(tx, x, true), device.Seen(tx, x, "192.0.2.7"))
		})
		got, err := get(t, d, "alice", "d")
		if err != nil || !got.Remembered || got.IP != "192.0.2.7" || !got.Authenticated.Equal(now) {
			t.Errorf("got %+v, %v", got, err)
		}
		write(t, d, func(tx *db.Tx) error { return device.Remember(tx, got, false) })
		if got, err := get(t, d, "alice", "d"); err != nil || got.Remembered {
			t.Errorf("got %+v, %v; want it not remembered", got, err)
		}
	})
}

func TestDeletedUsersDevicesGo(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			x := fresh("alice", "d")
			return errors.Join(device.Insert(tx, x), confirm(tx, x, true), device.Insert(tx, fresh("alice", "e")),
				device.Insert(tx, fresh("bob", "d")), device.DeleteUser(tx, pool, "alice"))
		})
		for _, key := range []string{"d", "e"} {
			if _, err := get(t, d, "alice", key); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", key, err)
			}
		}
		if _, err := get(t, d, "bob", "d"); err != nil {
			t.Errorf("another user's device: %v", err)
		}
	})
}

func TestPruneRemovesOldUnconfirmedDevicesInBatches(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for i := range 5 {
				if err := device.Insert(tx, fresh("alice", fmt.Sprint(i))); err != nil {
					return err
				}
			}
			kept, young := fresh("alice", "confirmed"), fresh("alice", "young")
			young.Created = now
			return errors.Join(device.Insert(tx, kept), confirm(tx, kept, false), device.Insert(tx, young))
		})
		for _, step := range []struct {
			before time.Time
			want   int
		}{{named, 0}, {now, 3}, {now, 2}, {now, 0}} {
			var n int
			write(t, d, func(tx *db.Tx) (err error) {
				n, err = device.Prune(tx, step.before, 3)
				return err
			})
			if n != step.want {
				t.Errorf("pruned %d, want %d", n, step.want)
			}
		}
		for _, key := range []string{"confirmed", "young"} {
			if _, err := get(t, d, "alice", key); err != nil {
				t.Errorf("%s: %v", key, err)
			}
		}
	})
}
