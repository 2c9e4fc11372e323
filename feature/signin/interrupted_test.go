package signin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cardea/engine/account"
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/engine/lockout"
	"cardea/feature/signin"
	"cardea/server/servertest"
)

// interrupted takes a step in which something happens between judging and committing.
func (w *world) interrupted(t *testing.T, name, session string, given M, meanwhile func()) (*signin.Outcome, error) {
	t.Helper()
	in := signin.Request{Client: w.client, Name: name, Session: session, Given: map[string]string{}}
	for member, value := range given {
		in.Given[member] = value.(string)
	}
	return w.Server.API.Signin.(*signin.Service).Interrupted(t.Context(), in, meanwhile)
}

// want fails the test unless a step was refused with a condition.
func want(t *testing.T, what string, out *signin.Outcome, err, condition error) {
	t.Helper()
	if !errors.Is(err, condition) {
		t.Errorf("%s: got %+v, %v; want %v", what, out, err, condition)
	}
}

func TestTheLockHasTheLastWordOnARightPassword(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		w.register(t, tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"])
		given := M{"USERNAME": "alice", "PASSWORD": password}
		out, err := w.interrupted(t, "USER_PASSWORD_AUTH", "", given, func() {})
		if err != nil || out.Challenge != "SOFTWARE_TOKEN_MFA" {
			t.Fatalf("got %+v, %v", out, err)
		}
		out, err = w.interrupted(t, "USER_PASSWORD_AUTH", "", given, func() {
			for range 5 {
				w.Fails(t, "InitiateAuth", w.byPassword("alice", "wrong"), "NotAuthorizedException", wrong)
			}
		})
		want(t, "a right password after five wrong ones", out, err, lockout.ErrLocked)
	})
}

func TestAPasswordReplacedBeforeTheCommitGivesNothing(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		replace := func(name string) func() {
			return func() {
				w.Advance(time.Millisecond) // passwords are told apart by when they were set
				w.Must(t, "AdminSetUserPassword", M{"UserPoolId": w.pool, "Username": name, "Password": "Quite-Another-9", "Permanent": true})
			}
		}
		refused := func(what string, out *signin.Outcome, err error) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), wrong) {
				t.Errorf("%s: got %+v, %v", what, out, err)
			}
		}
		out, err := w.interrupted(t, "USER_PASSWORD_AUTH", "", M{"USERNAME": "alice", "PASSWORD": password}, replace("alice"))
		refused("password", out, err)

		w.user(t, "bob", M{})
		given := w.answer(t, w.challenge(t, "bob"), password)["ChallengeResponses"].(M)
		out, err = w.interrupted(t, "PASSWORD_VERIFIER", "", given, replace("bob"))
		refused("exchange", out, err)

		w.user(t, "carol", M{"UserAttributes": servertest.Attributes("email", "carol@example.com")})
		sent := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "carol", M{"PREFERRED_CHALLENGE": "EMAIL_OTP"}))
		out, err = w.interrupted(t, "EMAIL_OTP", sent["Session"].(string),
			M{"USERNAME": "carol", "EMAIL_OTP_CODE": w.Code(t, "carol@example.com")}, replace("carol"))
		want(t, "code", out, err, challenge.ErrInvalid)
	})
}

func TestWhatHappensBeforeTheCommitCounts(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		given := M{"USERNAME": "alice", "PASSWORD": password}
		who := M{"UserPoolId": w.pool, "Username": "alice"}
		out, err := w.interrupted(t, "USER_PASSWORD_AUTH", "", given, func() { w.Must(t, "AdminDisableUser", who) })
		want(t, "a user disabled meanwhile", out, err, account.ErrDisabled)
		w.Must(t, "AdminEnableUser", who)

		w.give(t, "alice", "email", mailbox, "email_verified", "true")
		w.prefer(t, "alice", M{"EmailMfaSettings": preferred})
		before := len(w.Inbox(""))
		out, err = w.interrupted(t, "USER_PASSWORD_AUTH", "", given, func() { w.give(t, "alice", "email", "new@example.com", "email_verified", "true") })
		want(t, "an address changed meanwhile", out, err, challenge.ErrInvalid)
		if after := len(w.Inbox("")); after != before {
			t.Errorf("%d messages were sent", after-before)
		}

		sent := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		answer := M{"USERNAME": "alice", "EMAIL_OTP_CODE": w.Code(t, "new@example.com")}
		out, err = w.interrupted(t, "EMAIL_OTP", sent["Session"].(string), answer, func() { tokens(t, w.answers(t, sent, answer)) })
		want(t, "a code used meanwhile", out, err, challenge.ErrUsed)

		sent = w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		answer["EMAIL_OTP_CODE"] = w.Code(t, "new@example.com")
		out, err = w.interrupted(t, "EMAIL_OTP", sent["Session"].(string), answer, func() {
			w.give(t, "alice", "email", "third@example.com", "email_verified", "true")
		})
		want(t, "an address changed before its code came back", out, err, challenge.ErrInvalid)
	})
}

func TestOnlyAPasswordBeforeASecondFactorNeedNotWaitForTheDisk(t *testing.T) {
	t.Parallel()
	for c, waits := range map[signin.Committed]bool{
		{factor.Password, false, "SOFTWARE_TOKEN_MFA", true}:     false,
		{factor.Password, false, "SELECT_MFA_TYPE", true}:        false,
		{factor.Password, true, "SOFTWARE_TOKEN_MFA", true}:      true, // a Session is used up
		{factor.Password, false, "SMS_MFA", true}:                true, // a message is sent
		{factor.Password, false, "NEW_PASSWORD_REQUIRED", false}: true,
		{factor.Password, false, "", false}:                      true,
		{factor.Passkey, true, "SOFTWARE_TOKEN_MFA", true}:       true,
		{factor.SoftwareToken, true, "", false}:                  true,
		{"", false, "SOFTWARE_TOKEN_MFA", true}:                  true,
	} {
		if got := c.WaitsForDisk(); got != waits {
			t.Errorf("%+v: waits %v, want %v", c, got, waits)
		}
	}
}

func TestAFactorThatCameMeanwhileKeepsAnotherOut(t *testing.T) {
	eachFactor(t, "ON", func(t *testing.T, w *world) {
		setup := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		sent := w.answers(t, setup, M{"EMAIL": "attacker@example.com"})
		answer := M{"USERNAME": "alice", "EMAIL_OTP_CODE": w.Code(t, "attacker@example.com")}
		out, err := w.interrupted(t, "EMAIL_OTP", sent["Session"].(string), answer, func() { w.give(t, "alice", "phone_number", phone) })
		want(t, "an address given while a phone number came", out, err, challenge.ErrInvalid)
	})
}
