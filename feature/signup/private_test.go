package signup_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

// private is a pool that hides its sign-ups, with a client that hides users.
func private(t *testing.T, w *servertest.World, more M) (pool, client string) {
	settings := M{
		"UsernameAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"}, "UserPoolTags": M{"cardea:signup": "private"},
	}
	for name, value := range more {
		settings[name] = value
	}
	pool = w.Pool(t, settings)
	return pool, w.Client(t, pool, M{"PreventUserExistenceErrors": "ENABLED", "ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}})
}

func TestAHiddenSignUpDoesNotTellWhoseAddressItIs(t *testing.T) {
	t.Parallel()
	passwordless := M{"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}}, "UserPoolTier": "ESSENTIALS"}
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := private(t, w, passwordless)
		request := func(email, password string) M {
			return M{"ClientId": client, "Username": email, "Password": password, "UserAttributes": servertest.Attributes("email", email)}
		}
		session := map[string]string{}
		shape := func(email string) (got []string) {
			out := w.Must(t, "SignUp", request(email, servertest.Password+"9"))
			session[email] = servertest.Text(out, "Session")
			if sub := servertest.Text(out, "UserSub"); len(sub) != 36 {
				t.Errorf("%s: UserSub %q", email, sub)
			}
			for _, name := range []string{"UserConfirmed", "CodeDeliveryDetails.Destination", "CodeDeliveryDetails.AttributeName", "CodeDeliveryDetails.DeliveryMedium"} {
				got = append(got, servertest.Text(out, name))
			}
			return append(got, strings.Repeat("s", len(session[email])))
		}
		const known, pending, fresh = "kim@example.com", "kai@example.com", "kay@example.com"
		w.Must(t, "SignUp", request(known, servertest.Password))
		w.Must(t, "AdminConfirmSignUp", M{"UserPoolId": pool, "Username": known})
		w.Must(t, "SignUp", request(pending, servertest.Password))
		before := servertest.Text(w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": known}), "UserAttributes.0.Value")

		want := shape(fresh)
		for _, email := range []string{known, pending} {
			if diff := cmp.Diff(want, shape(email)); diff != "" {
				t.Errorf("%s (-new +taken):\n%s", email, diff)
			}
			mails := w.Inbox(email)
			if last := mails[len(mails)-1]; len(mails) != 2 || !strings.Contains(last.Body, "already has an account") || last.Code != "" {
				t.Errorf("%s has %d mails, the last: %+v", email, len(mails), last)
			}
		}
		if mails := w.Inbox(fresh); len(mails) != 1 || mails[0].Code == "" {
			t.Errorf("a new user's mails: %+v", mails)
		}

		for _, email := range []string{known, pending, fresh} {
			wrong := M{"ClientId": client, "Username": email, "ConfirmationCode": "000000"}
			w.Fails(t, "ConfirmSignUp", wrong, "CodeMismatchException", "Invalid verification code provided, please try again.")
			if email != pending { // whose account is another sign-up's
				wrong["Session"] = session[email]
				w.Fails(t, "ConfirmSignUp", wrong, "CodeMismatchException", "Invalid verification code provided, please try again.")
			}
			resent := w.Must(t, "ResendConfirmationCode", M{"ClientId": client, "Username": email})
			if got := servertest.Text(resent, "CodeDeliveryDetails.Destination"); got != want[1] {
				t.Errorf("%s: another code goes to %s, want %s", email, got, want[1])
			}
		}
		for email, other := range map[string]string{known: fresh, fresh: known} {
			foreign := M{"ClientId": client, "Username": email, "ConfirmationCode": "000000", "Session": session[other]}
			if _, err := w.Call("ConfirmSignUp", foreign); !awsjson.IsFault(err, "NotAuthorizedException") {
				t.Errorf("%s with the Session of %s: %v", email, other, err)
			}
		}
		if n := len(w.Inbox(known)); n != 2 {
			t.Errorf("%d mails to a confirmed user", n)
		}
		after := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": known})
		if servertest.Text(after, "UserAttributes.0.Value") != before || servertest.Text(after, "UserStatus") != "CONFIRMED" {
			t.Errorf("the owner has changed: %v", after)
		}
		w.Must(t, "InitiateAuth", M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": known, "PASSWORD": servertest.Password}})
	})
}

func TestOnlySignUpsByAddressesAreHidden(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for _, settings := range []M{
			{"UsernameAttributes": nil},
			{"UserPoolTags": M{}},
		} {
			_, client := private(t, w, settings)
			request := M{"ClientId": client, "Username": "kim@example.com", "Password": servertest.Password, "UserAttributes": servertest.Attributes("email", "kim@example.com")}
			w.Must(t, "SignUp", request)
			if _, err := w.Call("SignUp", request); !awsjson.IsFault(err, "UsernameExistsException") {
				t.Errorf("%v: %v", settings, err)
			}
		}
	})
}
