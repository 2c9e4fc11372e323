package datakey_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

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
			var got int
			err := d.Write(t.Context(), func(tx *db.Tx) (err error) { got, err = both.Rewrap(tx); return err })
			if got != want || err != nil {
				t.Errorf("got %d rewrapped, %v, want %d", got, err, want)
			}
		}
		if got, err := boxOf(t, newOnly(), reading(t, d)).Open("l", sealed); string(got) != "secret" || err != nil {
			t.Errorf("got %q, %v", got, err)
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
