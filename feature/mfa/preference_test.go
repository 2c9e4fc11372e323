package mfa_test

import (
	"testing"

	"cardea/server/servertest"
)

const (
	smsAbsent      = "User does not have delivery config set to turn on SMS_MFA"
	emailAbsent    = "User does not have delivery config set to turn on EMAIL_OTP"
	softwareAbsent = "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA"
	passkeysAbsent = "User does not have delivery config set to turn on WEB_AUTHN_MFA"
	unverified     = "User has not verified software token mfa"
)

// setting is one factor's part of a preference.
func setting(enabled, preferred bool) M { return M{"Enabled": enabled, "PreferredMfa": preferred} }

var (
	on        = setting(true, false)
	off       = setting(false, false)
	preferred = setting(true, true)
	sms       = []any{M{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}}
)

func TestPreferencesChangeWhatIsGivenAndNothingElse(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		p.mode(t, "OPTIONAL", M{"WebAuthnConfiguration": M{"RelyingPartyId": "example.com", "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}})
		bearer := p.bearer(t)
		w.SoftwareToken(t, bearer["AccessToken"])
		list := func(names ...any) M { return M{"UserMFASettingList": names} }
		phone := M{"MFAOptions": sms}
		for i, step := range []struct{ given, want M }{
			{M{}, M{}}, // a token that was only verified is not listed
			{M{"SMSMfaSettings": on}, with(list("SMS_MFA"), phone)},
			{M{"SoftwareTokenMfaSettings": on}, with(list("SMS_MFA", "SOFTWARE_TOKEN_MFA"), phone)},
			{M{"EmailMfaSettings": preferred}, with(list("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"), with(phone, M{"PreferredMfaSetting": "EMAIL_OTP"}))},
			{M{"SMSMfaSettings": off}, with(list("SOFTWARE_TOKEN_MFA", "EMAIL_OTP"), M{"PreferredMfaSetting": "EMAIL_OTP"})},
			{M{"SoftwareTokenMfaSettings": preferred, "EmailMfaSettings": on}, with(list("SOFTWARE_TOKEN_MFA", "EMAIL_OTP"), M{"PreferredMfaSetting": "SOFTWARE_TOKEN_MFA"})},
			{M{"SoftwareTokenMfaSettings": on}, list("SOFTWARE_TOKEN_MFA", "EMAIL_OTP")},
			{M{"EmailMfaSettings": preferred, "WebAuthnMfaSettings": M{"Enabled": true}}, with(list("SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "WEB_AUTHN_MFA"), M{"PreferredMfaSetting": "EMAIL_OTP"})},
			{M{"EmailMfaSettings": off}, list("SOFTWARE_TOKEN_MFA", "WEB_AUTHN_MFA")},
			{M{"SoftwareTokenMfaSettings": off}, M{}}, // passkeys are not left alone
			{M{"SoftwareTokenMfaSettings": preferred}, with(list("SOFTWARE_TOKEN_MFA"), M{"PreferredMfaSetting": "SOFTWARE_TOKEN_MFA"})},
			{M{"SoftwareTokenMfaSettings": off}, M{}},
		} {
			if i%2 == 0 {
				w.Must(t, "SetUserMFAPreference", with(bearer, step.given))
			} else {
				w.Must(t, "AdminSetUserMFAPreference", with(p.user("alice"), step.given))
			}
			p.expect(t, bearer, step.want)
		}
	})
}

func TestPreferencesAreRefusedThatCannotBeMet(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		bearer := p.bearer(t)
		w.User(t, p.id, "bare")
		bare := M{"AccessToken": w.SignIn(t, p.client, "bare")["AccessToken"]}
		try := func(who M, username string, given M, want string) {
			t.Helper()
			w.Fails(t, "SetUserMFAPreference", with(who, given), invalid, want)
			w.Fails(t, "AdminSetUserMFAPreference", with(p.user(username), given), invalid, want)
		}

		try(bearer, "alice", M{"SMSMfaSettings": setting(false, true)}, "")
		try(bearer, "alice", M{"SMSMfaSettings": preferred, "EmailMfaSettings": preferred}, "Only one MFA factor can be preferred.")
		try(bearer, "alice", M{"SMSMfaSettings": on, "SoftwareTokenMfaSettings": preferred}, unverified)
		try(bearer, "alice", M{"WebAuthnMfaSettings": M{"Enabled": true}}, passkeysAbsent)
		try(bare, "bare", M{"SMSMfaSettings": on}, smsAbsent)
		try(bare, "bare", M{"EmailMfaSettings": on}, emailAbsent)
		w.Must(t, "AssociateSoftwareToken", bearer)
		try(bearer, "alice", M{"SoftwareTokenMfaSettings": on}, unverified)

		p.mode(t, "OPTIONAL", M{"EmailMfaConfiguration": nil, "WebAuthnConfiguration": M{"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}})
		try(bearer, "alice", M{"EmailMfaSettings": on}, emailAbsent)
		try(bearer, "alice", M{"WebAuthnMfaSettings": M{"Enabled": true}}, "Passkeys can be an MFA factor only beside another that is enabled.")
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": p.id, "MfaConfiguration": "OFF"})
		try(bearer, "alice", M{"SMSMfaSettings": on}, smsAbsent)
		try(bearer, "alice", M{"SoftwareTokenMfaSettings": on}, softwareAbsent)
		p.expect(t, bearer, M{})

		w.Fails(t, "SetUserMFAPreference", M{"AccessToken": "eyJ.eyJ.x", "SMSMfaSettings": on}, refused, "")
		w.Fails(t, "AdminSetUserMFAPreference", with(p.user("unknown"), M{"SMSMfaSettings": on}), "UserNotFoundException", "")
		w.Fails(t, "AdminSetUserMFAPreference", M{"UserPoolId": "us-east-1_nowhere00", "Username": "alice"}, "ResourceNotFoundException", "")
	})
}

func TestLastFactorStaysWherePoolsDemandOne(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		bearer := p.bearer(t)
		w.SoftwareToken(t, bearer["AccessToken"])
		w.Must(t, "SetUserMFAPreference", with(bearer, M{"SMSMfaSettings": preferred}))
		p.mode(t, "ON", nil)

		const last = "The user pool requires MFA: the last factor cannot be turned off."
		both := M{"SMSMfaSettings": off, "SoftwareTokenMfaSettings": off}
		w.Fails(t, "SetUserMFAPreference", with(bearer, both), invalid, last)
		w.Must(t, "SetUserMFAPreference", with(bearer, M{"SoftwareTokenMfaSettings": off}))
		w.Fails(t, "SetUserMFAPreference", with(bearer, M{"SMSMfaSettings": off}), invalid, last)
		w.Fails(t, "SetUserSettings", with(bearer, M{"MFAOptions": []M{}}), invalid, last)
		p.expect(t, bearer, M{"UserMFASettingList": []any{"SMS_MFA"}, "PreferredMfaSetting": "SMS_MFA", "MFAOptions": sms})

		w.Must(t, "AdminSetUserMFAPreference", with(p.user("alice"), both))
		p.expect(t, bearer, M{})
		w.Must(t, "SetUserMFAPreference", with(bearer, both)) // there is none to turn off
	})
}

func TestUserSettingsAreSMSAlone(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		bearer := p.bearer(t)
		w.User(t, p.id, "bare")
		options := M{"MFAOptions": sms}
		for operation, who := range map[string]M{"SetUserSettings": bearer, "AdminSetUserSettings": p.user("alice")} {
			if out := w.Must(t, operation, with(who, options)); len(out) != 0 {
				t.Errorf("answer %v, want {}", out)
			}
			p.expect(t, bearer, M{"UserMFASettingList": []any{"SMS_MFA"}, "MFAOptions": sms})
			w.Must(t, "SetUserMFAPreference", with(bearer, M{"SMSMfaSettings": preferred}))
			w.Must(t, operation, with(who, options))
			p.expect(t, bearer, M{"UserMFASettingList": []any{"SMS_MFA"}, "PreferredMfaSetting": "SMS_MFA", "MFAOptions": sms})
			w.Must(t, operation, with(who, M{"MFAOptions": []M{}}))
			p.expect(t, bearer, M{})

			for _, bad := range []M{{}, {"DeliveryMedium": "SMS"}, {"DeliveryMedium": "EMAIL", "AttributeName": "email"}, {"DeliveryMedium": "SMS", "AttributeName": "email"}} {
				w.Fails(t, operation, with(who, M{"MFAOptions": []M{bad}}), invalid, "MFAOptions can only be SMS to phone_number.")
			}
			w.Fails(t, operation, who, invalid, "")
		}
		w.Must(t, "AdminSetUserSettings", with(p.user("alice"), options))
		users := w.Must(t, "ListUsers", M{"UserPoolId": p.id, "Filter": `username = "alice"`})
		if text(users, "Users.0.MFAOptions.0.DeliveryMedium") != "SMS" {
			t.Errorf("listed: %v", users)
		}
		w.Fails(t, "AdminSetUserSettings", with(p.user("bare"), options), invalid, smsAbsent)
		w.Fails(t, "AdminSetUserSettings", with(p.user("unknown"), options), "UserNotFoundException", "")
		w.Fails(t, "SetUserSettings", with(options, M{"AccessToken": "eyJ.eyJ.x"}), refused, "")
	})
}
