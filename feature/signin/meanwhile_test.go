package signin_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

const noSession = "Invalid session for the user."

// hide has the client hide which users exist.
func (w *world) hide(t *testing.T) {
	t.Helper()
	w.Must(t, "UpdateUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client, "PreventUserExistenceErrors": "ENABLED",
		"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"}})
}

func TestAChoiceEndsWithWhatItOffered(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		w.give(t, "alice", "email", mailbox, "phone_number", phone)
		first := w.choose(t, nil)
		w.prefer(t, "alice", M{"SMSMfaSettings": on, "EmailMfaSettings": on})
		w.refused(t, first, M{"ANSWER": "EMAIL_OTP"}, "InvalidParameterException", "The selected challenge is not available: EMAIL_OTP")
		second := w.answers(t, first, M{"ANSWER": "PASSWORD", "PASSWORD": password})
		expect(t, second, "SELECT_MFA_TYPE")
		w.Must(t, "AdminDeleteUserAttributes", M{"UserPoolId": w.pool, "Username": "alice", "UserAttributeNames": []string{"phone_number"}})
		w.refused(t, second, M{"ANSWER": "SMS_MFA"}, "InvalidParameterException", "The selected challenge is not available: SMS_MFA")
		sent := w.answers(t, second, M{"ANSWER": "EMAIL_OTP"})
		tokens(t, w.answers(t, sent, M{"EMAIL_OTP_CODE": w.Code(t, mailbox)}))
	})
}

func TestASecondFactorCountsWhileItIsTheUsers(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		access := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"]
		w.give(t, "alice", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		held := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		w.register(t, access)
		w.prefer(t, "alice", M{"SMSMfaSettings": M{"Enabled": false}, "SoftwareTokenMfaSettings": preferred})
		expect(t, w.answers(t, held, M{"SMS_MFA_CODE": w.Code(t, phone)}), "SOFTWARE_TOKEN_MFA")
	})
}

func TestACodeIsNotBothFactors(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		w.give(t, "alice", "email", mailbox)
		sent := w.choose(t, M{"PREFERRED_CHALLENGE": "EMAIL_OTP"})
		w.prefer(t, "alice", M{"EmailMfaSettings": preferred})
		w.refused(t, sent, M{"EMAIL_OTP_CODE": w.Code(t, mailbox)}, "NotAuthorizedException", "")
	})
}

func TestUserWithoutAFirstFactorIsAnsweredAsUnknown(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		w.Must(t, "AdminCreateUser", M{"UserPoolId": w.pool, "Username": "bob", "MessageAction": "SUPPRESS",
			"UserAttributes": servertest.Attributes("email", "bob@example.com", "email_verified", "true")})
		w.prefer(t, "bob", M{"EmailMfaSettings": on}) // so that a code alone would leave the second factor out
		w.Fails(t, "InitiateAuth", w.start("USER_AUTH", "bob", nil), "UserNotFoundException", "User does not exist.")
		w.hide(t)
		select1 := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "bob", nil))
		for _, name := range []string{"PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"} {
			if !slices.Contains(available(t, select1), name) {
				t.Errorf("%s is not offered", name)
			}
		}
		w.refused(t, select1, M{"USERNAME": "bob", "ANSWER": "PASSWORD", "PASSWORD": password}, "NotAuthorizedException", wrong)
		sent := w.answers(t, w.Must(t, "InitiateAuth", w.start("USER_AUTH", "bob", nil)), M{"USERNAME": "bob", "ANSWER": "EMAIL_OTP"})
		expect(t, sent, "EMAIL_OTP")
		w.refused(t, sent, M{"USERNAME": "bob", "EMAIL_OTP_CODE": "12345678"}, "CodeMismatchException", "")
		srpID := servertest.Text(w.Must(t, "InitiateAuth", w.start("USER_AUTH", "bob", M{"PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": "2"})),
			"ChallengeParameters.USER_ID_FOR_SRP")
		if srpID != "bob" {
			t.Errorf("USER_ID_FOR_SRP %q is not an unknown user's", srpID)
		}
		if messages := w.Inbox("bob@example.com"); len(messages) > 0 {
			t.Errorf("bob got %v", messages)
		}
	})
}

func TestCodesOfUnknownUsersShowTheChosenMedium(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		w.hide(t)
		for _, name := range []string{"unknown", "+15550123456", "unknown@example.com"} {
			for challenge, medium := range map[string]string{"EMAIL_OTP": "EMAIL", "SMS_OTP": "SMS"} {
				out := w.Must(t, "InitiateAuth", w.start("USER_AUTH", name, M{"PREFERRED_CHALLENGE": challenge}))
				if out["ChallengeName"] == "SELECT_CHALLENGE" && challenge == "SMS_OTP" && name != "+15550123456" {
					continue // not every unknown user has a phone number
				}
				if got := expect(t, out, challenge)["CODE_DELIVERY_DELIVERY_MEDIUM"]; got != medium {
					t.Errorf("%s to %s goes by %v", challenge, name, got)
				}
			}
		}
	})
}

func TestSetUpEndsWithAnotherFactor(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		waiting, setup := w.Must(t, "InitiateAuth", w.byPassword("alice", password)), w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		sent := w.answers(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)), M{"EMAIL": "other@example.com"})
		associated := w.Must(t, "AssociateSoftwareToken", M{"Session": setup["Session"]})
		a := app(t, associated["SecretCode"])
		w.Must(t, "VerifySoftwareToken", M{"Session": associated["Session"], "UserCode": a.code(w.Now())})

		w.refused(t, waiting, M{"EMAIL": "other@example.com"}, "NotAuthorizedException", noSession)
		w.refused(t, sent, M{"EMAIL_OTP_CODE": w.Code(t, "other@example.com")}, "NotAuthorizedException", noSession)
		if email := w.attribute(t, "alice", "email"); email != "" {
			t.Errorf("%s has become the attribute of alice", email)
		}
	})
}

func TestASoftwareTokenDeletedBeforeTheAnswerIsSetUpAgain(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		setup := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		for range 2 {
			associated := w.Must(t, "AssociateSoftwareToken", M{"Session": setup["Session"]})
			a := app(t, associated["SecretCode"])
			setup = w.Must(t, "VerifySoftwareToken", M{"Session": associated["Session"], "UserCode": a.code(w.Now())})
			w.Must(t, "AdminDeleteSoftwareToken", M{"UserPoolId": w.pool, "Username": "alice"})
			setup = w.answers(t, M{"ChallengeName": "MFA_SETUP", "Session": setup["Session"]}, nil)
			expect(t, setup, "MFA_SETUP")
		}
	})
}

func TestANumberGivenWithTheNewPasswordIsASecondFactor(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		w.invited(t, "bob", M{})
		next := w.answers(t, w.Must(t, "InitiateAuth", w.byPassword("bob", temporary)),
			M{"USERNAME": "bob", "NEW_PASSWORD": password, "userAttributes.phone_number": phone})
		expect(t, next, "SMS_MFA")
		tokens(t, w.answers(t, next, M{"USERNAME": "bob", "SMS_MFA_CODE": w.Code(t, phone)}))
	})
}

func TestAResetVoidsWhatBeganWithThePassword(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		w.give(t, "alice", "email", mailbox, "email_verified", "true", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		held := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		code := w.Code(t, phone)
		w.Advance(time.Second)
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": w.pool, "Username": "alice"})
		w.prefer(t, "alice", M{"SMSMfaSettings": M{"Enabled": false}})
		sent := w.choose(t, M{"PREFERRED_CHALLENGE": "EMAIL_OTP"})
		tokens(t, w.answers(t, sent, M{"EMAIL_OTP_CODE": w.Code(t, mailbox)})) // confirms alice again
		w.refused(t, held, M{"SMS_MFA_CODE": code}, "NotAuthorizedException", noSession)
	})
}

func TestUserDeletedDuringAStepIsNoServerError(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		for range 40 {
			w.invited(t, "bob", M{})
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					_, err := w.Call("InitiateAuth", w.byPassword("bob", temporary))
					if err != nil && !awsjson.IsFault(err, "NotAuthorizedException") && !awsjson.IsFault(err, "UserNotFoundException") {
						t.Error(err)
					}
				})
			}
			w.Must(t, "AdminDeleteUser", M{"UserPoolId": w.pool, "Username": "bob"})
			all.Wait()
		}
	})
}
