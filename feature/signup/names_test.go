package signup_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"cardea/server/servertest"
)

// texts are the settings of a pool that sends text messages.
var texts = M{"SmsConfiguration": texting}

func TestAnUnverifiedPhoneNumberIsNoSignInName(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(texts, M{
			"UsernameAttributes": []string{"email", "phone_number"}, "AutoVerifiedAttributes": []string{"email"},
		}))
		client := w.Client(t, pool, nil)
		in := M{"ClientId": client, "Username": "eve@example.org", "Password": "Eves-password-1", "UserAttributes": attributes("phone_number", "+15550100")}
		w.Must(t, "SignUp", in)
		w.Must(t, "ConfirmSignUp", with(who(client, "eve@example.org"), M{"ConfirmationCode": w.Code(t, "eve@example.org")}))

		w.Fails(t, "InitiateAuth", M{
			"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
			"AuthParameters": M{"USERNAME": "+15550100", "PASSWORD": "Eves-password-1"},
		}, "UserNotFoundException", "")
		owner := w.Must(t, "SignUp", M{"ClientId": client, "Username": "+15550100", "Password": servertest.Password})
		w.Must(t, "AdminConfirmSignUp", M{"UserPoolId": pool, "Username": "+15550100"})
		tokens := w.SignIn(t, client, "+15550100")
		if me := w.Must(t, "GetUser", M{"AccessToken": tokens["AccessToken"]}); text(me, "Username") != text(owner, "UserSub") {
			t.Errorf("the owner of the number signs in as %s, want %s", text(me, "Username"), text(owner, "UserSub"))
		}
		w.Fails(t, "AdminUpdateUserAttributes", M{
			"UserPoolId": pool, "Username": "eve@example.org", "UserAttributes": attributes("phone_number_verified", "true"),
		}, "AliasExistsException", "An account with the given phone_number already exists.")
	})
}

func TestAVerifiedSecondContactIsASignInName(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(texts, M{
			"UsernameAttributes": []string{"email", "phone_number"}, "AutoVerifiedAttributes": []string{"email", "phone_number"},
		}))
		client := w.Client(t, pool, nil)
		w.Must(t, "SignUp", M{
			"ClientId": client, "Username": "jane@example.org", "Password": servertest.Password, "UserAttributes": attributes("phone_number", "+15550100"),
		})
		w.Must(t, "ConfirmSignUp", with(who(client, "jane@example.org"), M{"ConfirmationCode": w.Code(t, "+15550100")}))
		for _, name := range []string{"jane@example.org", "+15550100"} {
			w.SignIn(t, client, name)
		}
		w.Fails(t, "SignUp", M{"ClientId": client, "Username": "+15550100", "Password": servertest.Password},
			"UsernameExistsException", "An account with the given phone_number already exists.")
	})
}

func TestSignUpStoresThatAddressesAreUnverified(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(texts, M{
			"UsernameAttributes": []string{"email", "phone_number"},
			"Policies":           M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
		}))
		client := w.Client(t, pool, M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"}})
		for name, in := range map[string]M{
			"both@example.org": {"Password": servertest.Password, "UserAttributes": attributes("phone_number", "+15550100")},
			"none@example.org": {"UserAttributes": attributes("email", "none@example.org")},
		} {
			w.Must(t, "SignUp", with(in, M{"ClientId": client, "Username": name}))
			if v := attribute(t, w, pool, name, "email_verified"); v != "false" {
				t.Errorf("%s: email_verified is %q at once, want false", name, v)
			}
		}
		if v := attribute(t, w, pool, "both@example.org", "phone_number_verified"); v != "false" {
			t.Errorf("phone_number_verified is %q, want false", v)
		}
		if v := attribute(t, w, pool, "none@example.org", "phone_number_verified"); v != "" {
			t.Errorf("phone_number_verified without a phone number is %q", v)
		}

		w.Must(t, "AdminConfirmSignUp", M{"UserPoolId": pool, "Username": "both@example.org"})
		tokens := w.SignIn(t, client, "both@example.org")
		claims := claimsOf(t, tokens["IdToken"].(string))
		if claims["email_verified"] != false || claims["phone_number_verified"] != false {
			t.Errorf("claims of the ID token: %v", claims)
		}
		invited := w.Must(t, "AdminCreateUser", M{"UserPoolId": pool, "Username": "bob@example.org"})
		if list := servertest.At(invited, "User.Attributes").([]any); len(list) != 2 {
			t.Errorf("an invited user's attributes: %v, want sub and email", list)
		}
	})
}

// claimsOf reads the payload of a token.
func claimsOf(t *testing.T, token string) (claims M) {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestAPreferredUsernameIsNoAddress(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(verifies, M{"AliasAttributes": []string{"email", "preferred_username"}}))
		client := w.Client(t, pool, nil)
		w.User(t, pool, "eve")
		const invalid = "Username cannot be of email format, since user pool is configured for email alias."
		squat := attributes("preferred_username", "jane@example.org")
		w.Fails(t, "UpdateUserAttributes", M{"AccessToken": w.SignIn(t, client, "eve")["AccessToken"], "UserAttributes": squat},
			"InvalidParameterException", invalid)
		w.Fails(t, "AdminUpdateUserAttributes", M{"UserPoolId": pool, "Username": "eve", "UserAttributes": squat}, "InvalidParameterException", invalid)
		w.Fails(t, "AdminCreateUser", M{"UserPoolId": pool, "Username": "mallory", "UserAttributes": squat}, "InvalidParameterException", invalid)

		w.Must(t, "SignUp", jane(client))
		w.Must(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")}))
		w.SignIn(t, client, "jane@example.org")
	})
}

func TestAPoolThatIgnoresCaseAnswersInLowerCase(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, with(verifies, M{"AliasAttributes": []string{"email"}, "UsernameConfiguration": M{"CaseSensitive": false}}))
		client := w.Client(t, pool, nil)
		w.Must(t, "SignUp", with(jane(client), M{"Username": "Jane", "UserAttributes": attributes("email", "Jane@Example.org", "nickname", "JJ")}))
		w.Must(t, "ConfirmSignUp", with(who(client, "JANE"), M{"ConfirmationCode": w.Code(t, "jane@example.org")}))
		bearer := M{"AccessToken": w.SignIn(t, client, "jaNE@example.org")["AccessToken"]}

		user := w.Must(t, "GetUser", bearer)
		if text(user, "Username") != "jane" || attribute(t, w, pool, "Jane", "email") != "jane@example.org" || attribute(t, w, pool, "Jane", "nickname") != "JJ" {
			t.Errorf("got %v, want the user name and the address in lower case, and nothing else", user)
		}
		w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attributes("email", "JANE@Example.ORG")}))
		if v := attribute(t, w, pool, "jane", "email_verified"); v != "true" {
			t.Errorf("the same address in another case is verified: %s", v)
		}
		w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attributes("email", "JJ@Example.ORG")}))
		if v := attribute(t, w, pool, "jane", "email"); v != "jj@example.org" {
			t.Errorf("a new address is stored as %s", v)
		}
	})
}
