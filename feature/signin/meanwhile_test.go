package signin_test

import (
	"testing"
)

const noSession = "Invalid session for the user."

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
