package signingkey_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/signingkey"
)

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestKeysOfAPool(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			want := []signingkey.Key{
				{Pool: "p", ID: "a", Purpose: signingkey.AccessTokens, Created: tx.Now, Sealed: []byte{1}},
				{Pool: "p", ID: "b", Purpose: signingkey.IDTokens, Created: tx.Now, Sealed: []byte{2}},
			}
			for _, k := range want {
				if err := signingkey.Insert(tx, k); err != nil {
					return err
				}
			}
			if err := signingkey.Insert(tx, want[0]); !errors.Is(err, db.ErrExists) {
				t.Errorf("inserted twice: %v", err)
			}
			got, err := signingkey.ForPool(tx, "p")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

func TestEachSpareKeyIsTakenOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for i := range 9 {
				if err := signingkey.Put(tx, signingkey.Key{ID: fmt.Sprint(i), Sealed: []byte{byte(i)}}); err != nil {
					return err
				}
			}
			return nil
		})

		var mu sync.Mutex
		var all sync.WaitGroup
		takers := map[string]int{}
		for range 10 {
			all.Go(func() {
				var keys []signingkey.Key
				err := d.Write(context.Background(), func(tx *db.Tx) (err error) {
					keys, err = signingkey.Take(tx, 2)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, k := range keys {
					takers[k.ID]++
				}
			})
		}
		all.Wait()

		for kid, n := range takers {
			if n != 1 {
				t.Errorf("key %s was taken %d times", kid, n)
			}
		}
		write(t, d, func(tx *db.Tx) error {
			left, err := signingkey.Stock(tx)
			if len(takers) != 8 || left != 1 {
				t.Errorf("%d taken, %d left; want 8 and 1", len(takers), left)
			}
			return err
		})
	})
}
