package signup_test

import (
	"strings"
	"testing"

	"cardea/server/servertest"
)

// choosing is a client with USER_AUTH.
var choosing = M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"}}

// factors are the settings of a pool with these first factors besides the password.
func factors(more ...string) M {
	return with(verifies, M{"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": append([]string{"PASSWORD"}, more...)}}})
}

// signUpRequest is a SignUp of ann, who has an e-mail address and no password.
func signUpRequest(client string) M {
	return M{"ClientId": client, "Username": "ann", "UserAttributes": attributes("email", "ann@example.org")}
}

func TestSignUpWithoutAPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, factors("EMAIL_OTP"))
		client := w.Client(t, pool, choosing)
		w.Must(t, "SignUp", signUpRequest(client))
		w.Fails(t, "SignUp", signUpRequest(client), "UsernameExistsException", "User already exists")
		if s := status(t, w, pool, "ann"); s != "UNCONFIRMED" {
			t.Errorf("status %s", s)
		}
		w.Must(t, "ConfirmSignUp", with(who(client, "ann"), M{"ConfirmationCode": w.Code(t, "ann@example.org")}))
		if s := status(t, w, pool, "ann"); s != "CONFIRMED" {
			t.Errorf("status %s", s)
		}

		// No password is right, and no answer tells that the user has none.
		try := M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "ann", "PASSWORD": servertest.Password}}
		w.Fails(t, "InitiateAuth", try, "NotAuthorizedException", "Incorrect username or password.")
		srp := M{"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": M{"USERNAME": "ann", "SRP_A": strings.Repeat("a1", 200)}}
		first, second := w.Must(t, "InitiateAuth", srp), w.Must(t, "InitiateAuth", srp)
		if salt := text(first, "ChallengeParameters.SALT"); text(first, "ChallengeName") != "PASSWORD_VERIFIER" || salt == "" || salt != text(second, "ChallengeParameters.SALT") {
			t.Errorf("SRP began with %v, then with %v", first, second)
		}
	})
}

func TestWhichUsersMaySignUpWithoutAPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		const short = "Password did not conform with policy: Password not long enough"
		const needs, within = "A user without a password needs ", " to sign in with one-time passwords."
		mail, phone := attributes("email", "ann@example.org"), attributes("phone_number", "+15551234567")
		sms := M{"SmsConfiguration": texting}
		for _, c := range []struct {
			name           string
			pool, client   M
			given          []M
			fault, message string
		}{
			{"by mail", factors("EMAIL_OTP"), choosing, mail, "", ""},
			{"by phone", with(factors("SMS_OTP"), sms), choosing, phone, "", ""},
			{"by either", with(factors("EMAIL_OTP", "SMS_OTP"), sms), choosing, phone, "", ""},
			{"by mail, without", factors("EMAIL_OTP"), choosing, phone, "InvalidParameterException", needs + "email" + within},
			{"by phone, without", with(factors("SMS_OTP"), sms), choosing, mail, "InvalidParameterException", needs + "phone_number" + within},
			{"by either, without", with(factors("EMAIL_OTP", "SMS_OTP"), sms), choosing, nil, "InvalidParameterException", needs + "email or phone_number" + within},
			{"by passkey, which no new user has", factors("WEB_AUTHN"), choosing, mail, "InvalidPasswordException", short},
			{"by password alone", verifies, choosing, mail, "InvalidPasswordException", short},
			{"a client for passwords", factors("EMAIL_OTP"), nil, mail, "InvalidPasswordException", short},
		} {
			t.Run(c.name, func(t *testing.T) {
				in := with(signUpRequest(w.Client(t, w.Pool(t, c.pool), c.client)), M{"UserAttributes": c.given})
				if c.fault == "" {
					w.Must(t, "SignUp", in)
					return
				}
				w.Fails(t, "SignUp", in, c.fault, c.message)
				w.Fails(t, "SignUp", with(in, M{"Password": "Sh0rt!"}), "InvalidPasswordException", short)
			})
		}
	})
}
