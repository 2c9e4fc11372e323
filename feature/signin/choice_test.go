package signin_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
	"cardea/spec/srp"
)

func available(t *testing.T, out M) []string {
	t.Helper()
	list, ok := out["AvailableChallenges"].([]any)
	if !ok {
		t.Fatalf("no AvailableChallenges in %v", out)
	}
	names := make([]string, len(list))
	for i, name := range list {
		names[i] = name.(string)
	}
	return names
}

func TestChoiceOffersWhatTheUserHas(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		want := []string{"PASSWORD_SRP", "PASSWORD"}
		if got := available(t, w.choose(t, nil)); !slices.Equal(got, want) {
			t.Errorf("password alone: %v", got)
		}
		w.give(t, "alice", "email", mailbox, "phone_number", phone)
		out := w.choose(t, nil)
		if diff := cmp.Diff(M{}, expect(t, out, "SELECT_CHALLENGE")); diff != "" {
			t.Errorf("ChallengeParameters (-want +got):\n%s", diff)
		}
		if got := available(t, out); !slices.Equal(got, append(want, "EMAIL_OTP", "SMS_OTP")) {
			t.Errorf("with addresses: %v", got)
		}
		w.invited(t, "bob", M{"UserAttributes": servertest.Attributes("email", "bob@example.com")})
		bobs := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "bob", M{"PREFERRED_CHALLENGE": "EMAIL_OTP"}))
		if got := available(t, bobs); bobs["ChallengeName"] != "SELECT_CHALLENGE" || !slices.Equal(got, want) {
			t.Errorf("with a temporary password: %v", bobs)
		}
		w.refused(t, out, M{"ANSWER": "WEB_AUTHN"}, "InvalidParameterException", "")
		w.refused(t, out, M{"ANSWER": "CUSTOM_CHALLENGE"}, "InvalidParameterException", "")
		w.refused(t, out, nil, "InvalidParameterException", "Missing required parameter ANSWER")
	})
}

func TestChoiceOfThePassword(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		tokens(t, w.choose(t, M{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": password}))
		_, err := w.begin("USER_AUTH", M{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "wrong"})
		if err == nil || err.Error() != "NotAuthorizedException: "+wrong {
			t.Errorf("a wrong password: %v", err)
		}
		asked := w.choose(t, M{"PREFERRED_CHALLENGE": "PASSWORD"})
		expect(t, asked, "PASSWORD")
		w.refused(t, asked, M{"PASSWORD": "wrong"}, "NotAuthorizedException", wrong)
		tokens(t, w.answers(t, asked, M{"PASSWORD": password}))
		w.refused(t, asked, M{"PASSWORD": password}, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")

		inline := w.choose(t, nil)
		tokens(t, w.answers(t, inline, M{"ANSWER": "PASSWORD", "PASSWORD": password}))
		apart := w.answers(t, w.choose(t, nil), M{"ANSWER": "PASSWORD"})
		tokens(t, w.answers(t, apart, M{"PASSWORD": password}))
	})
}

func TestChoiceOfSRP(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		finish := func(out M, c *srp.Client) {
			t.Helper()
			expect(t, out, "PASSWORD_VERIFIER")
			in := w.answer(t, exchange{client: c, parameters: out["ChallengeParameters"].(M)}, password)
			w.Fails(t, "RespondToAuthChallenge", in, "InvalidParameterException", "Missing required parameter Session")
			in["Session"] = w.choose(t, M{"PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": c.Public()})["Session"]
			w.Fails(t, "RespondToAuthChallenge", in, "NotAuthorizedException", "Invalid session for the user.")
			in["Session"] = out["Session"]
			tokens(t, w.Must(t, "RespondToAuthChallenge", in))
			w.Fails(t, "RespondToAuthChallenge", in, "NotAuthorizedException", "")
		}
		c := srp.NewClient()
		start := M{"PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": c.Public()}
		finish(w.choose(t, start), c)
		finish(w.answers(t, w.choose(t, nil), M{"ANSWER": "PASSWORD_SRP", "SRP_A": c.Public()}), c)
		asked := w.choose(t, M{"PREFERRED_CHALLENGE": "PASSWORD_SRP"})
		expect(t, asked, "PASSWORD_SRP")
		finish(w.answers(t, asked, M{"SRP_A": c.Public()}), c)
		w.refused(t, w.choose(t, nil), M{"ANSWER": "PASSWORD_SRP", "SRP_A": "0"}, "InvalidParameterException", "Invalid SRP_A")
	})
}

func TestChoiceOfACode(t *testing.T) {
	for _, c := range []struct{ name, member, attribute, address string }{
		{"EMAIL_OTP", "EMAIL_OTP_CODE", "email", mailbox},
		{"SMS_OTP", "SMS_OTP_CODE", "phone_number", phone},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFactor(t, "OFF", func(t *testing.T, w *world) {
				w.give(t, "alice", c.attribute, c.address)
				out := w.choose(t, M{"PREFERRED_CHALLENGE": c.name})
				parameters := expect(t, out, c.name)
				if parameters["CODE_DELIVERY_DESTINATION"] == nil || !slices.Contains(available(t, out), c.name) {
					t.Errorf("answered %v", out)
				}
				code := w.Code(t, c.address)
				if len(code) != 8 {
					t.Errorf("code %q has not eight digits", code)
				}
				w.refused(t, out, nil, "InvalidParameterException", "Missing required parameter "+c.member)
				w.refused(t, out, M{c.member: "123"}, "CodeMismatchException", "Invalid code or auth state for the user.")
				tokens(t, w.answers(t, out, M{c.member: code}))
				w.refused(t, out, M{c.member: code}, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
				if w.attribute(t, "alice", c.attribute+"_verified") != "true" {
					t.Error("the address is not verified")
				}

				again := w.answers(t, w.choose(t, nil), M{"ANSWER": c.name})
				if n := winners(t, w.atOnce(100, "RespondToAuthChallenge", w.reply(again, M{c.member: w.Code(t, c.address)})),
					"session can only be used once"); n != 1 {
					t.Errorf("%d of 100 got tokens", n)
				}
				late := w.choose(t, M{"PREFERRED_CHALLENGE": c.name})
				w.Advance(3*time.Minute + time.Second)
				w.refused(t, late, M{c.member: w.Code(t, c.address)}, "NotAuthorizedException", "Invalid session for the user, session is expired.")
			})
		})
	}
}

func TestLockedPasswordLeavesTheOtherFactors(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		w.give(t, "alice", "email", mailbox)
		for range 5 {
			_, _ = w.begin("USER_PASSWORD_AUTH", M{"PASSWORD": "wrong"})
		}
		w.Fails(t, "InitiateAuth", w.start("USER_AUTH", "alice", M{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": password}), "NotAuthorizedException", locked)
		w.refused(t, w.choose(t, nil), M{"ANSWER": "PASSWORD", "PASSWORD": password}, "NotAuthorizedException", locked)
		sent := w.answers(t, w.choose(t, nil), M{"ANSWER": "EMAIL_OTP"})
		tokens(t, w.answers(t, sent, M{"EMAIL_OTP_CODE": w.Code(t, mailbox)}))
	})
}

func TestCodeConfirmsAnAccount(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		w.Must(t, "SignUp", M{"ClientId": w.client, "Username": "carol", "Password": password, "UserAttributes": servertest.Attributes("email", "carol@example.com")})
		out := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "carol", M{"PREFERRED_CHALLENGE": "EMAIL_OTP"}))
		tokens(t, w.answers(t, out, M{"USERNAME": "carol", "EMAIL_OTP_CODE": w.Code(t, "carol@example.com")}))
		if status := w.Must(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": "carol"})["UserStatus"]; status != "CONFIRMED" {
			t.Errorf("status %v", status)
		}
	})
}

func TestCodeIsVoidOnceItsAddressHasChanged(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		w.give(t, "alice", "email", mailbox)
		out := w.choose(t, M{"PREFERRED_CHALLENGE": "EMAIL_OTP"})
		code := w.Code(t, mailbox)
		w.give(t, "alice", "email", "other@example.com")
		w.refused(t, out, M{"EMAIL_OTP_CODE": code}, "CodeMismatchException", "")
	})
}

func TestMFALeavesThePasswordToBeginWith(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		w.give(t, "alice", "email", mailbox, "phone_number", phone)
		if got := available(t, w.choose(t, nil)); !slices.Contains(got, "EMAIL_OTP") {
			t.Errorf("without a second factor: %v", got)
		}
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		out := w.choose(t, M{"PREFERRED_CHALLENGE": "EMAIL_OTP"})
		if got := available(t, out); out["ChallengeName"] != "SELECT_CHALLENGE" || !slices.Equal(got, []string{"PASSWORD_SRP", "PASSWORD"}) {
			t.Errorf("with a second factor: %v", out)
		}
		second := w.answers(t, out, M{"ANSWER": "PASSWORD", "PASSWORD": password})
		expect(t, second, "SMS_MFA")
		tokens(t, w.answers(t, second, M{"SMS_MFA_CODE": w.Code(t, phone)}))
	})
}

func TestUnknownUsersAreOfferedTheSameChoice(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		w.Fails(t, "InitiateAuth", w.start("USER_AUTH", "unknown", nil), "UserNotFoundException", "User does not exist.")
		w.Must(t, "UpdateUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client, "PreventUserExistenceErrors": "ENABLED",
			"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH"}})
		out := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "unknown", nil))
		for _, name := range []string{"PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"} {
			if !slices.Contains(available(t, out), name) {
				t.Errorf("%s is not offered: %v", name, out)
			}
		}
		w.refused(t, out, M{"USERNAME": "unknown", "ANSWER": "PASSWORD", "PASSWORD": password}, "NotAuthorizedException", wrong)
		sent := w.answers(t, out, M{"USERNAME": "unknown", "ANSWER": "EMAIL_OTP"})
		if to := expect(t, sent, "EMAIL_OTP")["CODE_DELIVERY_DESTINATION"]; to == "" {
			t.Error("no destination")
		}
		for range 5 {
			w.refused(t, sent, M{"USERNAME": "unknown", "EMAIL_OTP_CODE": "12345678"}, "CodeMismatchException", "Invalid code or auth state for the user.")
		}
		w.refused(t, sent, M{"USERNAME": "unknown", "EMAIL_OTP_CODE": "12345678"}, "NotAuthorizedException", "")
		if messages := w.Inbox(""); len(messages) > 0 {
			t.Errorf("messages were sent: %v", messages)
		}
	})
}

func TestDisabledUsersGetNoCode(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		w.give(t, "alice", "email", mailbox)
		out := w.choose(t, M{"PREFERRED_CHALLENGE": "EMAIL_OTP"})
		w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "alice"})
		w.refused(t, out, M{"EMAIL_OTP_CODE": w.Code(t, mailbox)}, "NotAuthorizedException", "User is disabled.")
		w.Fails(t, "InitiateAuth", w.start("USER_AUTH", "alice", M{"PREFERRED_CHALLENGE": "EMAIL_OTP"}), "NotAuthorizedException", "User is disabled.")
		if n := len(w.Inbox(mailbox)); n != 1 {
			t.Errorf("%d codes were sent", n)
		}
	})
}
