package pool_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/pool"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

func insert(t *testing.T, d *db.DB, pools ...*pool.Pool) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, p := range pools {
			p.Doc.CreationDate = awsjson.At(tx.Now)
			if err := pool.Insert(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, d *db.DB, name id.Pool) (p *pool.Pool, err error) {
	t.Helper()
	err = d.Read(t.Context(), func(tx *db.Tx) (err error) {
		p, err = pool.Get(tx, name)
		return err
	})
	return p, err
}

func TestPoolIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &pool.Pool{ID: id.NewPool("us-east-1")}
		p.Doc.Name = "shop ☕"
		p.Doc.UserPoolTags = map[string]string{}
		p.Doc.LambdaConfig = &cognitoidp.LambdaConfigType{}
		p.MFA.MfaConfiguration = "OFF"
		p.Sessions.TokenSession = &cognitoidp.UserPoolTokenSessionConfigType{MaxPerUser: new(int64(3))}
		insert(t, d, p)

		got, err := get(t, d, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("written (-), read (+):\n%s", diff)
		}
		if diff := cmp.Diff(got, got.Clone()); diff != "" {
			t.Errorf("original (-), clone (+):\n%s", diff)
		}
	})
}

func TestUnknownPoolIsNotFound(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if _, err := get(t, d, "us-east-1_nowhere00"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("Get: %v, want ErrNotFound", err)
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error { return pool.Delete(tx, "us-east-1_nowhere00") })
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("Delete: %v, want ErrNotFound", err)
		}
	})
}

func TestUpdateOfAnOlderVersionIsStale(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &pool.Pool{ID: id.NewPool("us-east-1")}
		insert(t, d, p)
		update := func(p *pool.Pool, name string) error {
			p.Doc.Name = name
			return d.Write(t.Context(), func(tx *db.Tx) error { return pool.Update(tx, p) })
		}

		first, second := p.Clone(), p.Clone()
		if err := update(first, "first"); err != nil {
			t.Fatal(err)
		}
		if err := update(second, "second"); !errors.Is(err, db.ErrStale) {
			t.Errorf("second update: %v, want ErrStale", err)
		}
		got, err := get(t, d, p.ID)
		if err != nil || got.Doc.Name != "first" || got.Version != 2 {
			t.Errorf("pool %+v, %v; want the first update's", got, err)
		}
	})
}

func TestReadersSeeAnUpdateAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &pool.Pool{ID: id.NewPool("us-east-1")}
		insert(t, d, p)
		for _, name := range []string{"one", "two", "three"} {
			before, err := get(t, d, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			changed := before.Clone()
			changed.Doc.Name = name
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return pool.Update(tx, changed) }); err != nil {
				t.Fatal(err)
			}
			after, err := get(t, d, p.ID)
			if err != nil || after.Doc.Name != name {
				t.Fatalf("read %q, %v after writing %q", after.Doc.Name, err, name)
			}
		}
	})
}

func TestListPagesThroughOneRegionInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var want []id.Pool
		for _, name := range []id.Pool{"us-east-1_A00000001", "us-east-1_Z00000001", "us-east-1_a00000001", "us-east-1_z00000001"} {
			want = append(want, name)
			insert(t, d, &pool.Pool{ID: name})
		}
		insert(t, d, &pool.Pool{ID: "us-east-2_A00000001"}, &pool.Pool{ID: "eu-west-1_A00000001"}, &pool.Pool{ID: "us-east-10_A00000001"}, &pool.Pool{ID: "us-east-1a_A00000001"})

		var got []id.Pool
		after := ""
		for range 5 {
			var page []*pool.Pool
			err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
				page, err = pool.List(tx, "us-east-1", after, 3)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page {
				got = append(got, p.ID)
				after = string(p.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed %v, want %v", got, want)
		}
	})
}

// Only the race detector finds an error here: many goroutines clone one shared pool.
func TestCloningLeavesTheOriginalAlone(t *testing.T) {
	t.Parallel()
	p := &pool.Pool{ID: "us-east-1_Shared", Doc: cognitoidp.UserPoolType{Name: "shared", EstimatedNumberOfUsers: 7}}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { p.Clone() })
	}
	wait.Wait()
	if p.Doc.EstimatedNumberOfUsers != 7 {
		t.Error("the original was changed")
	}
}
