package iam_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/accesskey"
	"cardea/server/servertest"
)

func TestKeyIsShownOnceListedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		ann := M{"UserName": "ann"}
		w.Fails(t, "CreateAccessKey", ann, "NoSuchEntity", "The user with name ann cannot be found.")
		w.Must(t, "CreateUser", ann)
		equal(t, "none", M{"IsTruncated": "false", "AccessKeyMetadata": ""}, w.Must(t, "ListAccessKeys", ann))
		out := w.Must(t, "CreateAccessKey", ann)
		keyID, secret := text(out, "AccessKey.AccessKeyId"), text(out, "AccessKey.SecretAccessKey")
		if !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(keyID) || !regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(secret) {
			t.Errorf("key %q with a secret of %d characters", keyID, len(secret))
		}
		want := M{"UserName": "ann", "AccessKeyId": keyID, "Status": "Active", "CreateDate": created}
		equal(t, "created", M{"AccessKey": with(want, M{"SecretAccessKey": secret})}, out)
		for _, row := range dbtest.Rows(t, w.DB) {
			if strings.Contains(row, secret) {
				t.Errorf("the secret is at rest in %s", row)
			}
		}

		w.Advance(time.Second)
		second := text(w.Must(t, "CreateAccessKey", ann), "AccessKey.AccessKeyId")
		w.Fails(t, "CreateAccessKey", ann, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
		w.Must(t, "UpdateAccessKey", with(ann, M{"AccessKeyId": keyID, "Status": "Inactive"}))
		w.Must(t, "UpdateUser", with(ann, M{"NewUserName": "anna"}))
		anna := M{"UserName": "anna"}
		listed := w.Must(t, "ListAccessKeys", anna)["AccessKeyMetadata"].([]any)
		equal(t, "listed", []any{
			with(want, M{"UserName": "anna", "Status": "Inactive"}),
			M{"UserName": "anna", "AccessKeyId": second, "Status": "Active", "CreateDate": "2026-03-14T15:09:27.535Z"},
		}, listed)
		page := w.Must(t, "ListAccessKeys", with(anna, M{"MaxItems": 1}))
		if text(page, "IsTruncated") != "true" || text(page, "AccessKeyMetadata.0.AccessKeyId") != keyID {
			t.Errorf("first page %v", page)
		}
		page = w.Must(t, "ListAccessKeys", with(anna, M{"Marker": page["Marker"]}))
		if text(page, "AccessKeyMetadata.0.AccessKeyId") != second || text(page, "IsTruncated") != "false" {
			t.Errorf("second page %v", page)
		}

		w.Fails(t, "UpdateAccessKey", with(anna, M{"AccessKeyId": keyID, "Status": "Expired"}), "InvalidInput", "")
		w.Must(t, "DeleteAccessKey", with(anna, M{"AccessKeyId": keyID}))
		w.Fails(t, "DeleteAccessKey", with(anna, M{"AccessKeyId": keyID}), "NoSuchEntity", "The Access Key with id "+keyID+" cannot be found.")
		w.Fails(t, "UpdateAccessKey", with(anna, M{"AccessKeyId": keyID, "Status": "Active"}), "NoSuchEntity", "The Access Key with id "+keyID+" cannot be found.")
	})
}

// The key of one user is not to be changed under the name of another, nor a root key under any name.
func TestKeyIsChangedUnderItsOwnersNameAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		w.Must(t, "CreateUser", M{"UserName": "ann"})
		w.Must(t, "CreateUser", M{"UserName": "eve"})
		anns := text(w.Must(t, "CreateAccessKey", M{"UserName": "ann"}), "AccessKey.AccessKeyId")
		root := w.Must(t, "CreateAccessKey", nil)["AccessKey"].(M)
		if root["UserName"] != "" {
			t.Errorf("a root key has the user %v", root["UserName"])
		}
		roots := text(root, "AccessKeyId")
		for _, key := range []struct{ id, user string }{{anns, "eve"}, {anns, ""}, {roots, "eve"}} {
			in := M{"AccessKeyId": key.id, "UserName": key.user}
			if key.user == "" {
				delete(in, "UserName")
			}
			w.Fails(t, "UpdateAccessKey", with(in, M{"Status": "Inactive"}), "NoSuchEntity", "")
			w.Fails(t, "DeleteAccessKey", in, "NoSuchEntity", "")
		}
		if got := text(w.Must(t, "ListAccessKeys", nil), "AccessKeyMetadata.0.AccessKeyId"); got != roots {
			t.Errorf("the root user has %s, want %s", got, roots)
		}
		w.Must(t, "CreateAccessKey", nil)
		w.Fails(t, "CreateAccessKey", nil, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
		w.Must(t, "DeleteAccessKey", M{"AccessKeyId": roots})
	})
}

// A user that is made anew under the name of a former one is another: the keys are found by the user's id.
func TestKeysDoNotPassToAnotherUserOfTheName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		w.Must(t, "CreateUser", M{"UserName": "ann"})
		key := text(w.Must(t, "CreateAccessKey", M{"UserName": "ann"}), "AccessKey.AccessKeyId")
		w.Must(t, "UpdateUser", M{"UserName": "ann", "NewUserName": "former"})
		w.Must(t, "CreateUser", M{"UserName": "ann"})
		if got := w.Must(t, "ListAccessKeys", M{"UserName": "ann"})["AccessKeyMetadata"]; got != "" {
			t.Errorf("the new user has %v", got)
		}
		w.Fails(t, "DeleteAccessKey", M{"UserName": "ann", "AccessKeyId": key}, "NoSuchEntity", "")
		if got := text(w.Must(t, "GetAccessKeyLastUsed", M{"AccessKeyId": key}), "UserName"); got != "former" {
			t.Errorf("the key is of %q", got)
		}
	})
}

func TestLastUseOfAKeyIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		w.Must(t, "CreateUser", M{"UserName": "ann"})
		key := M{"AccessKeyId": text(w.Must(t, "CreateAccessKey", M{"UserName": "ann"}), "AccessKey.AccessKeyId")}
		equal(t, "never used", M{"UserName": "ann", "AccessKeyLastUsed": M{"ServiceName": "N/A", "Region": "N/A"}},
			w.Must(t, "GetAccessKeyLastUsed", key))
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			return accesskey.Note(tx, text(key, "AccessKeyId"), accesskey.Use{At: w.Now(), Service: "sts", Region: "eu-west-1"})
		})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "used", M{"UserName": "ann", "AccessKeyLastUsed": M{"ServiceName": "sts", "Region": "eu-west-1", "LastUsedDate": created}},
			w.Must(t, "GetAccessKeyLastUsed", key))
		root := M{"AccessKeyId": text(w.Must(t, "CreateAccessKey", nil), "AccessKey.AccessKeyId")}
		equal(t, "root key", M{"AccessKeyLastUsed": M{"ServiceName": "N/A", "Region": "N/A"}}, w.Must(t, "GetAccessKeyLastUsed", root))
		w.Fails(t, "GetAccessKeyLastUsed", M{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}, "AccessDenied",
			"User: "+account+"root is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE")
	})
}

func TestParallelRequestsMakeTwoKeys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		w.Must(t, "CreateUser", M{"UserName": "ann"})
		var made sync.Map
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				if _, err := w.Call("CreateAccessKey", M{"UserName": "ann"}); err == nil {
					made.Store(i, true)
				}
			})
		}
		all.Wait()
		n := 0
		made.Range(func(any, any) bool { n++; return true })
		if listed := w.Must(t, "ListAccessKeys", M{"UserName": "ann"})["AccessKeyMetadata"].([]any); n != 2 || len(listed) != 2 {
			t.Errorf("%d keys were made, %d are there, want 2", n, len(listed))
		}
	})
}
