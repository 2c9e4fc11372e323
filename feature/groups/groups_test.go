package groups_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

type M = servertest.M

var (
	with = servertest.With
	text = servertest.Text
)

const role = "arn:aws:iam::123456789012:role/r"

func TestGroupIsCreatedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		which := M{"UserPoolId": pool, "GroupName": "admins"}
		w.Fails(t, "GetGroup", which, "ResourceNotFoundException", "Group not found.")

		created := w.Must(t, "CreateGroup", with(which, M{"Description": "All powerful", "RoleArn": role, "Precedence": 0}))
		want := M{"Group": M{
			"UserPoolId": pool, "GroupName": "admins", "Description": "All powerful", "RoleArn": role, "Precedence": 0.0,
			"CreationDate": 1773500966.535, "LastModifiedDate": 1773500966.535,
		}}
		if diff := cmp.Diff(want, created); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		w.Fails(t, "CreateGroup", which, "GroupExistsException", "A group with the name already exists.")

		w.Advance(time.Second)
		w.Must(t, "UpdateGroup", with(which, M{"Precedence": 7}))
		want["Group"] = with(want["Group"].(M), M{"Precedence": 7.0, "LastModifiedDate": 1773500967.535})
		if diff := cmp.Diff(want, w.Must(t, "GetGroup", which)); diff != "" {
			t.Errorf("updated (-want +got):\n%s", diff)
		}

		w.Must(t, "DeleteGroup", which)
		for operation, in := range map[string]M{"GetGroup": which, "UpdateGroup": which, "DeleteGroup": which, "ListUsersInGroup": which} {
			w.Fails(t, operation, in, "ResourceNotFoundException", "Group not found.")
		}
		foreign := with(which, M{"RoleArn": "arn:aws:iam::999999999999:role/r"})
		w.Fails(t, "CreateGroup", foreign, "InvalidParameterException", "Cross-account pass role is not allowed.")
		plain := w.Must(t, "CreateGroup", which)["Group"].(M)
		w.Fails(t, "UpdateGroup", foreign, "InvalidParameterException", "Cross-account pass role is not allowed.")
		if len(plain) != 4 {
			t.Errorf("a group of which nothing is said: %v", plain)
		}
		w.Fails(t, "CreateGroup", with(which, M{"UserPoolId": "us-east-1_000000000"}), "ResourceNotFoundException", "User pool us-east-1_000000000 does not exist.")
	})
}

func TestGroupsAreListedByName(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, other := w.Pool(t, nil), w.Pool(t, nil)
		for _, name := range []string{"c", "a", "b", "e", "d"} {
			w.Must(t, "CreateGroup", M{"UserPoolId": pool, "GroupName": name})
		}
		var names []string
		in := M{"UserPoolId": pool, "Limit": 2}
		for range 3 {
			out := w.Must(t, "ListGroups", in)
			for _, g := range out["Groups"].([]any) {
				names = append(names, text(g.(M), "GroupName"))
			}
			if next, ok := out["NextToken"]; ok {
				w.Fails(t, "ListGroups", M{"UserPoolId": other, "NextToken": next}, "InvalidParameterException", "")
			}
			in = with(in, M{"NextToken": out["NextToken"]})
		}
		if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, names); diff != "" || in["NextToken"] != nil {
			t.Errorf("groups (-want +got):\n%s", diff)
		}
		w.Fails(t, "ListGroups", M{"UserPoolId": pool, "NextToken": "garbage"}, "InvalidParameterException", "Invalid pagination token.")
	})
}

func TestMembershipIsSeenFromBothSides(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"AliasAttributes": []string{"email"}})
		w.User(t, pool, "alice", "email", "a@b.example", "email_verified", "true")
		w.User(t, pool, "bob")
		for name, precedence := range map[string]any{"first": 1, "second": 2, "last": nil} {
			w.Must(t, "CreateGroup", with(M{"UserPoolId": pool, "GroupName": name}, M{"Precedence": precedence}))
			w.Must(t, "AdminAddUserToGroup", M{"UserPoolId": pool, "GroupName": name, "Username": "a@b.example"})
		}
		add := M{"UserPoolId": pool, "GroupName": "last", "Username": "bob"}
		w.Must(t, "AdminAddUserToGroup", add)
		w.Must(t, "AdminAddUserToGroup", add)

		groups := func(username string) (names []string) {
			in := M{"UserPoolId": pool, "Username": username, "Limit": 2}
			for range 3 {
				out := w.Must(t, "AdminListGroupsForUser", in)
				for _, g := range out["Groups"].([]any) {
					names = append(names, text(g.(M), "GroupName"))
				}
				if in = with(in, M{"NextToken": out["NextToken"]}); in["NextToken"] == nil {
					break
				}
			}
			return names
		}
		if diff := cmp.Diff([]string{"first", "second", "last"}, groups("alice")); diff != "" {
			t.Errorf("groups of alice (-want +got):\n%s", diff)
		}

		members := map[string]bool{}
		in := M{"UserPoolId": pool, "GroupName": "last", "Limit": 1}
		for range 2 {
			out := w.Must(t, "ListUsersInGroup", in)
			for _, u := range out["Users"].([]any) {
				members[text(u.(M), "Username")] = true
				if text(u.(M), "Attributes.0.Name") != "sub" || u.(M)["Enabled"] != true {
					t.Errorf("member: %v", u)
				}
			}
			in = with(in, M{"NextToken": out["NextToken"]})
		}
		if diff := cmp.Diff(map[string]bool{"alice": true, "bob": true}, members); diff != "" || in["NextToken"] != nil {
			t.Errorf("members (-want +got):\n%s", diff)
		}

		w.Must(t, "AdminRemoveUserFromGroup", M{"UserPoolId": pool, "GroupName": "first", "Username": "alice"})
		w.Must(t, "AdminRemoveUserFromGroup", M{"UserPoolId": pool, "GroupName": "first", "Username": "alice"})
		w.Must(t, "DeleteGroup", M{"UserPoolId": pool, "GroupName": "second"})
		if diff := cmp.Diff([]string{"last"}, groups("alice")); diff != "" {
			t.Errorf("groups of alice (-want +got):\n%s", diff)
		}
		for _, operation := range []string{"AdminAddUserToGroup", "AdminRemoveUserFromGroup"} {
			w.Fails(t, operation, with(add, M{"GroupName": "none"}), "ResourceNotFoundException", "Group not found.")
			w.Fails(t, operation, with(add, M{"Username": "none"}), "UserNotFoundException", "User does not exist.")
		}
		w.Fails(t, "AdminListGroupsForUser", M{"UserPoolId": pool, "Username": "none"}, "UserNotFoundException", "User does not exist.")
	})
}

func TestUserIsInAHundredGroupsAtMost(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		w.User(t, pool, "alice")
		for i := range 101 {
			in := M{"UserPoolId": pool, "GroupName": fmt.Sprint("g", i), "Username": "alice"}
			w.Must(t, "CreateGroup", with(in, M{"Username": nil}))
			if i < 100 {
				w.Must(t, "AdminAddUserToGroup", in)
				continue
			}
			w.Fails(t, "AdminAddUserToGroup", in, "InvalidParameterException", "A user can be in at most 100 groups.")
		}
	})
}
