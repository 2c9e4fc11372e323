package server_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/accesskey"
	"cardea/server"
	"cardea/server/servertest"
)

// What administrates root keys does not see those of users of IAM.
func TestKeysOfUsersAreNotRootKeys(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		keys, err := server.OpenAccessKeys(t.Context(), server.Config{Database: url, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = keys.Close() })
		root, _, err := keys.Create(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d := dbtest.Open(t, url, db.Options{})
		user := &accesskey.Key{ID: accesskey.NewID(), Owner: "AIDAAAAAAAAAAAAAAAAA", Sealed: []byte{1}, Status: accesskey.Active}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return accesskey.Insert(tx, user) }); err != nil {
			t.Fatal(err)
		}

		list, err := keys.List(t.Context())
		if err != nil || len(list) != 1 || list[0].ID != root {
			t.Errorf("listed %v, %v, want %s alone", list, err, root)
		}
		for _, do := range []error{keys.Disable(t.Context(), user.ID), keys.Delete(t.Context(), user.ID), keys.Delete(t.Context(), "AKIANONE")} {
			if !errors.Is(do, server.ErrUnknownKey) {
				t.Errorf("got %v, want ErrUnknownKey", do)
			}
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			key, err := accesskey.Get(tx, user.ID)
			if err == nil && key.Status != accesskey.Active {
				t.Errorf("the user's key is %s", key.Status)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if err := errors.Join(keys.Disable(t.Context(), root), keys.Delete(t.Context(), root)); err != nil {
			t.Error(err)
		}
	})
}

// Keys are administered beside running servers, which have what they know of keys for a second at most.
func TestKeysThatAreDisabledBesideARunningServerAreRefusedWithinASecond(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, enforcing)
		root := w.Root(t)
		root.Must(t, "ListUserPools", M{"MaxResults": 1})
		keys, err := server.OpenAccessKeys(t.Context(), server.Config{Database: url, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = keys.Close() })
		if err := keys.Disable(t.Context(), root.Key().ID); err != nil {
			t.Fatal(err)
		}
		w.Advance(time.Second + time.Millisecond)
		root.Fails(t, "ListUserPools", M{"MaxResults": 1}, "UnrecognizedClientException", "")
	})
}
