package signin_test

import (
	"encoding/base32"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"cardea/server/servertest"
	"cardea/spec/totp"
)

const (
	mailbox = "alice@example.com"
	phone   = "+15555550123"
)

// mailing and texting are what a pool needs for second factors by mail and by text message.
func mailing() M {
	return M{"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com"}
}

func texting() M { return M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"} }

// factorPool is a pool that can do everything, in an MFA mode.
func eachFactor(t *testing.T, mode string, body func(t *testing.T, w *world)) {
	t.Helper()
	pool := M{
		"EmailConfiguration": mailing(), "SmsConfiguration": texting(),
		"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}}},
	}
	if mode == "ON" {
		pool["Policies"] = M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "WEB_AUTHN"}}}
	}
	eachWith(t, pool, nil, func(t *testing.T, w *world) {
		config := M{
			"UserPoolId":            w.pool,
			"WebAuthnConfiguration": M{"RelyingPartyId": "localhost", "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"},
		}
		if mode != "OFF" {
			maps.Copy(config, M{
				"MfaConfiguration":              mode,
				"SmsMfaConfiguration":           M{"SmsConfiguration": texting()},
				"SoftwareTokenMfaConfiguration": M{"Enabled": true},
				"EmailMfaConfiguration":         M{"Message": "Code {####}", "Subject": "Code"},
			})
		}
		w.Must(t, "SetUserPoolMfaConfig", config)
		body(t, w)
	})
}

// give sets attributes of a user.
func (w *world) give(t *testing.T, name string, attributes ...string) {
	t.Helper()
	w.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": w.pool, "Username": name, "UserAttributes": servertest.Attributes(attributes...)})
}

// prefer sets a user's second factors.
func (w *world) prefer(t *testing.T, name string, settings M) {
	t.Helper()
	w.Must(t, "AdminSetUserMFAPreference", servertest.With(settings, M{"UserPoolId": w.pool, "Username": name}))
}

var (
	on        = M{"Enabled": true}
	preferred = M{"Enabled": true, "PreferredMfa": true}
)

// begin begins a sign-in as alice.
func (w *world) begin(flow string, parameters M) (M, error) {
	return w.Call("InitiateAuth", w.start(flow, "alice", parameters))
}

func (w *world) start(flow, name string, parameters M) M {
	return M{"ClientId": w.client, "AuthFlow": flow, "AuthParameters": servertest.With(M{"USERNAME": name}, parameters)}
}

// choose begins a choice-based sign-in as alice, which must work.
func (w *world) choose(t *testing.T, parameters M) M {
	t.Helper()
	return w.Must(t, "InitiateAuth", w.start("USER_AUTH", "alice", parameters))
}

// reply is the request that answers a challenge as alice.
func (w *world) reply(challenge M, responses M) M {
	in := M{
		"ClientId": w.client, "ChallengeName": challenge["ChallengeName"],
		"ChallengeResponses": servertest.With(M{"USERNAME": "alice"}, responses),
	}
	if challenge["Session"] != nil {
		in["Session"] = challenge["Session"]
	}
	return in
}

// answers answers a challenge, which must work.
func (w *world) answers(t *testing.T, challenge M, responses M) M {
	t.Helper()
	return w.Must(t, "RespondToAuthChallenge", w.reply(challenge, responses))
}

// refused answers a challenge, which must fail.
func (w *world) refused(t *testing.T, challenge M, responses M, code, message string) {
	t.Helper()
	w.Fails(t, "RespondToAuthChallenge", w.reply(challenge, responses), code, message)
}

// expect checks which challenge an answer is.
func expect(t *testing.T, out M, name string) M {
	t.Helper()
	if out["ChallengeName"] != name || out["Session"] == nil || out["AuthenticationResult"] != nil {
		t.Fatalf("answered %v, want the challenge %s", out, name)
	}
	return out["ChallengeParameters"].(M)
}

// listed reads a parameter that is a JSON list.
func listed(t *testing.T, parameters M, name string) (list []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(parameters[name].(string)), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// authenticator is the app that makes a user's codes.
type authenticator struct{ secret []byte }

func app(t *testing.T, secretCode any) authenticator {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secretCode.(string))
	if err != nil {
		t.Fatal(err)
	}
	return authenticator{secret}
}

func (a authenticator) code(now time.Time) string { return totp.Code(a.secret, totp.Step(now)) }

// register gives alice a software token, by her access token.
func (w *world) register(t *testing.T, access any) authenticator {
	t.Helper()
	a := app(t, w.Must(t, "AssociateSoftwareToken", M{"AccessToken": access})["SecretCode"])
	out := w.Must(t, "VerifySoftwareToken", M{"AccessToken": access, "UserCode": a.code(w.Now()), "FriendlyDeviceName": "my phone"})
	if out["Status"] != "SUCCESS" {
		t.Fatalf("VerifySoftwareToken: %v", out)
	}
	w.Advance(time.Minute)
	return a
}
