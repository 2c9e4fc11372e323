package datakey_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

func master(t *testing.T, bytesOf ...byte) *seal.Master {
	t.Helper()
	var keys [][]byte
	for _, b := range bytesOf {
		keys = append(keys, bytes.Repeat([]byte{b}, 32))
	}
	m, err := seal.NewMaster(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func each(t *testing.T, body func(t *testing.T, d *db.DB, c *clock)) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		c := &clock{now: time.Unix(1_800_000_000, 0)}
		d, err := db.Open(t.Context(), url, db.Options{Fast: true, Now: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()
		body(t, d, c)
	})
}

func boxOf(t *testing.T, r *datakey.Ring, in func(func(*db.Tx) error) error) *seal.Box {
	t.Helper()
	var box *seal.Box
	err := in(func(tx *db.Tx) (err error) {
		box, err = r.Box(tx, pool)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func writing(t *testing.T, d *db.DB) func(func(*db.Tx) error) error {
	return func(fn func(*db.Tx) error) error { return d.Write(t.Context(), fn) }
}

func reading(t *testing.T, d *db.DB) func(func(*db.Tx) error) error {
	return func(fn func(*db.Tx) error) error { return d.Read(t.Context(), fn) }
}

func TestFirstWriteMakesTheKeyAndOtherNodesFindIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		ring := &datakey.Ring{Master: master(t, 1)}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := ring.Box(tx, pool)
			return err
		})
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("read before the first write: got %v, want ErrNotFound", err)
		}

		sealed := boxOf(t, ring, writing(t, d)).Seal("l", []byte("secret"))
		other := &datakey.Ring{Master: master(t, 1)}
		for _, in := range []func(func(*db.Tx) error) error{reading(t, d), writing(t, d)} {
			if got, err := boxOf(t, other, in).Open("l", sealed); string(got) != "secret" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		}

		err = d.Write(t.Context(), func(tx *db.Tx) error {
			server, err := ring.ServerBox(tx)
			if err == nil {
				_, err = server.Open("l", sealed)
			}
			return err
		})
		if !errors.Is(err, seal.ErrForged) {
			t.Errorf("the server's box: got %v, want ErrForged", err)
		}
	})
}

func TestServerBoxNeedsNoTransactionOfTheCaller(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, c *clock) {
		ring := &datakey.Ring{Master: master(t, 1)}
		first, err := ring.ServerBoxOf(t.Context(), d) // makes the key
		if err != nil {
			t.Fatal(err)
		}
		sealed := first.Seal("l", []byte("secret"))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		again, err := ring.ServerBoxOf(ended, d)
		if err != nil || again != first {
			t.Errorf("a known box needs a transaction: %v", err)
		}
		c.advance(2 * time.Minute)
		if _, err := ring.ServerBoxOf(ended, d); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the keys to be read anew", err)
		}
		other, err := (&datakey.Ring{Master: master(t, 1)}).ServerBoxOf(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := other.Open("l", sealed); string(got) != "secret" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestRolledBackKeyIsForgotten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		ring := &datakey.Ring{Master: master(t, 1)}
		var lost []byte
		_ = d.Write(t.Context(), func(tx *db.Tx) error {
			box, err := ring.Box(tx, pool)
			if err == nil {
				lost = box.Seal("l", nil)
			}
			return errors.New("no")
		})
		if _, err := boxOf(t, ring, writing(t, d)).Open("l", lost); !errors.Is(err, seal.ErrForged) {
			t.Errorf("got %v, want ErrForged: the key was never stored", err)
		}
	})
}

func TestParallelFirstUsesAgreeOnOneKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		var group sync.WaitGroup
		macs := make([][]byte, 20)
		for i := range macs {
			ring := &datakey.Ring{Master: master(t, 1)} // a node each
			group.Go(func() { macs[i] = boxOf(t, ring, writing(t, d)).MAC("l", nil) })
		}
		group.Wait()
		for _, mac := range macs {
			if !bytes.Equal(mac, macs[0]) {
				t.Fatal("two nodes made different keys")
			}
		}
	})
}

func TestRotatedKeySealsOnceAllNodesKnowIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, c *clock) {
		one, two := &datakey.Ring{Master: master(t, 1)}, &datakey.Ring{Master: master(t, 1)}
		old := boxOf(t, one, writing(t, d)).Seal("l", []byte("old"))
		c.advance(time.Hour)
		boxOf(t, two, reading(t, d)) // remembers the pool with one key

		if err := d.Write(t.Context(), func(tx *db.Tx) error { return one.Rotate(tx, pool) }); err != nil {
			t.Fatal(err)
		}
		c.advance(2 * time.Minute)
		if !boxOf(t, one, reading(t, d)).Current(old) {
			t.Error("the new key seals before every node knows it")
		}
		c.advance(4 * time.Minute)
		box := boxOf(t, one, reading(t, d))
		if box.Current(old) {
			t.Error("the old key still seals")
		}
		fresh := box.Seal("l", []byte("new"))
		for want, sealed := range map[string][]byte{"old": old, "new": fresh} {
			if got, err := boxOf(t, two, reading(t, d)).Open("l", sealed); string(got) != want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		}
	})
}

func TestRewrapFreesTheOldMasterKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		sealed := boxOf(t, &datakey.Ring{Master: master(t, 1)}, writing(t, d)).Seal("l", []byte("secret"))

		newOnly := func() *datakey.Ring { return &datakey.Ring{Master: master(t, 2)} }
		err := d.Read(t.Context(), func(tx *db.Tx) error { _, err := newOnly().Box(tx, pool); return err })
		if !errors.Is(err, seal.ErrUnknownKey) {
			t.Errorf("without the old key: got %v, want ErrUnknownKey", err)
		}
		both := &datakey.Ring{Master: master(t, 2, 1)}
		for _, want := range []int{1, 0} {
			got, err := both.Rewrap(t.Context(), d, nil)
			if got.Changed != want || got.Unknown != 0 || err != nil {
				t.Errorf("got %+v rewrapped, %v, want %d", got, err, want)
			}
		}
		if got, err := boxOf(t, newOnly(), reading(t, d)).Open("l", sealed); string(got) != "secret" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestDataKeysAreCountedByTheirMasterKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, c *clock) {
		began := d.Now()
		boxOf(t, &datakey.Ring{Master: master(t, 1)}, writing(t, d))
		c.advance(time.Hour)
		newer := &datakey.Ring{Master: master(t, 2, 1)}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := newer.ServerBox(tx); err != nil {
				return err
			}
			return newer.Rotate(tx, pool)
		})
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]datakey.Wrapped
		err = d.Read(t.Context(), func(tx *db.Tx) (err error) { got, err = datakey.MasterKeys(tx); return err })
		want := map[string]datakey.Wrapped{
			master(t, 1).ID(): {Count: 1, Oldest: began, Newest: began},
			master(t, 2).ID(): {Count: 2, Oldest: d.Now(), Newest: d.Now()},
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestRewrapGoesOnWhereItEndedAndLeavesWhatItCannotOpen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		const keys = 450 // three batches
		of := func(i int) id.Pool { return id.Pool(fmt.Sprintf("us-east-1_%09d", i)) }
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for i := range keys {
				maker := &datakey.Ring{Master: master(t, 1)}
				if i%100 == 0 {
					maker.Master = master(t, 3)
				}
				if _, err := maker.Box(tx, of(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		both := &datakey.Ring{Master: master(t, 2, 1)}
		enough := errors.New("enough")
		batches := 0
		first, err := both.Rewrap(t.Context(), d, func(datakey.Progress) error {
			if batches++; batches == 2 {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || first.Changed == 0 || first.Changed > 400 {
			t.Errorf("ended early: got %+v, %v", first, err)
		}
		rest, err := both.Rewrap(t.Context(), d, nil)
		if err != nil || first.Changed+rest.Changed != keys-5 || rest.Unknown != 5 {
			t.Errorf("got %+v and %+v, %v, want %d changed and 5 unknown", first, rest, err, keys-5)
		}
		for i := range keys {
			ring := &datakey.Ring{Master: master(t, 2)}
			err := d.Read(t.Context(), func(tx *db.Tx) error { _, err := ring.Box(tx, of(i)); return err })
			if left := i%100 == 0; errors.Is(err, seal.ErrUnknownKey) != left || (err != nil && !left) {
				t.Errorf("pool %d: got %v", i, err)
			}
		}
	})
}

func TestAMissingMasterKeyIsNamedInTheLogOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		boxOf(t, &datakey.Ring{Master: master(t, 1)}, writing(t, d))
		var log bytes.Buffer
		ring := &datakey.Ring{Master: master(t, 2), Log: slog.New(slog.NewTextHandler(&log, nil))}
		for range 3 {
			err := d.Read(t.Context(), func(tx *db.Tx) error { _, err := ring.Box(tx, pool); return err })
			if !errors.Is(err, seal.ErrUnknownKey) {
				t.Fatalf("got %v, want ErrUnknownKey", err)
			}
		}
		if got := strings.Count(log.String(), "master_key="+master(t, 1).ID()); got != 1 {
			t.Errorf("the key is named %d times, want once:\n%s", got, log.String())
		}
	})
}

func TestDeletedKeysOpenNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB, _ *clock) {
		ring := &datakey.Ring{Master: master(t, 1)}
		sealed := boxOf(t, ring, writing(t, d)).Seal("l", nil)
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return ring.Delete(tx, pool) }); err != nil {
			t.Fatal(err)
		}
		if _, err := boxOf(t, ring, writing(t, d)).Open("l", sealed); !errors.Is(err, seal.ErrForged) {
			t.Errorf("got %v, want ErrForged", err)
		}
	})
}
