package profile_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

type M = servertest.M

var (
	attrs = servertest.Attributes
	with  = servertest.With
	text  = servertest.Text
)

const invalid = "InvalidParameterException"

// attributesOf turns an answer's UserAttributes into a map, without sub.
func attributesOf(out M) map[string]string {
	values := map[string]string{}
	for _, item := range out["UserAttributes"].([]any) {
		pair := item.(M)
		values[fmt.Sprint(pair["Name"])] = fmt.Sprint(pair["Value"])
	}
	delete(values, "sub")
	return values
}

// alice signs in at a new pool with a verified address and gives a request with alice's access token.
func alice(t *testing.T, w *servertest.World, pool M) (id string, bearer M) {
	t.Helper()
	id = w.Pool(t, pool)
	w.User(t, id, "alice", "email", "old@b.example", "email_verified", "true")
	return id, M{"AccessToken": w.SignIn(t, w.Client(t, id, nil), "alice")["AccessToken"]}
}

func expect(t *testing.T, w *servertest.World, bearer M, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, attributesOf(w.Must(t, "GetUser", bearer))); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

func TestUsersSeeAndChangeWhatTheirAppMay(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"Schema": []M{{"Name": "team", "AttributeDataType": "String", "Mutable": true}}})
		w.User(t, pool, "alice", "email", "old@b.example", "name", "A", "custom:team", "red")
		client := w.Client(t, pool, M{"ReadAttributes": []string{"name", "custom:team"}, "WriteAttributes": []string{"name", "nickname"}})
		bearer := M{"AccessToken": w.SignIn(t, client, "alice")["AccessToken"]}

		out := w.Must(t, "GetUser", bearer)
		if text(out, "Username") != "alice" || text(out, "UserAttributes.0.Name") != "sub" {
			t.Errorf("user: %v", out)
		}
		expect(t, w, bearer, map[string]string{"name": "A", "custom:team": "red"})

		out = w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("name", "Alice")}))
		if list, ok := out["CodeDeliveryDetailsList"].([]any); !ok || len(list) != 0 {
			t.Errorf("nothing was to be verified: %v", out)
		}
		const denied = "A client attempted to write unauthorized attribute"
		for _, name := range []string{"custom:team", "email", "email_verified"} {
			w.Fails(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs(name, "x")}), "NotAuthorizedException", denied)
			w.Fails(t, "DeleteUserAttributes", with(bearer, M{"UserAttributeNames": []string{name}}), "NotAuthorizedException", denied)
		}
		free := M{"AccessToken": w.SignIn(t, w.Client(t, pool, nil), "alice")["AccessToken"]}
		w.Fails(t, "UpdateUserAttributes", with(free, M{"UserAttributes": attrs("birthdate", "2001-1-1")}),
			invalid, "Invalid user attributes: birthdate: String must be no shorter than 10 characters")
		w.Fails(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("sub", "x")}),
			"InvalidParameterException", "Cannot modify the non-mutable attribute sub")
		expect(t, w, bearer, map[string]string{"name": "Alice", "custom:team": "red"})
		w.Must(t, "DeleteUserAttributes", with(bearer, M{"UserAttributeNames": []string{"name"}}))
		expect(t, w, bearer, map[string]string{"custom:team": "red"})
	})
}

func TestNewAddressIsUnverifiedUntilItsCodeComesBack(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, bearer := alice(t, w, M{"AutoVerifiedAttributes": []string{"email"}, "AliasAttributes": []string{"email"}})
		verify := with(bearer, M{"AttributeName": "email"})
		w.Fails(t, "VerifyUserAttribute", with(verify, M{"Code": "123456"}), "ExpiredCodeException", "Invalid code provided, please request a code again.")

		out := w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("email", "new@b.example")}))
		want := []any{M{"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "n***@b***"}}
		if diff := cmp.Diff(want, out["CodeDeliveryDetailsList"]); diff != "" {
			t.Errorf("deliveries (-want +got):\n%s", diff)
		}
		expect(t, w, bearer, map[string]string{"email": "new@b.example", "email_verified": "false"})
		for _, name := range []string{"old@b.example", "new@b.example"} {
			w.Fails(t, "AdminGetUser", M{"UserPoolId": pool, "Username": name}, "UserNotFoundException", "")
		}

		code := w.Code(t, "new@b.example")
		w.Fails(t, "VerifyUserAttribute", with(verify, M{"Code": "x" + code}), "CodeMismatchException", "Invalid verification code provided, please try again.")
		w.Must(t, "VerifyUserAttribute", with(verify, M{"Code": code}))
		expect(t, w, bearer, map[string]string{"email": "new@b.example", "email_verified": "true"})
		w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "new@b.example"})
		w.Fails(t, "VerifyUserAttribute", with(verify, M{"Code": code}), "ExpiredCodeException", "")
	})
}

func TestOldAddressStaysWhereThePoolVerifiesFirst(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, bearer := alice(t, w, M{
			"AutoVerifiedAttributes": []string{"email"}, "AliasAttributes": []string{"email"},
			"UserAttributeUpdateSettings": M{"AttributesRequireVerificationBeforeUpdate": []string{"email"}},
		})
		who, verify := M{"UserPoolId": pool, "Username": "alice"}, with(bearer, M{"AttributeName": "email"})
		old := map[string]string{"email": "old@b.example", "email_verified": "true"}

		w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("email", "first@b.example")}))
		first := w.Code(t, "first@b.example")
		w.Must(t, "AdminUpdateUserAttributes", with(who, M{"UserAttributes": attrs("email", "second@b.example")}))
		expect(t, w, bearer, old)
		w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "old@b.example"})

		w.Fails(t, "VerifyUserAttribute", with(verify, M{"Code": first}), "CodeMismatchException", "")
		w.Must(t, "VerifyUserAttribute", with(verify, M{"Code": w.Code(t, "second@b.example")}))
		expect(t, w, bearer, map[string]string{"email": "second@b.example", "email_verified": "true"})
		w.Fails(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "old@b.example"}, "UserNotFoundException", "")

		w.Must(t, "AdminUpdateUserAttributes", with(who, M{"UserAttributes": attrs("email", "third@b.example", "email_verified", "true")}))
		expect(t, w, bearer, map[string]string{"email": "third@b.example", "email_verified": "true"})
	})
}

func TestCodeForOneAddressNeverVerifiesAnother(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, bearer := alice(t, w, nil) // nothing is sent by itself
		verify := with(bearer, M{"AttributeName": "email"})
		out := w.Must(t, "GetUserAttributeVerificationCode", verify)
		if text(out, "CodeDeliveryDetails.Destination") != "o***@b***" {
			t.Errorf("delivery: %v", out)
		}
		code := w.Code(t, "old@b.example")
		w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("email", "victim@b.example")}))
		w.Fails(t, "VerifyUserAttribute", with(verify, M{"Code": code}), "CodeMismatchException", "")
		expect(t, w, bearer, map[string]string{"email": "victim@b.example", "email_verified": "false"})
	})
}

func TestVerificationRefuses(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, bearer := alice(t, w, nil)
		for attribute, message := range map[string]string{
			"name":         "Invalid attribute name. Only phone_number and email can be verified.",
			"phone_number": "User does not have a valid registered phone number",
		} {
			w.Fails(t, "GetUserAttributeVerificationCode", with(bearer, M{"AttributeName": attribute}), invalid, message)
		}
		w.Fails(t, "VerifyUserAttribute", with(bearer, M{"AttributeName": "name", "Code": "1"}), invalid, "")
		for range 5 {
			w.Must(t, "GetUserAttributeVerificationCode", with(bearer, M{"AttributeName": "email"}))
		}
		const slow = "Attempt limit exceeded, please try after some time."
		w.Fails(t, "GetUserAttributeVerificationCode", with(bearer, M{"AttributeName": "email"}), "LimitExceededException", slow)

		for range 15 {
			w.Fails(t, "VerifyUserAttribute", with(bearer, M{"AttributeName": "email", "Code": "x"}), "CodeMismatchException", "")
		}
		w.Fails(t, "VerifyUserAttribute", with(bearer, M{"AttributeName": "email", "Code": w.Code(t, "old@b.example")}), "LimitExceededException", slow)
	})
}

func TestOnlyOneOfTwoUsersGetsAnAlias(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"AutoVerifiedAttributes": []string{"email"}, "AliasAttributes": []string{"email", "preferred_username"}})
		client := w.Client(t, pool, nil)
		const runners = 10
		redeem := make([]M, runners)
		for i := range redeem {
			name := fmt.Sprint("user", i)
			w.User(t, pool, name)
			bearer := M{"AccessToken": w.SignIn(t, client, name)["AccessToken"]}
			w.Advance(time.Second) // the inbox is in the order of time
			w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("email", "shared@b.example")}))
			redeem[i] = with(bearer, M{"AttributeName": "email", "Code": w.Code(t, "shared@b.example")})
		}

		errs := make([]error, runners)
		var wg sync.WaitGroup
		for i := range runners {
			wg.Go(func() { _, errs[i] = w.Call("VerifyUserAttribute", redeem[i]) })
		}
		wg.Wait()
		winners := 0
		for _, err := range errs {
			fault, failed := errors.AsType[*awsjson.Fault](err)
			switch {
			case err == nil:
				winners++
			case !failed || fault.Code != "AliasExistsException" || fault.Message != "An account with the given email already exists.":
				t.Errorf("a loser got %v", err)
			}
		}
		if winners != 1 {
			t.Errorf("%d users have the alias, want 1", winners)
		}
		w.Fails(t, "UpdateUserAttributes", M{"AccessToken": redeem[0]["AccessToken"], "UserAttributes": attrs("preferred_username", "user1")},
			"AliasExistsException", "An account with the given preferred_username already exists.")
	})
}

func TestCodeIsRedeemedOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, bearer := alice(t, w, nil)
		w.Must(t, "GetUserAttributeVerificationCode", with(bearer, M{"AttributeName": "email"}))
		redeem := with(bearer, M{"AttributeName": "email", "Code": w.Code(t, "old@b.example")})
		const runners = 100
		errs := make([]error, runners)
		var wg sync.WaitGroup
		for i := range runners {
			wg.Go(func() { _, errs[i] = w.Call("VerifyUserAttribute", redeem) })
		}
		wg.Wait()
		winners := 0
		for _, err := range errs {
			if err == nil {
				winners++
			}
		}
		if winners != 1 {
			t.Errorf("%d of %d redeemed the code, want 1", winners, runners)
		}
	})
}

func TestUserWhoDeletesThemselvesIsGone(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, bearer := alice(t, w, nil)
		w.Must(t, "DeleteUser", bearer)
		w.Fails(t, "DeleteUser", bearer, "UserNotFoundException", "User does not exist.")
		w.Fails(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "alice"}, "UserNotFoundException", "User does not exist.")
		w.User(t, pool, "alice")
		w.Fails(t, "GetUser", bearer, "UserNotFoundException", "User does not exist.")
	})
}

func TestBadTokensOpenNothing(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for operation, in := range map[string]M{
			"GetUser": {}, "DeleteUser": {}, "UpdateUserAttributes": {"UserAttributes": attrs("name", "x")},
			"DeleteUserAttributes": {"UserAttributeNames": []string{"name"}}, "VerifyUserAttribute": {"AttributeName": "email", "Code": "1"},
			"GetUserAttributeVerificationCode": {"AttributeName": "email"},
		} {
			w.Fails(t, operation, with(in, M{"AccessToken": "eyJ.eyJ.x"}), "NotAuthorizedException", "")
		}
	})
}

func TestACodeForAnAddressLivesADay(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		w.User(t, pool, "alice", "email", "a@b.example")
		client := w.Client(t, pool, M{"AccessTokenValidity": 24, "TokenValidityUnits": M{"AccessToken": "hours"}})
		verify := func() M {
			return M{"AccessToken": w.SignIn(t, client, "alice")["AccessToken"], "AttributeName": "email"}
		}
		ask := func() { w.Must(t, "GetUserAttributeVerificationCode", verify()) }
		ask()
		w.Advance(24 * time.Hour)
		w.Fails(t, "VerifyUserAttribute", with(verify(), M{"Code": w.Code(t, "a@b.example")}), "ExpiredCodeException",
			"Invalid code provided, please request a code again.")
		ask()
		w.Advance(24*time.Hour - time.Millisecond)
		w.Must(t, "VerifyUserAttribute", with(verify(), M{"Code": w.Code(t, "a@b.example")}))
	})
}
