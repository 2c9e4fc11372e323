package useradmin_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

func TestAdminGetUserShowsTheUserByAnyName(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"AliasAttributes": []string{"email"}})
		w.User(t, pool, "alice", "email", "a@b.example", "email_verified", "true")
		out := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "alice"})
		sub := text(out, "UserAttributes.0.Value")
		want := M{
			"Username": "alice", "Enabled": true, "UserStatus": "CONFIRMED",
			"UserCreateDate": 1773500966.535, "UserLastModifiedDate": 1773500966.535,
			"UserAttributes": []any{M{"Name": "sub", "Value": sub}, M{"Name": "email", "Value": "a@b.example"}, M{"Name": "email_verified", "Value": "true"}},
		}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Errorf("user (-want +got):\n%s", diff)
		}
		for _, name := range []string{sub, "a@b.example"} {
			if diff := cmp.Diff(want, w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": name})); diff != "" {
				t.Errorf("by %s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestDisabledUserMustSignInAgain(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "alice")
		tokens := w.SignIn(t, client, "alice")
		bearer, who := M{"AccessToken": tokens["AccessToken"]}, M{"UserPoolId": pool, "Username": "alice"}
		w.Must(t, "GetUser", bearer)

		w.Advance(time.Second)
		w.Must(t, "AdminDisableUser", who)
		w.Must(t, "AdminDisableUser", who)
		if out := w.Must(t, "AdminGetUser", who); out["Enabled"] != false {
			t.Errorf("disabled user: %v", out)
		}
		w.Fails(t, "GetUser", bearer, "NotAuthorizedException", "")
		w.Fails(t, "InitiateAuth", M{
			"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": servertest.Password},
		}, "NotAuthorizedException", "User is disabled.")

		w.Must(t, "AdminEnableUser", who)
		w.Fails(t, "GetUser", bearer, "NotAuthorizedException", "Access Token has been revoked")
		w.Fails(t, "InitiateAuth", M{
			"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": M{"REFRESH_TOKEN": tokens["RefreshToken"]},
		}, "NotAuthorizedException", "")
		w.Advance(time.Second)
		w.Must(t, "GetUser", M{"AccessToken": w.SignIn(t, client, "alice")["AccessToken"]})
		w.Fails(t, "AdminDisableUser", with(who, M{"Username": "bob"}), "UserNotFoundException", "User does not exist.")
	})
}

func TestDeletedUserIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		who := M{"UserPoolId": pool, "Username": "alice"}
		w.User(t, pool, "alice", "email", "a@b.example")
		w.Must(t, "CreateGroup", M{"UserPoolId": pool, "GroupName": "g"})
		w.Must(t, "AdminAddUserToGroup", with(who, M{"GroupName": "g"}))
		tokens := w.SignIn(t, client, "alice")
		first := text(w.Must(t, "AdminGetUser", who), "UserAttributes.0.Value")

		w.Must(t, "AdminDeleteUser", who)
		w.Fails(t, "AdminGetUser", who, "UserNotFoundException", "User does not exist.")
		w.Fails(t, "AdminDeleteUser", who, "UserNotFoundException", "User does not exist.")
		w.Fails(t, "GetUser", M{"AccessToken": tokens["AccessToken"]}, "UserNotFoundException", "User does not exist.")
		w.User(t, pool, "alice", "email", "a@b.example")
		if again := text(w.Must(t, "AdminGetUser", who), "UserAttributes.0.Value"); again == first {
			t.Error("the new user has the old one's sub")
		}
		w.Fails(t, "GetUser", M{"AccessToken": tokens["AccessToken"]}, "UserNotFoundException", "User does not exist.")
		if out := w.Must(t, "AdminListGroupsForUser", who); len(out["Groups"].([]any)) != 0 {
			t.Errorf("the new user is in the old one's groups: %v", out)
		}
	})
}

func TestAdminUpdatesAttributes(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{
			"AliasAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"},
			"Schema": []M{{"Name": "team", "AttributeDataType": "String", "Mutable": true}, {"Name": "badge", "AttributeDataType": "Number", "Mutable": false}},
		})
		w.User(t, pool, "alice", "email", "old@b.example", "email_verified", "true", "custom:badge", "7")
		w.User(t, pool, "bob", "email", "bob@b.example", "email_verified", "true")
		who := M{"UserPoolId": pool, "Username": "alice"}
		now := func() map[string]string {
			got := attributesOf(w.Must(t, "AdminGetUser", who)["UserAttributes"])
			delete(got, "sub")
			return got
		}

		w.Must(t, "AdminUpdateUserAttributes", with(who, M{"UserAttributes": attrs("email", "new@b.example", "custom:team", "red", "name", "A")}))
		want := map[string]string{"email": "new@b.example", "email_verified": "false", "custom:team": "red", "custom:badge": "7", "name": "A"}
		if diff := cmp.Diff(want, now()); diff != "" {
			t.Errorf("after the update (-want +got):\n%s", diff)
		}
		if mail := w.Inbox("new@b.example"); len(mail) != 1 {
			t.Errorf("codes sent to the new address: %v", mail)
		}

		w.Must(t, "AdminUpdateUserAttributes", with(who, M{"UserAttributes": attrs("email_verified", "true", "name", "")}))
		w.Must(t, "AdminDeleteUserAttributes", with(who, M{"UserAttributeNames": []string{"custom:team"}}))
		want = map[string]string{"email": "new@b.example", "email_verified": "true", "custom:badge": "7"}
		if diff := cmp.Diff(want, now()); diff != "" {
			t.Errorf("after the removal (-want +got):\n%s", diff)
		}

		const invalid = "InvalidParameterException"
		for _, c := range []struct {
			attrs         []M
			code, message string
		}{
			{attrs("email", "bob@b.example", "email_verified", "true"), "AliasExistsException", "An account with the given email already exists."},
			{attrs("custom:foo", "x"), invalid, "Invalid user attributes: user.custom:foo: Attribute does not exist in the schema.\n"},
			{attrs("custom:badge", "8"), invalid, "user.custom:badge: Attribute cannot be updated.\n"},
			{attrs("sub", "x"), invalid, "Cannot modify the non-mutable attribute sub"},
			{attrs("phone_number_verified", "true"), invalid, "Phone Number is required to verify/un-verify a phone number"},
			{attrs("phone_number", "555"), invalid, "Invalid phone number format."},
		} {
			w.Fails(t, "AdminUpdateUserAttributes", with(who, M{"UserAttributes": c.attrs}), c.code, c.message)
		}
		w.Fails(t, "AdminDeleteUserAttributes", with(who, M{"UserAttributeNames": []string{"custom:foo"}}), invalid,
			"Invalid user attributes: user.custom:foo: Attribute does not exist in the schema.\n")
		if diff := cmp.Diff(want, now()); diff != "" {
			t.Errorf("after refusals (-want +got):\n%s", diff)
		}
	})
}

func TestListUsersPagesAndFilters(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"Schema": []M{{"Name": "team", "AttributeDataType": "String", "Mutable": true}}})
		for i := range 7 {
			w.Must(t, "AdminCreateUser", M{
				"UserPoolId": pool, "Username": fmt.Sprint("user", i), "MessageAction": "SUPPRESS", "TemporaryPassword": servertest.Password,
				"UserAttributes": attrs("name", fmt.Sprintf("say \"%d\"", i%2), "custom:team", fmt.Sprint("t", i%3)),
			})
		}
		w.Must(t, "AdminDisableUser", M{"UserPoolId": pool, "Username": "user6"})

		for filter, want := range map[string]int{
			``: 7, `username = "user3"`: 1, `username ^= "user"`: 7, `username = "User3"`: 0, `name = "say \"1\""`: 3, `name ^= "SAY"`: 7,
			`custom:team="t0"`: 3, `custom:team="T0"`: 3, `status = "Disabled"`: 1, `status = "disabled"`: 0, `cognito:user_status = "force_change_password"`: 7, `email ^= "x"`: 0,
		} {
			names, in := map[string]bool{}, M{"UserPoolId": pool, "Limit": 2, "Filter": filter}
			for range 5 {
				out := w.Must(t, "ListUsers", in)
				for _, u := range out["Users"].([]any) {
					names[text(u.(M), "Username")] = true
				}
				if in = with(in, M{"PaginationToken": out["PaginationToken"]}); out["PaginationToken"] == nil {
					break
				}
			}
			if len(names) != want || in["PaginationToken"] != nil {
				t.Errorf("%s: found %v, want %d", filter, names, want)
			}
		}
	})
}

func TestListUsersShowsTheAttributesAskedFor(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		w.User(t, pool, "alice", "email", "a@b.example", "name", "A")
		list := func(in M) []any {
			users := w.Must(t, "ListUsers", with(M{"UserPoolId": pool}, in))["Users"].([]any)
			got, _ := users[0].(M)["Attributes"].([]any)
			return got
		}
		if got := attributesOf(list(nil)); len(got) != 3 || got["sub"] == "" {
			t.Errorf("all attributes: %v", got)
		}
		if diff := cmp.Diff([]any{M{"Name": "email", "Value": "a@b.example"}}, list(M{"AttributesToGet": []string{"email", "phone_number"}})); diff != "" {
			t.Errorf("attributes (-want +got):\n%s", diff)
		}
		if got := list(M{"AttributesToGet": []string{}}); got != nil {
			t.Errorf("no attributes: %v", got)
		}

		const invalid = "InvalidParameterException"
		token := text(w.Must(t, "ListUsers", M{"UserPoolId": pool, "Limit": 0}), "PaginationToken")
		if token != "" {
			t.Errorf("a token after the last page: %s", token)
		}
		w.User(t, pool, "bob")
		token = text(w.Must(t, "ListUsers", M{"UserPoolId": pool, "Limit": 1}), "PaginationToken")
		for message, in := range map[string]M{
			"Error while parsing filter":                     {"Filter": `name "x"`},
			"Invalid search attribute: custom:foo":           {"Filter": `custom:foo = "x"`},
			"Invalid pagination token.":                      {"PaginationToken": token, "Filter": `name ^= "A"`},
			"One or more requested attributes do not exist.": {"AttributesToGet": []string{"email", "custom:foo"}},
		} {
			w.Fails(t, "ListUsers", with(M{"UserPoolId": pool}, in), invalid, message)
		}
		w.Fails(t, "ListUsers", M{"UserPoolId": "us-east-1_000000000"}, "ResourceNotFoundException", "User pool us-east-1_000000000 does not exist.")
	})
}

func TestUsersOfAnotherRegionAreNotFound(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		w.User(t, pool, "alice")
		in := servertest.M{"UserPoolId": pool, "Username": "alice"}
		w.Must(t, "AdminGetUser", in)
		w.In("eu-west-1").Fails(t, "AdminGetUser", in, "ResourceNotFoundException", "User pool "+pool+" does not exist.")
	})
}
