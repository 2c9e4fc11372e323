package userpool_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/server/servertest"
	"cardea/spec/id"
)

// ids pages through ListUserPools.
func ids(t *testing.T, w *servertest.World, size int) (found []string) {
	t.Helper()
	request := M{"MaxResults": size}
	for range 1000 {
		out := w.Must(t, "ListUserPools", request)
		page := out["UserPools"].([]any)
		if len(page) > size {
			t.Fatalf("a page of %d, asked for %d", len(page), size)
		}
		for _, item := range page {
			found = append(found, servertest.Text(item.(M), "Id"))
		}
		if out["NextToken"] == nil {
			return found
		}
		request["NextToken"] = out["NextToken"]
	}
	t.Fatal("the listing does not end")
	return nil
}

func TestListShowsEveryPoolOfTheRegionOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		var want []string
		for range 5 {
			want = append(want, w.Pool(t, nil))
		}
		slices.Sort(want)
		abroad := w.In("eu-west-1").Pool(t, nil)

		for _, size := range []int{1, 2, 5, 60} {
			if got := ids(t, w, size); !slices.Equal(got, want) {
				t.Errorf("pages of %d: %v, want %v", size, got, want)
			}
		}
		if got := ids(t, w.In("eu-west-1"), 60); !slices.Equal(got, []string{abroad}) {
			t.Errorf("eu-west-1: %v, want %s", got, abroad)
		}
		if got := ids(t, w.In("eu-west-2"), 60); got != nil {
			t.Errorf("eu-west-2: %v, want none", got)
		}
	})
}

func TestListedPoolHasTheMembersOfADescription(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		now := float64(w.Now().UnixMilli()) / 1000
		want := M{"Id": p, "Name": "test", "LambdaConfig": M{}, "Status": "Enabled", "LastModifiedDate": now, "CreationDate": now}
		got := servertest.At(w.Must(t, "ListUserPools", M{"MaxResults": 1}), "UserPools.0")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
	})
}

func TestForeignPaginationTokensAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for range 2 {
			w.Pool(t, nil)
			w.In("eu-west-1").Pool(t, nil)
		}
		token := servertest.Text(w.Must(t, "ListUserPools", M{"MaxResults": 1}), "NextToken")
		if token == "" || strings.Contains(token, "us-east-1") {
			t.Fatalf("token %q", token)
		}
		list := M{"MaxResults": 1, "NextToken": token}
		w.Fails(t, "ListUserPools", M{"MaxResults": 1, "NextToken": "garbage"}, "InvalidParameterException", "Invalid pagination token.")
		w.Fails(t, "ListUserPools", M{"MaxResults": 1, "NextToken": token + "A"}, "InvalidParameterException", "Invalid pagination token.")
		w.In("eu-west-1").Fails(t, "ListUserPools", list, "InvalidParameterException", "Invalid pagination token.")
		w.Must(t, "ListUserPools", list)
	})
}

func TestAThousandPoolsAreListedPageByPage(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		template := w.Pool(t, everything())
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			original, err := pool.Get(tx, id.Pool(template))
			if err != nil {
				return err
			}
			for i := range 999 {
				copied := original.Clone()
				copied.ID = id.Pool(fmt.Sprintf("us-east-1_copy%05d", i))
				if err := pool.Insert(tx, copied); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}

		if got := len(ids(t, w, 60)); got != 1000 {
			t.Errorf("%d pools, want 1000", got)
		}
	})
}

func TestPoolIsUnknownElsewhere(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		unknown := "User pool " + p + " does not exist."
		there := w.In("eu-west-1")
		for _, operation := range []string{"DescribeUserPool", "UpdateUserPool", "DeleteUserPool", "GetUserPoolMfaConfig", "SetUserPoolMfaConfig"} {
			there.Fails(t, operation, M{"UserPoolId": p}, "ResourceNotFoundException", unknown)
		}
		w.Must(t, "DescribeUserPool", M{"UserPoolId": p})
	})
}

func TestDeletedPoolIsGoneWithAllThatWasInIt(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, other := w.Pool(t, nil), w.Pool(t, nil)
		for _, pool := range []string{p, other} {
			c := w.Client(t, pool, M{"GenerateSecret": false})
			w.Client(t, pool, M{"GenerateSecret": true})
			w.Must(t, "CreateResourceServer", M{"UserPoolId": pool, "Identifier": "api", "Name": "API"})
			w.Must(t, "CreateGroup", M{"UserPoolId": pool, "GroupName": "staff"})
			w.User(t, pool, "alice", "email", "alice@example.com", "email_verified", "true")
			w.Must(t, "AdminAddUserToGroup", M{"UserPoolId": pool, "Username": "alice", "GroupName": "staff"})
			w.SignIn(t, c, "alice")
			w.Must(t, "ForgotPassword", M{"ClientId": c, "Username": "alice"})
			if users := servertest.At(w.Must(t, "DescribeUserPool", M{"UserPoolId": pool}), "UserPool.EstimatedNumberOfUsers"); users != 1.0 {
				t.Errorf("estimated number of users: %v, want 1", users)
			}
		}

		before := rows(t, w.DB)
		w.Must(t, "DeleteUserPool", M{"UserPoolId": p})
		for table, count := range rows(t, w.DB) {
			if count[p] > 0 {
				t.Errorf("%d rows of the deleted pool left in %s", count[p], table)
			}
			if count[other] != before[table][other] {
				t.Errorf("%s: %d rows of another pool, before %d", table, count[other], before[table][other])
			}
		}
		w.Fails(t, "DescribeUserPool", M{"UserPoolId": p}, "ResourceNotFoundException", "User pool "+p+" does not exist.")
		w.Fails(t, "DeleteUserPool", M{"UserPoolId": p}, "ResourceNotFoundException", "User pool "+p+" does not exist.")
	})
}

// rows counts the rows of each pool in each table that a busy pool fills.
func rows(t *testing.T, d *db.DB) map[string]map[string]int {
	t.Helper()
	found := map[string]map[string]int{}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		for _, table := range []string{
			"pool", "client", "client_secret", "resource_server", "data_key", "signing_key", "user_account", "user_name",
			"user_attribute", "user_group", "group_member", "session", "code",
		} {
			names, err := db.All(tx, func(row db.Scanner) (name string, err error) {
				err = row.Scan(&name)
				return name, err
			}, "SELECT pool_id FROM "+table)
			if err != nil {
				return err
			}
			found[table] = map[string]int{}
			for _, name := range names {
				found[table][name]++
			}
			if len(names) == 0 {
				t.Errorf("the test leaves %s empty", table)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestProtectedPoolIsNotDeleted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, M{"DeletionProtection": "ACTIVE"})
		w.Fails(t, "DeleteUserPool", M{"UserPoolId": p}, "InvalidParameterException",
			"The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.")
		w.Must(t, "UpdateUserPool", M{"UserPoolId": p, "DeletionProtection": "INACTIVE"})
		w.Must(t, "DeleteUserPool", M{"UserPoolId": p})
	})
}

func TestPoolWithDomainIsNotDeleted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			found, err := pool.Get(tx, id.Pool(p))
			if err != nil {
				return err
			}
			changed := found.Clone()
			changed.Doc.Domain = "shop"
			return pool.Update(tx, changed)
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Fails(t, "DeleteUserPool", M{"UserPoolId": p}, "InvalidParameterException",
			"User pool cannot be deleted. It has a domain configured that should be deleted first.")
	})
}

func TestTagsAreSetReplacedAndTaken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, M{"UserPoolTags": M{"team": "red"}})
		arn := "arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + p
		w.Must(t, "TagResource", M{"ResourceArn": arn, "Tags": M{"team": "blue", "cardea:password-storage": "srp", "empty": ""}})
		w.Must(t, "UntagResource", M{"ResourceArn": arn, "TagKeys": []string{"empty", "never there"}})

		want := M{"team": "blue", "cardea:password-storage": "srp"}
		if diff := cmp.Diff(M{"Tags": want}, w.Must(t, "ListTagsForResource", M{"ResourceArn": arn})); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
		if diff := cmp.Diff(want, settings(t, w, p)["UserPoolTags"]); diff != "" {
			t.Errorf("DescribeUserPool: want (-), got (+):\n%s", diff)
		}

		w.Fails(t, "TagResource", M{"ResourceArn": arn, "Tags": M{"cardea:password-storage": "md5"}}, "InvalidParameterException", "")
		w.Fails(t, "TagResource", M{"ResourceArn": arn, "Tags": many(49)}, "InvalidParameterException", "")
		for wrong, code := range map[string]string{
			"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_nowhere00": "ResourceNotFoundException",
			"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/" + p:                "ResourceNotFoundException",
			"arn:aws:cognito-idp:us-east-1:999999999999:userpool/" + p:                "ResourceNotFoundException",
			"arn:aws:cognito-idp:us-east-1:123456789012:identitypool/" + p:            "InvalidParameterException",
			"arn:aws:s3:us-east-1:123456789012:userpool/" + p:                         "InvalidParameterException",
		} {
			w.Fails(t, "ListTagsForResource", M{"ResourceArn": wrong}, code, "")
			w.Fails(t, "TagResource", M{"ResourceArn": wrong, "Tags": M{"a": "b"}}, code, "")
			w.Fails(t, "UntagResource", M{"ResourceArn": wrong, "TagKeys": []string{"team"}}, code, "")
		}
	})
}
