package signin_test

import (
	"testing"
)

const noSession = "Invalid session for the user."

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

func TestSetUpEndsWithAnotherFactor(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		thief, setup := w.Must(t, "InitiateAuth", w.byPassword("alice", password)), w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		sent := w.answers(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)), M{"EMAIL": "thief@example.com"})
		associated := w.Must(t, "AssociateSoftwareToken", M{"Session": setup["Session"]})
		a := app(t, associated["SecretCode"])
		w.Must(t, "VerifySoftwareToken", M{"Session": associated["Session"], "UserCode": a.code(w.Now())})

		w.refused(t, thief, M{"EMAIL": "thief@example.com"}, "NotAuthorizedException", noSession)
		w.refused(t, sent, M{"EMAIL_OTP_CODE": w.Code(t, "thief@example.com")}, "NotAuthorizedException", noSession)
		if email := w.attribute(t, "alice", "email"); email != "" {
			t.Errorf("%s has become hers", email)
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
