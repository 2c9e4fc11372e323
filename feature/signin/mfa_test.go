package signin_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSecondFactorFollowsThePassword(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		access := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"]
		w.give(t, "alice", "email", mailbox, "phone_number", phone)
		a := w.register(t, access)

		ask := func(name string) M {
			t.Helper()
			out := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
			if parameters := expect(t, out, name); parameters["USER_ID_FOR_SRP"] != "alice" {
				t.Errorf("%s: %v", name, parameters)
			}
			return out
		}
		totp := ask("SOFTWARE_TOKEN_MFA")
		if name := totp["ChallengeParameters"].(M)["FRIENDLY_DEVICE_NAME"]; name != "my phone" {
			t.Errorf("friendly name %v", name)
		}
		tokens(t, w.answers(t, totp, M{"SOFTWARE_TOKEN_MFA_CODE": a.code(w.Now())}))

		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		sms := ask("SMS_MFA")
		parameters := sms["ChallengeParameters"].(M)
		if parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] != "SMS" || parameters["CODE_DELIVERY_DESTINATION"] != "+*******0123" {
			t.Errorf("SMS_MFA: %v", parameters)
		}
		w.refused(t, sms, M{"SMS_MFA_CODE": "x"}, "CodeMismatchException", "Invalid code or auth state for the user.")
		code := w.Code(t, phone)
		if len(code) != 6 {
			t.Errorf("code %q", code)
		}
		tokens(t, w.answers(t, sms, M{"SMS_MFA_CODE": code}))
		if verified := w.attribute(t, "alice", "phone_number_verified"); verified != "true" {
			t.Errorf("phone_number_verified is %q", verified)
		}

		w.prefer(t, "alice", M{"EmailMfaSettings": preferred, "SMSMfaSettings": on})
		for _, name := range []string{"EMAIL_OTP_CODE", "EMAIL_MFA_CODE"} {
			tokens(t, w.answers(t, ask("EMAIL_OTP"), M{name: w.Code(t, mailbox)}))
		}
	})
}

// attribute reads an attribute of a user.
func (w *world) attribute(t *testing.T, name, attribute string) string {
	t.Helper()
	out := w.Must(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": name})
	for _, a := range out["UserAttributes"].([]any) {
		if a.(M)["Name"] == attribute {
			return a.(M)["Value"].(string)
		}
	}
	return ""
}

func TestSecondFactorIsChosenAmongSeveral(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		w.give(t, "alice", "email", mailbox, "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": on, "EmailMfaSettings": on})
		selection := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		got := listed(t, expect(t, selection, "SELECT_MFA_TYPE"), "MFAS_CAN_CHOOSE")
		if !slices.Equal(got, []string{"SMS_MFA", "EMAIL_OTP"}) {
			t.Errorf("to choose from: %v", got)
		}
		w.refused(t, selection, M{"ANSWER": "SOFTWARE_TOKEN_MFA"}, "InvalidParameterException", "")
		sent := w.answers(t, selection, M{"ANSWER": "EMAIL_MFA"})
		expect(t, sent, "EMAIL_OTP")
		w.refused(t, selection, M{"ANSWER": "SMS_MFA"}, "NotAuthorizedException",
			"Invalid session for the user, session can only be used once.")
		tokens(t, w.answers(t, sent, M{"EMAIL_OTP_CODE": w.Code(t, mailbox)}))
	})
}

func TestARefusedCodeCostsNoSession(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		access := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"]
		w.give(t, "alice", "email", mailbox)
		a := w.register(t, access)
		w.prefer(t, "alice", M{"EmailMfaSettings": on, "SoftwareTokenMfaSettings": on})
		const most = 60
		for range most {
			selection := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
			expect(t, w.answers(t, selection, M{"ANSWER": "EMAIL_OTP"}), "EMAIL_OTP")
		}
		selection := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		w.refused(t, selection, M{"ANSWER": "EMAIL_OTP"}, "TooManyRequestsException", "")
		totp := w.answers(t, selection, M{"ANSWER": "SOFTWARE_TOKEN_MFA"})
		expect(t, totp, "SOFTWARE_TOKEN_MFA")

		// Nor does a factor that is asked for because the user has changed their preference.
		right := M{"SOFTWARE_TOKEN_MFA_CODE": a.code(w.Now())}
		w.prefer(t, "alice", M{"EmailMfaSettings": preferred})
		w.refused(t, totp, right, "TooManyRequestsException", "")
		w.prefer(t, "alice", M{"SoftwareTokenMfaSettings": preferred})
		tokens(t, w.answers(t, totp, right))
	})
}

func TestGuessesOfAnotherClientDoNotKeepAUserFromChoosing(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		lock := func(name string) {
			for range 5 {
				w.Fails(t, "InitiateAuth", w.byPassword(name, "wrong"), "NotAuthorizedException", wrong)
			}
			w.Fails(t, "InitiateAuth", w.byPassword(name, password), "NotAuthorizedException", locked)
		}
		setup := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		lock("alice")
		expect(t, w.answers(t, setup, M{"EMAIL": mailbox}), "EMAIL_OTP")

		w.Advance(time.Minute)
		w.give(t, "alice", "email", mailbox, "phone_number", phone)
		selection := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		expect(t, selection, "SELECT_MFA_TYPE")
		lock("alice")
		expect(t, w.answers(t, selection, M{"ANSWER": "SMS_MFA"}), "SMS_MFA")
	})
}

func TestSecondFactorIsSetUpInsideTheFlow(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		w.Must(t, "UpdateUserPool", M{"UserPoolId": w.pool, "MfaConfiguration": "ON", "EmailConfiguration": mailing(), "SmsConfiguration": texting()})
		setup := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		got := listed(t, expect(t, setup, "MFA_SETUP"), "MFAS_CAN_SETUP")
		if !slices.Equal(got, []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}) {
			t.Errorf("to set up: %v", got)
		}
		w.refused(t, setup, nil, "SoftwareTokenMFANotFoundException", "")
		associated := w.Must(t, "AssociateSoftwareToken", M{"Session": setup["Session"]})
		a := app(t, associated["SecretCode"])
		verified := w.Must(t, "VerifySoftwareToken", M{"Session": associated["Session"], "UserCode": a.code(w.Now())})
		tokens(t, w.answers(t, M{"ChallengeName": "MFA_SETUP", "Session": verified["Session"]}, nil))
		w.refused(t, M{"ChallengeName": "MFA_SETUP", "Session": verified["Session"]}, nil, "NotAuthorizedException",
			"Invalid session for the user, session can only be used once.")

		w.Advance(time.Minute)
		next := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		expect(t, next, "SOFTWARE_TOKEN_MFA")
		tokens(t, w.answers(t, next, M{"SOFTWARE_TOKEN_MFA_CODE": a.code(w.Now())}))
	})
}

func TestMailFactorIsSetUpByReadingTheMail(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		setup := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		w.refused(t, setup, M{"EMAIL": "no address"}, "InvalidParameterException", "")
		sent := w.answers(t, setup, M{"EMAIL": mailbox})
		if to := expect(t, sent, "EMAIL_OTP")["CODE_DELIVERY_DESTINATION"]; to != "a***@e***" {
			t.Errorf("sent to %v", to)
		}
		if email := w.attribute(t, "alice", "email"); email != "" {
			t.Errorf("%s is the address of alice before the code was answered", email)
		}
		tokens(t, w.answers(t, sent, M{"EMAIL_OTP_CODE": w.Code(t, mailbox)}))
		if w.attribute(t, "alice", "email") != mailbox || w.attribute(t, "alice", "email_verified") != "true" {
			t.Error("the address did not become hers")
		}
		expect(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)), "EMAIL_OTP")
	})
}

func TestAMailFactorIsStoredAsThePoolStoresAddresses(t *testing.T) {
	pool := M{"EmailConfiguration": mailing(), "UsernameConfiguration": M{"CaseSensitive": false}}
	eachWith(t, pool, nil, func(t *testing.T, w *world) {
		w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": w.pool, "MfaConfiguration": "ON", "EmailMfaConfiguration": M{"Message": "Code {####}", "Subject": "Code"},
		})
		setup := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		sent := w.answers(t, setup, M{"EMAIL": strings.ToUpper(mailbox)})
		tokens(t, w.answers(t, sent, M{"EMAIL_OTP_CODE": w.Code(t, mailbox)}))
		if email := w.attribute(t, "alice", "email"); email != mailbox {
			t.Errorf("stored as %s, want %s", email, mailbox)
		}
	})
}

func TestNewPasswordComesBeforeTheSecondFactor(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		w.invited(t, "bob", M{"UserAttributes": []M{{"Name": "phone_number", "Value": phone}}})
		start := w.Must(t, "InitiateAuth", w.byPassword("bob", temporary))
		expect(t, start, "NEW_PASSWORD_REQUIRED")
		next := w.answers(t, start, M{"USERNAME": "bob", "NEW_PASSWORD": password})
		expect(t, next, "SMS_MFA")
		tokens(t, w.answers(t, next, M{"USERNAME": "bob", "SMS_MFA_CODE": w.Code(t, phone)}))
	})
}

func TestOneOfManyAnswersLeadsToTheSecondFactor(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		w.invited(t, "bob", M{"UserAttributes": []M{{"Name": "phone_number", "Value": phone}}})
		once := func(answer M, others string) {
			t.Helper()
			asked := 0
			for _, a := range w.atOnce(100, "RespondToAuthChallenge", answer) {
				if a.err == nil && a.out["ChallengeName"] == "SMS_MFA" {
					asked++
				} else if a.err == nil || !strings.Contains(a.err.Error(), others) {
					t.Errorf("a loser was told %v, %v", a.out, a.err)
				}
			}
			if asked != 1 {
				t.Errorf("%d of 100 answers to %v led on, want 1", asked, answer["ChallengeName"])
			}
		}
		_, first := w.newPassword(t, "bob", nil)
		once(first, "session can only be used once")
		once(w.answer(t, w.challenge(t, "bob"), password), wrong)
	})
}

func TestCodesOfASoftwareTokenWorkOnce(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		access := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"]
		a := w.register(t, access)
		first, second := w.Must(t, "InitiateAuth", w.byPassword("alice", password)), w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		code := M{"SOFTWARE_TOKEN_MFA_CODE": a.code(w.Now())}
		w.refused(t, first, M{"SOFTWARE_TOKEN_MFA_CODE": "000000"}, "CodeMismatchException", "Invalid code received for user")
		tokens(t, w.answers(t, first, code))
		w.refused(t, second, code, "ExpiredCodeException", "Your software token has already been used once.")
		w.Advance(30 * time.Second)

		challenge := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		code = M{"SOFTWARE_TOKEN_MFA_CODE": a.code(w.Now())}
		n := winners(t, w.atOnce(100, "RespondToAuthChallenge", w.reply(challenge, code)),
			"session can only be used once", "already been used once", locked)
		if n != 1 {
			t.Errorf("%d of 100 got tokens", n)
		}
	})
}

func TestWrongCodesLockAndEndTheSession(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		w.give(t, "alice", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		challenge := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		for range 5 {
			w.refused(t, challenge, M{"SMS_MFA_CODE": "x"}, "CodeMismatchException", "")
		}
		right := M{"SMS_MFA_CODE": w.Code(t, phone)}
		w.refused(t, challenge, right, "NotAuthorizedException", "")
		w.Advance(2 * time.Second)
		const used = "Invalid session for the user, session can only be used once."
		for range 10 { // none of these is a guess any more
			w.refused(t, challenge, M{"SMS_MFA_CODE": "x"}, "NotAuthorizedException", used)
		}
		w.refused(t, challenge, right, "NotAuthorizedException", used)

		// Wrong codes do not lock the password, and a right password does not forgive them.
		challenge = w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		w.refused(t, challenge, M{"SMS_MFA_CODE": "x"}, "CodeMismatchException", "")
		w.refused(t, challenge, right, "NotAuthorizedException", "")
	})
}

func TestPasswordForgivesAndIsLockedBeforeTheSecondFactorToo(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		w.give(t, "alice", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		guess := func(times int) {
			for range times {
				w.Fails(t, "InitiateAuth", w.byPassword("alice", "wrong"), "NotAuthorizedException", wrong)
			}
		}
		for range 2 { // were nothing forgiven, the second round would lock
			guess(4)
			expect(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)), "SMS_MFA")
		}
		guess(5)
		w.Fails(t, "InitiateAuth", w.byPassword("alice", password), "NotAuthorizedException", locked)
	})
}
