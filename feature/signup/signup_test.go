package signup_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

// M and the variables abbreviate names that all tests here use.
type M = servertest.M

var (
	with       = servertest.With
	attributes = servertest.Attributes
	text       = servertest.Text
	verifies   = M{"AutoVerifiedAttributes": []string{"email"}}
	texting    = M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sns", "ExternalId": "x"}
)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

// jane is the SignUp of jane.
func jane(client string) M {
	return M{
		"ClientId": client, "Username": "jane", "Password": servertest.Password,
		"UserAttributes": attributes("email", "jane@example.org"),
	}
}

func who(client, username string) M { return M{"ClientId": client, "Username": username} }

func status(t *testing.T, w *servertest.World, pool, username string) string {
	t.Helper()
	return text(w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": username}), "UserStatus")
}

func attribute(t *testing.T, w *servertest.World, pool, username, name string) string {
	t.Helper()
	user := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": username})
	for _, a := range user["UserAttributes"].([]any) {
		if text(a.(M), "Name") == name {
			return text(a.(M), "Value")
		}
	}
	return ""
}

func TestSignUpSendsACodeThatConfirmsTheUserAndTheAddress(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, verifies)
		client := w.Client(t, pool, nil)
		out := w.Must(t, "SignUp", jane(client))
		want := M{
			"UserConfirmed": false, "UserSub": out["UserSub"],
			"CodeDeliveryDetails": M{"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "j***@e***"},
		}
		if diff := cmp.Diff(want, out); diff != "" || len(text(out, "UserSub")) != 36 {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		message := w.Inbox("jane@example.org")[0]
		if message.Subject != "Your verification code" || message.Body != "Your verification code is "+message.Code+". " {
			t.Errorf("message %+v", message)
		}
		if s := status(t, w, pool, "jane"); s != "UNCONFIRMED" {
			t.Errorf("status %s", s)
		}

		out = w.Must(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": message.Code}))
		if len(out) != 0 {
			t.Errorf("answer %v, want {}", out)
		}
		if s, v := status(t, w, pool, "jane"), attribute(t, w, pool, "jane", "email_verified"); s != "CONFIRMED" || v != "true" {
			t.Errorf("status %s, email_verified %s", s, v)
		}
		w.Fails(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": message.Code}),
			"NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
		w.Fails(t, "ResendConfirmationCode", who(client, "jane"), "InvalidParameterException", "User is already confirmed.")
		w.SignIn(t, client, "jane")
	})
}

func TestSignUpRefusals(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(verifies, M{
			"AliasAttributes": []string{"email", "preferred_username"},
			"Schema":          []M{{"Name": "name", "Required": true, "AttributeDataType": "String"}},
		}))
		client := w.Client(t, pool, nil)
		good := with(jane(client), M{"UserAttributes": attributes("email", "jane@example.org", "name", "Jane")})
		closed := w.Client(t, w.Pool(t, M{"AdminCreateUserConfig": M{"AllowAdminCreateUserOnly": true}}), nil)
		w.Must(t, "SignUp", good)

		for _, c := range []struct {
			name          string
			change        M
			code, message string
		}{
			{"taken", nil, "UsernameExistsException", "User already exists"},
			{"unknown client", M{"ClientId": "abcdefghijklmnopqrstuvwxyz"}, "ResourceNotFoundException", "User pool client abcdefghijklmnopqrstuvwxyz does not exist."},
			{"hash for a client without secret", M{"SecretHash": "x"}, "NotAuthorizedException", "Unable to verify secret hash for client " + client},
			{"closed pool", M{"ClientId": closed}, "NotAuthorizedException", "SignUp is not permitted for this user pool"},
			{"short password", M{"Username": "x", "Password": "Sh0rt!"}, "InvalidPasswordException", "Password did not conform with policy: Password not long enough"},
			{"no password", M{"Username": "x", "Password": nil}, "InvalidPasswordException", ""},
			{"missing attribute", M{"Username": "x", "UserAttributes": attributes("email", "x@example.org")}, "InvalidParameterException",
				"Attributes did not conform to the schema: name: The attribute is required\n"},
			{"unknown attributes", M{"Username": "x", "UserAttributes": attributes("zeta", "1", "name", "X", "custom:alpha", "2")}, "InvalidParameterException",
				"Attributes did not conform to the schema: zeta: Attribute does not exist in the schema.\ncustom:alpha: Attribute does not exist in the schema.\n"},
			{"long birthdate", M{"Username": "x", "UserAttributes": attributes("name", "X", "birthdate", "2001-01-010")}, "InvalidParameterException",
				"Attributes did not conform to the schema: birthdate: String must be no longer than 10 characters"},
			{"verified by oneself", M{"Username": "x", "UserAttributes": attributes("name", "X", "email", "x@example.org", "email_verified", "true")},
				"NotAuthorizedException", "A client attempted to write unauthorized attribute"},
			{"bad address", M{"Username": "x", "UserAttributes": attributes("name", "X", "email", "x")}, "InvalidParameterException", "Invalid email address format."},
			{"address for a name", M{"Username": "x@example.org"}, "InvalidParameterException",
				"Username cannot be of email format, since user pool is configured for email alias."},
			{"alias before confirmation", M{"Username": "x", "UserAttributes": attributes("name", "X", "preferred_username", "x")}, "InvalidParameterException", ""},
		} {
			t.Run(c.name, func(t *testing.T) { w.Fails(t, "SignUp", with(good, c.change), c.code, c.message) })
		}
	})
}

func TestSecretHashIsChecked(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), M{"GenerateSecret": true})
		missing := "Client " + client + " is configured with secret but SECRET_HASH was not received"
		for operation, in := range map[string]M{
			"SignUp":                 jane(client),
			"ConfirmSignUp":          with(who(client, "jane"), M{"ConfirmationCode": "123456"}),
			"ResendConfirmationCode": who(client, "jane"),
		} {
			w.Fails(t, operation, in, "NotAuthorizedException", missing)
			w.Fails(t, operation, with(in, M{"SecretHash": "d3Jvbmc="}), "NotAuthorizedException", "Unable to verify secret hash for client "+client)
		}
	})
}

func TestNothingVerifiedMeansNoCode(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, nil), nil)
		out := w.Must(t, "SignUp", jane(client))
		if _, there := out["CodeDeliveryDetails"]; there {
			t.Errorf("delivery details %v", out)
		}
		w.Fails(t, "ResendConfirmationCode", who(client, "jane"), "InvalidParameterException", "Cannot resend codes. Auto verification not turned on.")

		client = w.Client(t, w.Pool(t, verifies), nil)
		out = w.Must(t, "SignUp", with(jane(client), M{"UserAttributes": nil}))
		if _, there := out["CodeDeliveryDetails"]; there {
			t.Errorf("delivery details without an address: %v", out)
		}
		if n := len(w.Inbox("")); n != 0 {
			t.Errorf("%d messages", n)
		}
	})
}

func TestPhoneIsPreferredToMail(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"AutoVerifiedAttributes": []string{"email", "phone_number"}, "SmsConfiguration": texting})
		client := w.Client(t, pool, nil)
		out := w.Must(t, "SignUp", with(jane(client), M{"UserAttributes": attributes("email", "jane@example.org", "phone_number", "+15551234567")}))
		want := M{"AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******4567"}
		if diff := cmp.Diff(want, out["CodeDeliveryDetails"]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if n := len(w.Inbox("jane@example.org")); n != 0 {
			t.Errorf("%d mails beside the text message", n)
		}
		w.Must(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "+15551234567")}))
		phone, email := attribute(t, w, pool, "jane", "phone_number_verified"), attribute(t, w, pool, "jane", "email_verified")
		if phone != "true" || email == "true" {
			t.Errorf("verified: phone %s, mail %s", phone, email)
		}
	})
}

func TestAddressesAsUserNames(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(verifies, M{"UsernameAttributes": []string{"email"}}))
		client := w.Client(t, pool, nil)
		in := M{"ClientId": client, "Username": "jane@example.org", "Password": servertest.Password}
		out := w.Must(t, "SignUp", in)
		user := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "jane@example.org"})
		if text(user, "Username") != text(out, "UserSub") {
			t.Errorf("user name %s, sub %s", text(user, "Username"), text(out, "UserSub"))
		}
		w.Fails(t, "SignUp", in, "UsernameExistsException", "An account with the given email already exists.")
		w.Fails(t, "SignUp", with(in, M{"Username": "jane"}), "InvalidParameterException", "Username should be an email.")
		w.Must(t, "ConfirmSignUp", with(who(client, "jane@example.org"), M{"ConfirmationCode": w.Code(t, "jane@example.org")}))
		w.SignIn(t, client, "jane@example.org")
	})
}

func TestAliasConflictSurfacesAtConfirmation(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(verifies, M{"AliasAttributes": []string{"email"}}))
		client := w.Client(t, pool, nil)
		w.User(t, pool, "first", "email", "jane@example.org", "email_verified", "true")
		w.Must(t, "SignUp", jane(client))
		confirm := with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")})
		w.Fails(t, "ConfirmSignUp", confirm, "AliasExistsException", "An account with the given email already exists.")
		if s := status(t, w, pool, "jane"); s != "UNCONFIRMED" {
			t.Errorf("status after the conflict: %s", s)
		}

		w.Must(t, "ConfirmSignUp", with(confirm, M{"ForceAliasCreation": true}))
		if v := attribute(t, w, pool, "first", "email_verified"); v != "false" {
			t.Errorf("the former owner's address is verified: %s", v)
		}
		w.SignIn(t, client, "jane@example.org")
	})
}

func TestResendReplacesTheCode(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), nil)
		w.Must(t, "SignUp", jane(client))
		w.Advance(time.Millisecond)
		out := w.Must(t, "ResendConfirmationCode", who(client, "jane"))
		if d := text(out, "CodeDeliveryDetails.Destination"); d != "j***@e***" {
			t.Errorf("destination %s", d)
		}
		messages := w.Inbox("jane@example.org")
		if len(messages) != 2 {
			t.Fatalf("%d messages, want 2", len(messages))
		}
		if old, now := messages[0].Code, messages[1].Code; old != now {
			w.Fails(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": old}), "CodeMismatchException", "Invalid verification code provided, please try again.")
		}
		for range 4 {
			w.Must(t, "ResendConfirmationCode", who(client, "jane"))
		}
		w.Fails(t, "ResendConfirmationCode", who(client, "jane"), "LimitExceededException", "Attempt limit exceeded, please try after some time.")
		w.Advance(day)
		w.Fails(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")}),
			"ExpiredCodeException", "Invalid code provided, please request a code again.")
		w.Must(t, "ResendConfirmationCode", who(client, "jane"))
		w.Must(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")}))
	})
}

func TestASignUpCodeLivesADay(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), nil)
		confirm := func() M { return with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")}) }
		w.Must(t, "SignUp", jane(client))
		w.Advance(day)
		w.Fails(t, "ConfirmSignUp", confirm(), "ExpiredCodeException", "Invalid code provided, please request a code again.")
		w.Must(t, "ResendConfirmationCode", who(client, "jane"))
		w.Advance(day - time.Millisecond)
		w.Must(t, "ConfirmSignUp", confirm())
	})
}

func TestGuessesAtACodeAreLimited(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), nil)
		w.Must(t, "SignUp", jane(client))
		confirm := with(who(client, "jane"), M{"ConfirmationCode": "wrong"})
		for range 15 {
			w.Fails(t, "ConfirmSignUp", confirm, "CodeMismatchException", "Invalid verification code provided, please try again.")
		}
		right := with(confirm, M{"ConfirmationCode": w.Code(t, "jane@example.org")})
		w.Fails(t, "ConfirmSignUp", right, "LimitExceededException", "Attempt limit exceeded, please try after some time.")
		w.Must(t, "ResendConfirmationCode", who(client, "jane"))
		right["ConfirmationCode"] = w.Code(t, "jane@example.org")
		w.Fails(t, "ConfirmSignUp", right, "LimitExceededException", "Attempt limit exceeded, please try after some time.")
		w.Advance(hour)
		w.Must(t, "ConfirmSignUp", right)
	})
}

func TestOneOfHundredConfirmations(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), nil)
		w.Must(t, "SignUp", jane(client))
		in := with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")})
		if wins := hundred(t, w, "ConfirmSignUp", in, "NotAuthorizedException"); wins != 1 {
			t.Errorf("%d of 100 confirmed, want 1", wins)
		}
	})
}

func TestOneOfHundredSignUpsGetsTheName(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), nil)
		if wins := hundred(t, w, "SignUp", jane(client), "UsernameExistsException"); wins != 1 {
			t.Errorf("%d of 100 got the name, want 1", wins)
		}
		if n := len(w.Inbox("")); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
	})
}

// hundred calls an operation a hundred times at once and counts the successes; all others must fail with code.
func hundred(t *testing.T, w *servertest.World, operation string, in M, code string) int64 {
	t.Helper()
	var wins atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			_, err := w.Call(operation, in)
			if err == nil {
				wins.Add(1)
			} else if !awsjson.IsFault(err, code) {
				t.Errorf("got %v, want %s", err, code)
			}
		})
	}
	all.Wait()
	return wins.Load()
}

func TestAdminConfirmSignUpVerifiesNothing(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, verifies)
		client := w.Client(t, pool, nil)
		w.Must(t, "SignUp", jane(client))
		in := M{"UserPoolId": pool, "Username": "jane"}
		w.Must(t, "AdminConfirmSignUp", in)
		if s, v := status(t, w, pool, "jane"), attribute(t, w, pool, "jane", "email_verified"); s != "CONFIRMED" || v == "true" {
			t.Errorf("status %s, email_verified %q", s, v)
		}
		w.Fails(t, "AdminConfirmSignUp", in, "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
		w.Fails(t, "AdminConfirmSignUp", with(in, M{"Username": "unknown"}), "UserNotFoundException", "User does not exist.")
		w.SignIn(t, client, "jane")
	})
}

func TestUnknownUsersAreToldWhenNotHidden(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), M{"PreventUserExistenceErrors": "LEGACY"})
		const text = "Username/client id combination not found."
		w.Fails(t, "ConfirmSignUp", with(who(client, "unknown"), M{"ConfirmationCode": "123456"}), "UserNotFoundException", text)
		w.Fails(t, "ResendConfirmationCode", who(client, "unknown"), "UserNotFoundException", text)
	})
}

func TestHiddenUsersAreIndistinguishableFromUnknownOnes(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, verifies)
		client := w.Client(t, pool, M{"PreventUserExistenceErrors": "ENABLED"})
		w.Must(t, "SignUp", jane(client))
		w.Must(t, "SignUp", with(jane(client), M{"Username": "disabled"}))
		w.Must(t, "AdminDisableUser", M{"UserPoolId": pool, "Username": "disabled"})
		sent := len(w.Inbox(""))

		answers := func(username string) (list []string) {
			call := func(operation string, in M) {
				out, err := w.Call(operation, with(who(client, username), in))
				if err == nil {
					if details, ok := out["CodeDeliveryDetails"].(M); ok {
						details["Destination"] = len(text(details, "Destination"))
					}
				}
				list = append(list, fmt.Sprint(operation, out, err))
			}
			for range 6 {
				call("ResendConfirmationCode", nil)
			}
			for range 16 {
				call("ConfirmSignUp", M{"ConfirmationCode": "wrong"})
			}
			return list
		}
		want := answers("jane")
		for _, username := range []string{"unknown", "disabled"} {
			if diff := cmp.Diff(want, answers(username)); diff != "" {
				t.Errorf("jane and %s (-jane +%s):\n%s", username, username, diff)
			}
		}
		if n := len(w.Inbox("")) - sent; n != 5 {
			t.Errorf("%d messages, want jane's 5", n)
		}
	})
}
