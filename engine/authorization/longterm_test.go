package authorization_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/authorization"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/accesskey"
	"cardea/record/datakey"
)

// nodes are two servers on one database, with one clock.
type nodes struct {
	here, there *authorization.Authorizer
	now         atomic.Int64 // milliseconds
	counted     atomic.Int64 // transactions of here
	t           *testing.T
}

func eachNodes(t *testing.T, body func(t *testing.T, n *nodes)) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		n := &nodes{t: t}
		n.now.Store(time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC).UnixMilli())
		open := func(observe func(context.Context, db.Transaction)) *authorization.Authorizer {
			master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
			if err != nil {
				t.Fatal(err)
			}
			d := dbtest.Open(t, url, db.Options{Now: func() time.Time { return time.UnixMilli(n.now.Load()) }, Observe: observe})
			return authorization.New(d, &datakey.Ring{Master: master}, account)
		}
		n.here = open(func(context.Context, db.Transaction) { n.counted.Add(1) })
		n.there = open(nil)
		body(t, n)
	})
}

// change changes a key at a node.
func (n *nodes) change(at *authorization.Authorizer, fn func(tx *db.Tx) error) {
	n.t.Helper()
	if err := at.DB.Write(n.t.Context(), fn); err != nil {
		n.t.Fatal(err)
	}
}

// key makes a root key, found before by the node that counts.
func (n *nodes) key() string {
	n.t.Helper()
	name := accesskey.NewID()
	n.change(n.there, func(tx *db.Tx) error {
		box, err := n.there.Ring.ServerBox(tx)
		if err != nil {
			return err
		}
		return accesskey.Insert(tx, &accesskey.Key{
			ID: name, Sealed: box.Seal(accesskey.Label(name), []byte("secret")), Status: accesskey.Active,
		})
	})
	n.want(name, nil)
	return name
}

// want looks whether the node that counts takes a key.
func (n *nodes) want(name string, want error) {
	n.t.Helper()
	signer, err := n.here.Signer(n.t.Context(), name, "")
	if !errors.Is(err, want) || err == nil && signer.Secret != "secret" {
		n.t.Errorf("found %+v, %v, want %v", signer, err, want)
	}
}

func TestKeysAreFoundInMemoryForASecond(t *testing.T) {
	eachNodes(t, func(_ *testing.T, n *nodes) {
		name := n.key()
		n.counted.Store(0)
		for range 10 {
			n.now.Add(100)
			n.want(name, nil)
		}
		if got := n.counted.Load(); got != 0 {
			n.t.Errorf("%d transactions within a second, want none", got)
		}
		n.now.Add(1)
		n.want(name, nil)
		if got := n.counted.Load(); got != 1 {
			n.t.Errorf("%d transactions after a second, want one", got)
		}
	})
}

func TestChangesOfKeysHoldAtOnceHereAndWithinASecondElsewhere(t *testing.T) {
	for name, change := range map[string]func(tx *db.Tx, key string) error{
		"disabled": func(tx *db.Tx, key string) error { return accesskey.SetStatus(tx, key, accesskey.Inactive) },
		"deleted":  accesskey.Delete,
	} {
		t.Run(name, func(t *testing.T) {
			eachNodes(t, func(_ *testing.T, n *nodes) {
				key := n.key()
				n.change(n.here, func(tx *db.Tx) error { return change(tx, key) })
				n.want(key, authorization.ErrUnknownKey)

				key = n.key()
				n.change(n.there, func(tx *db.Tx) error { return change(tx, key) })
				n.now.Add(1001)
				n.want(key, authorization.ErrUnknownKey)
			})
		})
	}
}

func TestAKeyThatWasUnknownIsTakenAtOnce(t *testing.T) {
	eachNodes(t, func(_ *testing.T, n *nodes) {
		key := n.key()
		n.change(n.there, func(tx *db.Tx) error { return accesskey.SetStatus(tx, key, accesskey.Inactive) })
		n.now.Add(1001)
		n.want(key, authorization.ErrUnknownKey)
		n.change(n.here, func(tx *db.Tx) error { return accesskey.SetStatus(tx, key, accesskey.Active) })
		n.want(key, nil)
		n.want("AKIANONE", authorization.ErrUnknownKey)
	})
}

func TestManyUsesAtOnceWriteOne(t *testing.T) {
	eachNodes(t, func(t *testing.T, n *nodes) {
		key := n.key()
		n.counted.Store(0)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				signer, err := n.here.Signer(t.Context(), key, "")
				if err != nil {
					t.Error(err)
					return
				}
				signer.Use(t.Context(), "sts", "us-east-1")
			})
		}
		all.Wait()
		if got := n.counted.Load(); got != 1 {
			t.Errorf("%d transactions, want one", got)
		}
	})
}
