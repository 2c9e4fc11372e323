package userpool_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/message"
	"cardea/feature/userpool"
	"cardea/server/servertest"
	"cardea/spec/cognitoidp"
)

func sms() M { return M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"} }

func mail() M {
	return M{"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com"}
}

func TestFactorsAreSetTogetherAndShown(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"EmailConfiguration": mail()})
		if diff := cmp.Diff(M{"MfaConfiguration": "OFF"}, w.Must(t, "GetUserPoolMfaConfig", M{"UserPoolId": pool})); diff != "" {
			t.Errorf("a new pool: want (-), got (+):\n%s", diff)
		}

		given := M{
			"MfaConfiguration":              "ON",
			"SmsMfaConfiguration":           M{"SmsAuthenticationMessage": "Sign in with {####}", "SmsConfiguration": servertest.With(sms(), M{"SnsRegion": "us-east-1"})},
			"SoftwareTokenMfaConfiguration": M{"Enabled": true},
			"EmailMfaConfiguration":         M{"Message": "Code {####}", "Subject": "Code"},
			"WebAuthnConfiguration":         M{"RelyingPartyId": "example.com", "UserVerification": "required", "FactorConfiguration": "SINGLE_FACTOR"},
		}
		set := w.Must(t, "SetUserPoolMfaConfig", servertest.With(given, M{"UserPoolId": pool}))
		if diff := cmp.Diff(given, set); diff != "" {
			t.Errorf("given (-), answered (+):\n%s", diff)
		}
		if diff := cmp.Diff(given, w.Must(t, "GetUserPoolMfaConfig", M{"UserPoolId": pool})); diff != "" {
			t.Errorf("given (-), shown (+):\n%s", diff)
		}
		shown := settings(t, w, pool)
		if shown["MfaConfiguration"] != "ON" || shown["SmsAuthenticationMessage"] != "Sign in with {####}" || shown["SmsConfiguration"] == nil {
			t.Errorf("DescribeUserPool does not agree: %v", shown)
		}

		w.Must(t, "UpdateUserPool", M{"UserPoolId": pool, "MfaConfiguration": "ON", "SmsConfiguration": sms(), "EmailConfiguration": mail()})
		if after := settings(t, w, pool); after["MfaConfiguration"] != "ON" {
			t.Errorf("an update that says ON again: %v", after["MfaConfiguration"])
		}
	})
}

func TestTurningMFAOffTakesTheFactorsAndLeavesPasskeys(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		passkeys := M{"RelyingPartyId": "example.com", "UserVerification": "preferred"}
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "WebAuthnConfiguration": passkeys})
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "MfaConfiguration": "OFF"})

		want := M{"MfaConfiguration": "OFF", "WebAuthnConfiguration": passkeys}
		if diff := cmp.Diff(want, w.Must(t, "GetUserPoolMfaConfig", M{"UserPoolId": pool})); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
	})
}

func TestSetUserPoolMfaConfigRefusesContradictions(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		const (
			together = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
			noFactor = "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."
		)
		plain, texting := w.Pool(t, nil), w.Pool(t, M{
			"SmsConfiguration": sms(), "MfaConfiguration": "OPTIONAL", "AutoVerifiedAttributes": []string{"phone_number"},
		})
		software := M{"Enabled": true}
		for _, c := range []struct {
			given M
			want  string
		}{
			{M{"UserPoolId": plain, "MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": software}, together},
			{M{"UserPoolId": plain, "MfaConfiguration": "OFF", "SmsMfaConfiguration": M{"SmsConfiguration": sms()}}, together},
			{M{"UserPoolId": plain, "MfaConfiguration": "ON"}, noFactor},
			{M{"UserPoolId": plain, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": false}}, noFactor},
			{M{"UserPoolId": plain, "MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": M{}}, "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"},
			{M{"UserPoolId": plain, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": M{"Message": "Code {####}"}}, "Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT."},
			{M{"UserPoolId": plain, "SmsMfaConfiguration": M{"SmsConfiguration": M{"ExternalId": "x"}}}, ""},
			{M{"UserPoolId": texting, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": software}, "Can't turn off SMS_MFA when SMS configuration is set for the user pool"},
		} {
			w.Fails(t, "SetUserPoolMfaConfig", c.given, "InvalidParameterException", c.want)
		}
		if diff := cmp.Diff(M{"MfaConfiguration": "OFF"}, w.Must(t, "GetUserPoolMfaConfig", M{"UserPoolId": plain})); diff != "" {
			t.Errorf("refused calls changed the pool: want (-), got (+):\n%s", diff)
		}
		w.Fails(t, "GetUserPoolMfaConfig", M{"UserPoolId": "us-east-1_nowhere00"}, "ResourceNotFoundException", "")
	})
}

func TestOnlyADevelopmentServerTakesRolesOfOtherAccounts(t *testing.T) {
	t.Parallel()
	set := func(pool string) M {
		return M{"UserPoolId": pool, "SmsMfaConfiguration": M{"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::999999999999:role/sms"}}}
	}
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		update := M{"UserPoolId": pool, "SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::999999999999:role/sms"}}
		w.Fails(t, "UpdateUserPool", update, "InvalidParameterException", "Cross-account pass role is not allowed.")
		w.Must(t, "SetUserPoolMfaConfig", set(pool))
		w.Must(t, "UpdateUserPool", update) // which keeps it

		production := userpool.Service{DB: w.DB, Account: servertest.Account}
		_, err := production.SetUserPoolMfaConfig(t.Context(), &cognitoidp.SetUserPoolMfaConfigRequest{
			UserPoolId: w.Pool(t, nil),
			SmsMfaConfiguration: &cognitoidp.SmsMfaConfigType{
				SmsConfiguration: &cognitoidp.SmsConfigurationType{SnsCallerArn: "arn:aws:iam::999999999999:role/sms"},
			},
		})
		if want := "InvalidParameterException: Cross-account pass role is not allowed."; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestAPoolMadeWithMFAAndNoTextMessagesHasSoftwareTokens(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		software := M{"SoftwareTokenMfaConfiguration": M{"Enabled": true}}
		for _, mode := range []string{"OPTIONAL", "ON"} {
			pool := w.Pool(t, M{"MfaConfiguration": mode})
			want := servertest.With(software, M{"MfaConfiguration": mode, "SmsMfaConfiguration": M{}}) // a development server keeps text messages
			if diff := cmp.Diff(want, w.Must(t, "GetUserPoolMfaConfig", M{"UserPoolId": pool})); diff != "" {
				t.Errorf("%s: want (-), got (+):\n%s", mode, diff)
			}
			w.Must(t, "UpdateUserPool", M{"UserPoolId": pool, "MfaConfiguration": mode, "SmsAuthenticationMessage": "Code {####}"})
			want["SmsMfaConfiguration"] = M{"SmsAuthenticationMessage": "Code {####}"}
			if diff := cmp.Diff(want, w.Must(t, "GetUserPoolMfaConfig", M{"UserPoolId": pool})); diff != "" {
				t.Errorf("%s, updated: want (-), got (+):\n%s", mode, diff)
			}
			w.Must(t, "SetUserPoolMfaConfig", servertest.With(software, M{"UserPoolId": pool, "MfaConfiguration": mode, "SmsMfaConfiguration": M{}}))
		}

		for texts, want := range map[bool]*cognitoidp.SmsMfaConfigType{false: nil, true: {}} {
			service := *w.Server.API.Userpool.(*userpool.Service)
			service.Messages = &message.Outbox{Keep: texts}
			out, err := service.CreateUserPool(t.Context(), &cognitoidp.CreateUserPoolRequest{PoolName: "test", MfaConfiguration: "ON"})
			if err != nil {
				t.Fatal(err)
			}
			mfa, err := service.GetUserPoolMfaConfig(t.Context(), &cognitoidp.GetUserPoolMfaConfigRequest{UserPoolId: out.UserPool.Id})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, mfa.SmsMfaConfiguration); diff != "" || !mfa.SoftwareTokenMfaConfiguration.Enabled {
				t.Errorf("where the server can send text messages = %v: %+v\n%s", texts, mfa, diff)
			}
		}
	})
}

func TestTextMessagesCanBeLeftOutWherePhonesAreNotVerified(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"SmsConfiguration": sms(), "MfaConfiguration": "ON"})
		out := w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true},
		})
		want := M{"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true}}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
	})
}

func TestFactorOfAnOptionalPoolCannotBeTakenByItself(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		w.Fails(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "SoftwareTokenMfaConfiguration": M{"Enabled": false}}, "InvalidParameterException", "")
		w.Must(t, "UpdateUserPool", M{"UserPoolId": pool, "MfaConfiguration": "OPTIONAL"}) // the software token is factor enough
	})
}

func TestFirstFactorsOfPoolsThatDemandASecond(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		first := func(names ...string) M {
			return M{"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": append([]string{"PASSWORD"}, names...)}}}
		}
		software := M{"SoftwareTokenMfaConfiguration": M{"Enabled": true}}
		passkeys := func(configuration string) M {
			return M{"WebAuthnConfiguration": M{"RelyingPartyId": "example.com", "FactorConfiguration": configuration}}
		}
		const (
			single, multi = "SINGLE_FACTOR", "MULTI_FACTOR_WITH_USER_VERIFICATION"
			otpAlone      = "EMAIL_OTP cannot be one of the allowed first auth factors when MFA is required."
			smsAlone      = "SMS_OTP cannot be one of the allowed first auth factors when MFA is required."
			passkeyAlone  = "When MFA is required, WEB_AUTHN can be one of the allowed first auth factors only with MULTI_FACTOR_WITH_USER_VERIFICATION."
		)
		for _, c := range []struct {
			first     []string
			more      M
			mode, out string
		}{
			{[]string{"EMAIL_OTP"}, nil, "ON", otpAlone},
			{[]string{"SMS_OTP"}, nil, "ON", smsAlone},
			{[]string{"WEB_AUTHN"}, nil, "ON", passkeyAlone},
			{[]string{"WEB_AUTHN"}, passkeys(single), "ON", passkeyAlone},
			{[]string{"WEB_AUTHN", "EMAIL_OTP"}, passkeys(multi), "ON", otpAlone},
			{[]string{"WEB_AUTHN"}, passkeys(multi), "ON", ""},
			{[]string{"WEB_AUTHN", "EMAIL_OTP", "SMS_OTP"}, nil, "OPTIONAL", ""},
			{nil, nil, "ON", ""},
		} {
			pool := w.Pool(t, first(c.first...))
			in := servertest.With(servertest.With(software, c.more), M{"UserPoolId": pool, "MfaConfiguration": c.mode})
			if c.out == "" {
				w.Must(t, "SetUserPoolMfaConfig", in)
			} else {
				w.Fails(t, "SetUserPoolMfaConfig", in, "InvalidParameterException", c.out)
			}
		}

		pool := M{"UserPoolId": w.Pool(t, first("WEB_AUTHN"))}
		w.Must(t, "SetUserPoolMfaConfig", servertest.With(servertest.With(pool, software), servertest.With(passkeys(multi), M{"MfaConfiguration": "ON"})))
		w.Fails(t, "SetUserPoolMfaConfig", servertest.With(pool, passkeys(single)), "InvalidParameterException", passkeyAlone)
		demanding := servertest.With(pool, M{"MfaConfiguration": "ON"})
		w.Must(t, "UpdateUserPool", servertest.With(demanding, first("WEB_AUTHN")))
		w.Fails(t, "UpdateUserPool", servertest.With(demanding, first("SMS_OTP")), "InvalidParameterException", smsAlone)
		create := servertest.With(first("EMAIL_OTP"), M{"PoolName": "test", "MfaConfiguration": "ON", "SmsConfiguration": sms()})
		w.Fails(t, "CreateUserPool", create, "InvalidParameterException", otpAlone)
		w.Must(t, "CreateUserPool", servertest.With(create, first()))
	})
}

func TestRelyingPartyIsADomainOfOnesOwn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		set := func(rp string) M { return M{"UserPoolId": pool, "WebAuthnConfiguration": M{"RelyingPartyId": rp}} }
		w.Fails(t, "SetUserPoolMfaConfig", set("co.uk"), "InvalidParameterException", "RelyingPartyId must not be a public suffix.")
		for _, rp := range []string{"https://example.com", "Example.com", "127.0.0.1", "com"} {
			w.Fails(t, "SetUserPoolMfaConfig", set(rp), "InvalidParameterException", "")
		}
		for _, rp := range []string{"localhost", "auth.example.com"} {
			w.Must(t, "SetUserPoolMfaConfig", set(rp))
		}
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "WebAuthnConfiguration": M{"UserVerification": "preferred"}})
	})
}
