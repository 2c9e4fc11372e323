package useradmin_test

import (
	"errors"
	"fmt"
	"strings"
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
	at    = servertest.At
)

// attributesOf turns a list of an answer into a map.
func attributesOf(list any) map[string]string {
	values := map[string]string{}
	items, _ := list.([]any)
	for _, item := range items {
		pair, _ := item.(M)
		value, _ := pair["Value"].(string)
		values[fmt.Sprint(pair["Name"])] = value
	}
	return values
}

func TestInvitedUserGetsATemporaryPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		out := w.Must(t, "AdminCreateUser", M{
			"UserPoolId": pool, "Username": "alice",
			"UserAttributes": attrs("email", "alice@b.example", "email_verified", "True", "name", ""),
		})
		sub := text(out, "User.Attributes.0.Value")
		want := M{
			"Username": "alice", "Enabled": true, "UserStatus": "FORCE_CHANGE_PASSWORD",
			"UserCreateDate": 1773500966.535, "UserLastModifiedDate": 1773500966.535,
			"Attributes": []any{M{"Name": "sub", "Value": sub}, M{"Name": "email", "Value": "alice@b.example"}, M{"Name": "email_verified", "Value": "true"}},
		}
		if diff := cmp.Diff(want, out["User"]); diff != "" {
			t.Errorf("user (-want +got):\n%s", diff)
		}

		mail := w.Inbox("alice@b.example")
		if len(mail) != 1 || len(mail[0].Code) < 8 || !strings.Contains(mail[0].Body, "alice") || !strings.Contains(mail[0].Body, mail[0].Code) {
			t.Fatalf("invitation: %+v", mail)
		}
		client := w.Client(t, pool, nil)
		challenge := w.Must(t, "InitiateAuth", M{
			"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
			"AuthParameters": M{"USERNAME": "alice", "PASSWORD": mail[0].Code},
		})
		if got := text(challenge, "ChallengeName"); got != "NEW_PASSWORD_REQUIRED" {
			t.Errorf("sign-in with the temporary password: %v", challenge)
		}
	})
}

func TestInvitationGoesWhereItIsWanted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		both := attrs("email", "both@b.example", "phone_number", "+15550100")
		for i, c := range []struct {
			in         M
			mail, text int // messages so far
		}{
			{M{"UserAttributes": both}, 0, 1},
			{M{"UserAttributes": both, "DesiredDeliveryMediums": []string{"EMAIL"}}, 1, 1},
			{M{"UserAttributes": both, "DesiredDeliveryMediums": []string{"EMAIL", "SMS"}}, 2, 2},
			{M{"UserAttributes": both, "MessageAction": "SUPPRESS"}, 2, 2},
			{M{}, 2, 2},
			{M{"DesiredDeliveryMediums": []string{"EMAIL"}}, 2, 2},
		} {
			w.Must(t, "AdminCreateUser", with(c.in, M{"UserPoolId": pool, "Username": fmt.Sprint("user", i)}))
			if mail, texts := len(w.Inbox("both@b.example")), len(w.Inbox("+15550100")); mail != c.mail || texts != c.text {
				t.Errorf("after case %d: %d mails and %d text messages, want %d and %d", i, mail, texts, c.mail, c.text)
			}
		}
	})
}

func TestResendReplacesTheTemporaryPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		who := M{"UserPoolId": pool, "Username": "alice"}
		resend := with(who, M{"MessageAction": "RESEND"})
		w.Fails(t, "AdminCreateUser", resend, "UserNotFoundException", "User does not exist.")

		w.Must(t, "AdminCreateUser", with(who, M{"UserAttributes": attrs("email", "alice@b.example")}))
		first := w.Code(t, "alice@b.example")
		w.Advance(8 * 24 * time.Hour)
		signIn := func(password string) M {
			return M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": password}}
		}
		w.Fails(t, "InitiateAuth", signIn(first), "NotAuthorizedException",
			"Temporary password has expired and must be reset by an administrator.")

		w.Must(t, "AdminCreateUser", resend)
		second := w.Code(t, "alice@b.example")
		w.Fails(t, "InitiateAuth", signIn(first), "NotAuthorizedException", "Incorrect username or password.")
		if got := text(w.Must(t, "InitiateAuth", signIn(second)), "ChallengeName"); got != "NEW_PASSWORD_REQUIRED" {
			t.Errorf("challenge = %q", got)
		}

		w.Must(t, "AdminSetUserPassword", with(who, M{"Password": servertest.Password, "Permanent": true}))
		w.Fails(t, "AdminCreateUser", resend, "UnsupportedUserStateException",
			"Resend not possible. alice status is not FORCE_CHANGE_PASSWORD")
	})
}

func TestAdminCreateUserRefuses(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"AliasAttributes": []string{"email"}})
		names := w.Pool(t, M{"UsernameAttributes": []string{"email"}})
		guarded := w.Pool(t, M{"LambdaConfig": M{"PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:f"}})
		w.User(t, pool, "alice", "email", "a@b.example", "email_verified", "true")
		w.User(t, names, "a@b.example")

		const invalid = "InvalidParameterException"
		for _, c := range []struct {
			in            M
			code, message string
		}{
			{M{"UserPoolId": "us-east-1_000000000"}, "ResourceNotFoundException", "User pool us-east-1_000000000 does not exist."},
			{M{"Username": "alice"}, "UsernameExistsException", "User account already exists"},
			{M{"UserAttributes": attrs("email", "a@b.example", "email_verified", "true")}, "UsernameExistsException", "An account with the given email already exists."},
			{M{"Username": "c@d.example"}, invalid, "Username cannot be of email format, since user pool is configured for email alias."},
			{M{"UserPoolId": names}, invalid, "Username should be an email."},
			{M{"UserPoolId": names, "Username": "a@b.example"}, "UsernameExistsException", "An account with the given email already exists."},
			{M{"UserAttributes": attrs("email_verified", "true")}, invalid, "Email is required to verify/un-verify an email"},
			{M{"UserAttributes": attrs("email", "unknown")}, invalid, "Invalid email address format."},
			{M{"UserAttributes": attrs("custom:x", "1")}, invalid, "Attributes did not conform to the schema: custom:x: Attribute does not exist in the schema.\n"},
			{M{"TemporaryPassword": "short"}, "InvalidPasswordException", "Password did not conform with policy: Password not long enough"},
			{M{"UserPoolId": guarded}, "UnexpectedLambdaException", ""},
		} {
			w.Fails(t, "AdminCreateUser", with(M{"UserPoolId": pool, "Username": "bob"}, c.in), c.code, c.message)
		}
		w.Fails(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "bob"}, "UserNotFoundException", "User does not exist.")
	})
}

func TestUsernameAttributePoolsNameUsersByTheirSub(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"UsernameAttributes": []string{"email"}})
		user := w.Must(t, "AdminCreateUser", M{"UserPoolId": pool, "Username": "a@b.example", "DesiredDeliveryMediums": []string{"EMAIL"}})
		got := attributesOf(at(user, "User.Attributes"))
		if got["sub"] != text(user, "User.Username") || got["email"] != "a@b.example" {
			t.Errorf("user: %v", user)
		}
		if mail := w.Inbox("a@b.example"); len(mail) != 1 || !strings.Contains(mail[0].Body, "a@b.example") {
			t.Errorf("the invitation names the address to sign in with: %+v", mail)
		}
		for _, name := range []string{"a@b.example", got["sub"]} {
			found := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": name})
			if text(found, "Username") != got["sub"] {
				t.Errorf("AdminGetUser %s: %v", name, found)
			}
		}
	})
}

func TestForceAliasCreationMovesTheAlias(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"AliasAttributes": []string{"email"}})
		w.User(t, pool, "old", "email", "a@b.example", "email_verified", "true")
		w.Must(t, "AdminCreateUser", M{
			"UserPoolId": pool, "Username": "new", "ForceAliasCreation": true, "MessageAction": "SUPPRESS",
			"UserAttributes": attrs("email", "a@b.example", "email_verified", "true"),
		})
		if got := text(w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "a@b.example"}), "Username"); got != "new" {
			t.Errorf("the alias names %q, want new", got)
		}
		old := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "old"})
		if got := attributesOf(old["UserAttributes"]); got["email"] != "a@b.example" || got["email_verified"] != "false" {
			t.Errorf("the old owner has %v", got)
		}
	})
}

func TestParallelAdminCreateUserHasOneWinner(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		const runners = 100
		errs := make([]error, runners)
		var wg sync.WaitGroup
		for i := range runners {
			wg.Go(func() {
				_, errs[i] = w.Call("AdminCreateUser", M{
					"UserPoolId": pool, "Username": "alice", "UserAttributes": attrs("email", "a@b.example"), "TemporaryPassword": servertest.Password,
				})
			})
		}
		wg.Wait()

		winners := 0
		for _, err := range errs {
			fault, failed := errors.AsType[*awsjson.Fault](err)
			switch {
			case err == nil:
				winners++
			case !failed || fault.Code != "UsernameExistsException":
				t.Errorf("a loser got %v", err)
			}
		}
		if mail := w.Inbox("a@b.example"); winners != 1 || len(mail) != 1 {
			t.Errorf("%d winners and %d invitations, want one each", winners, len(mail))
		}
	})
}

func TestUnusedAccountValidityDaysEndATemporaryPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"AdminCreateUserConfig": M{"UnusedAccountValidityDays": 3}})
		client := w.Client(t, pool, nil)
		who := M{"UserPoolId": pool, "Username": "alice"}
		temporary := M{"TemporaryPassword": servertest.Password, "MessageAction": "SUPPRESS"}
		signIn := M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": servertest.Password}}
		// lasts tells whether the password, set now, is good for three days and no longer.
		lasts := func(how string) {
			t.Helper()
			w.Advance(3 * 24 * time.Hour)
			if got := text(w.Must(t, "InitiateAuth", signIn), "ChallengeName"); got != "NEW_PASSWORD_REQUIRED" {
				t.Errorf("%s: challenge = %q", how, got)
			}
			w.Advance(time.Millisecond)
			w.Fails(t, "InitiateAuth", signIn, "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator.")
		}

		w.Must(t, "AdminCreateUser", with(who, temporary))
		lasts("created")
		w.Must(t, "AdminCreateUser", with(who, M{"TemporaryPassword": servertest.Password, "MessageAction": "RESEND"}))
		lasts("sent again")
		w.Must(t, "AdminSetUserPassword", with(who, M{"Password": servertest.Password, "Permanent": false}))
		lasts("set by an administrator")

		w.Must(t, "UpdateUserPool", M{"UserPoolId": pool, "AdminCreateUserConfig": M{"UnusedAccountValidityDays": 4}})
		if got := text(w.Must(t, "InitiateAuth", signIn), "ChallengeName"); got != "NEW_PASSWORD_REQUIRED" {
			t.Errorf("with another day: challenge = %q", got)
		}
	})
}
