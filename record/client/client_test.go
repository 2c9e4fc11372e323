package client_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/client"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

const home = id.Pool("us-east-1_home00000")

// each runs body on databases in which the home pool is of version 7.
func each(t *testing.T, body func(t *testing.T, d *db.DB)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`
				INSERT INTO pool (pool_id, version, doc, mfa, sessions)
				VALUES ($1, 7, '{}', '{}', '{}')`,
				home)
			return err
		})
		body(t, d)
	})
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, d *db.DB, name id.Client) (c *client.Client, err error) {
	t.Helper()
	err = d.Read(t.Context(), func(tx *db.Tx) (err error) {
		var version int64
		if c, version, err = client.Find(tx, name); err == nil && version != 7 {
			t.Errorf("the pool's version is %d, want 7", version)
		}
		return err
	})
	return c, err
}

func confidential() *client.Client {
	made := time.UnixMilli(1_700_000_000_123).UTC()
	c := &client.Client{ID: id.NewClient(), Pool: home, Secrets: []client.Secret{{ID: "first", Sealed: []byte{1, 2}, Created: made}}}
	c.Doc.ClientName = "web"
	c.Sessions.SSOSession = &cognitoidp.ClientSSOSessionConfigType{MaxValidityMinutes: new(int64(0))}
	return c
}

func TestClientIsReadAsItWasWritten(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := confidential()
		write(t, d, func(tx *db.Tx) error { return client.Insert(tx, c) })

		found, err := find(t, d, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, found); diff != "" {
			t.Errorf("written (-), found (+):\n%s", diff)
		}
		if diff := cmp.Diff(found, found.Clone()); diff != "" {
			t.Errorf("original (-), clone (+):\n%s", diff)
		}
		write(t, d, func(tx *db.Tx) error {
			if _, err := client.Get(tx, "us-east-1_other0000", c.ID); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("Get in another pool: %v, want ErrNotFound", err)
			}
			_, err := client.Get(tx, home, c.ID)
			return err
		})
	})
}

func TestAClientIsFoundWithTheVersionOfItsPool(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := confidential()
		write(t, d, func(tx *db.Tx) error { return client.Insert(tx, c) })
		for name, want := range map[string]struct {
			pool    id.Pool
			client  id.Client
			version int64
			err     error
		}{
			"a client":         {home, c.ID, 7, nil},
			"no such client":   {home, "unknown", 7, db.ErrNotFound},
			"no such pool":     {"us-east-1_other0000", c.ID, 0, db.ErrNotFound},
			"neither of these": {"us-east-1_other0000", "unknown", 0, db.ErrNotFound},
		} {
			write(t, d, func(tx *db.Tx) error {
				found, version, err := client.Of(tx, want.pool, want.client)
				if !errors.Is(err, want.err) || version != want.version {
					t.Errorf("%s: version %d and %v, want %d and %v", name, version, err, want.version, want.err)
				}
				if err == nil && (found.ID != c.ID || len(found.Secrets) != 1) {
					t.Errorf("%s: found %+v", name, found)
				}
				return nil
			})
		}
	})
}

func TestDocumentNeverHoldsTheSecret(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := confidential()
		c.Doc.ClientSecret = "plain"
		write(t, d, func(tx *db.Tx) error { return client.Insert(tx, c) })
		found, err := find(t, d, c.ID)
		if err != nil || found.Doc.ClientSecret != "" {
			t.Errorf("document %+v, %v", found, err)
		}
	})
}

func TestClientIDsAreUniqueAcrossPools(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := confidential()
		write(t, d, func(tx *db.Tx) error { return client.Insert(tx, c) })
		twin := c.Clone()
		twin.Pool = "us-east-1_other0000"
		err := d.Write(t.Context(), func(tx *db.Tx) error { return client.Insert(tx, twin) })
		if !errors.Is(err, db.ErrExists) {
			t.Errorf("insert of a twin: %v, want ErrExists", err)
		}
	})
}

func TestSecretsAreAddedAndDeletedWithTheVersion(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := confidential()
		write(t, d, func(tx *db.Tx) error { return client.Insert(tx, c) })
		before, err := find(t, d, c.ID)
		if err != nil {
			t.Fatal(err)
		}

		second := client.Secret{ID: "second", Sealed: []byte{3}, Created: time.UnixMilli(1_700_000_001_000).UTC()}
		write(t, d, func(tx *db.Tx) error { return client.AddSecret(tx, before.Clone(), second) })
		both, err := find(t, d, c.ID)
		if err != nil || len(both.Secrets) != 2 || both.Secrets[1].ID != "second" {
			t.Fatalf("after adding: %+v, %v", both, err)
		}

		err = d.Write(t.Context(), func(tx *db.Tx) error { return client.AddSecret(tx, before.Clone(), client.Secret{ID: "third"}) })
		if !errors.Is(err, db.ErrStale) {
			t.Errorf("adding to an older version: %v, want ErrStale", err)
		}
		err = d.Write(t.Context(), func(tx *db.Tx) error { return client.DeleteSecret(tx, both.Clone(), "unknown") })
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("deleting an unknown secret: %v, want ErrNotFound", err)
		}
		write(t, d, func(tx *db.Tx) error { return client.DeleteSecret(tx, both.Clone(), "first") })
		left, err := find(t, d, c.ID)
		if err != nil || len(left.Secrets) != 1 || left.Secrets[0].ID != "second" {
			t.Errorf("after deleting: %+v, %v", left, err)
		}
	})
}

func TestDeletedClientIsGoneWithItsSecrets(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := confidential()
		write(t, d, func(tx *db.Tx) error { return client.Insert(tx, c) })
		write(t, d, func(tx *db.Tx) error { return client.Delete(tx, home, c.ID) })
		if _, err := find(t, d, c.ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("find: %v, want ErrNotFound", err)
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error { return client.Delete(tx, home, c.ID) })
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("second delete: %v, want ErrNotFound", err)
		}
		public := c.Clone()
		public.Secrets = nil
		write(t, d, func(tx *db.Tx) error { return client.Insert(tx, public) })
		again, err := find(t, d, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Secrets) != 0 {
			t.Errorf("a client of the same id has the old one's secrets: %v", again.Secrets)
		}
	})
}

// Only the race detector finds an error here: many goroutines clone one shared client.
func TestCloningLeavesTheOriginalAlone(t *testing.T) {
	t.Parallel()
	c := &client.Client{ID: "shared", Doc: cognitoidp.UserPoolClientType{ClientSecret: "shown once"}}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { c.Clone() })
	}
	wait.Wait()
	if c.Doc.ClientSecret == "" {
		t.Error("the original was changed")
	}
}
