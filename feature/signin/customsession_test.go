package signin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/srp"
)

func TestFunctionsOfCustomSignInsThatFailLeaveNothing(t *testing.T) {
	for trigger, source := range map[string]string{
		"DefineAuthChallenge": define, "CreateAuthChallenge": create, "VerifyAuthChallengeResponse": verify,
	} {
		t.Run(trigger, func(t *testing.T) {
			eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
				works := riddles(2)
				f.Handle(works)
				begin := w.start("CUSTOM_AUTH", "alice", nil)
				asked := w.custom(t, "alice")
				first, wrongly := w.reply(asked, M{"ANSWER": "answer 1"}), w.reply(asked, M{"ANSWER": "no idea"})
				out, x := w.customSRP(t, "alice")
				verifier := w.answer(t, x, password)
				verifier["Session"] = out["Session"]
				for _, failure := range servertest.Failures(trigger) {
					f.Handle(func(call triggertest.Invocation) triggertest.Answer {
						if call.Source() == source {
							return failure.Answer
						}
						return works(call)
					})
					before := dbtest.Rows(t, w.DB)
					if source != verify {
						w.Fails(t, "InitiateAuth", begin, failure.Code, failure.Text)
						w.Fails(t, "RespondToAuthChallenge", verifier, failure.Code, failure.Text)
					}
					w.Fails(t, "RespondToAuthChallenge", first, failure.Code, failure.Text)
					w.Fails(t, "RespondToAuthChallenge", wrongly, failure.Code, failure.Text)
					if diff := cmp.Diff(before, dbtest.Rows(t, w.DB)); diff != "" {
						t.Errorf("%s: stored (-before +after):\n%s", failure.Name, diff)
					}
				}
				f.Handle(works)
				expect(t, w.Must(t, "RespondToAuthChallenge", verifier), "CUSTOM_CHALLENGE")
				next := w.Must(t, "RespondToAuthChallenge", first)
				tokens(t, w.answers(t, next, M{"ANSWER": "answer 2"}))
			})
		})
	}
}

func TestCustomSignInsNeedTheirFunctions(t *testing.T) {
	const none = "Custom auth lambda trigger is not configured for the user pool."
	client := M{"ExplicitAuthFlows": []string{"ALLOW_CUSTOM_AUTH"}}
	for missing, names := range map[string][]string{
		"define": {"CreateAuthChallenge", "VerifyAuthChallengeResponse"},
		"create": {"DefineAuthChallenge", "VerifyAuthChallengeResponse"},
		"verify": {"DefineAuthChallenge", "CreateAuthChallenge"},
	} {
		t.Run(missing, func(t *testing.T) {
			eachTrigger(t, names, nil, client, func(t *testing.T, w *world, f *triggertest.Function) {
				f.Handle(riddles(1))
				if missing != "verify" {
					w.Fails(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", nil), "InvalidParameterException", none)
					return
				}
				w.refused(t, w.custom(t, "alice"), M{"ANSWER": "answer 1"}, "InvalidParameterException", none)
			})
		})
	}
}

// What happens to the user while a function is asked, between judgement and commit, counts.
func TestWhatHappensWhileFunctionsDecideCounts(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		ask := riddles(1)
		for change, c := range map[string]struct {
			request    M
			code, text string
		}{
			"AdminDisableUser":          {nil, "NotAuthorizedException", "User is disabled."},
			"AdminDeleteUser":           {nil, "NotAuthorizedException", noSession},
			"AdminUserGlobalSignOut":    {nil, "NotAuthorizedException", noSession},
			"AdminSetUserPassword":      {M{"Password": "Quite-Another-9", "Permanent": true}, "NotAuthorizedException", noSession},
			"AdminResetUserPassword":    {nil, "NotAuthorizedException", noSession},
			"AdminUpdateUserAttributes": {M{"UserAttributes": servertest.Attributes("nickname", "ally")}, "", ""},
		} {
			name := strings.ToLower(change)
			w.user(t, name, M{"UserAttributes": servertest.Attributes("email", name+"@example.com", "email_verified", "true")})
			in := w.reply(w.custom(t, name), M{"USERNAME": name, "ANSWER": "answer 1"})
			f.Handle(func(call triggertest.Invocation) triggertest.Answer {
				if call.Source() == define {
					w.Advance(time.Millisecond) // passwords are told apart by when they were set
					w.Must(t, change, servertest.With(M{"UserPoolId": w.pool, "Username": name}, c.request))
				}
				return ask(call)
			})
			if c.code == "" {
				tokens(t, w.Must(t, "RespondToAuthChallenge", in))
			} else {
				w.Fails(t, "RespondToAuthChallenge", in, c.code, c.text)
			}
			f.Handle(ask)
		}
	})
}

func TestACustomSessionIsForItsUserClientAndTime(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.user(t, "bob", M{})
		out := w.custom(t, "alice")
		called := len(f.Calls())
		w.refused(t, out, M{"USERNAME": "bob", "ANSWER": "answer 1"}, "NotAuthorizedException", noSession)
		other := w.reply(out, M{"ANSWER": "answer 1"})
		other["ClientId"] = w.Client(t, w.pool, M{"ExplicitAuthFlows": []string{"ALLOW_CUSTOM_AUTH"}})
		w.Fails(t, "RespondToAuthChallenge", other, "NotAuthorizedException", noSession)
		w.refused(t, M{"ChallengeName": "CUSTOM_CHALLENGE"}, M{"ANSWER": "answer 1"}, "InvalidParameterException", "Missing required parameter Session")
		w.refused(t, out, nil, "InvalidParameterException", "Missing required parameter ANSWER")
		w.refused(t, servertest.With(out, M{"ChallengeName": "SMS_MFA"}), M{"SMS_MFA_CODE": "123456"}, "NotAuthorizedException", noSession)
		w.Advance(3*time.Minute + time.Second)
		w.refused(t, out, M{"ANSWER": "answer 1"}, "NotAuthorizedException", "Invalid session for the user, session is expired.")
		if asked := sources(f, called); len(asked) > 0 {
			t.Errorf("asked %v", asked)
		}
	})
}

func TestCustomSignInsLeaveNoRows(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		kept := func() (n int) {
			for _, row := range dbtest.Rows(t, w.DB) {
				if strings.HasPrefix(row, "custom_auth") {
					n++
				}
			}
			return n
		}
		out := w.answers(t, w.custom(t, "alice"), M{"ANSWER": "no idea"})
		if n := kept(); n != 1 {
			t.Fatalf("%d rows while it goes on", n)
		}
		tokens(t, w.answers(t, out, M{"ANSWER": "answer 1"}))
		if n := kept(); n != 0 {
			t.Errorf("%d rows after a success", n)
		}
		w.custom(t, "alice")
		w.Must(t, "AdminDeleteUser", M{"UserPoolId": w.pool, "Username": "alice"})
		if n := kept(); n != 0 {
			t.Errorf("%d rows of a deleted user", n)
		}
	})
}

func TestWrongAnswersLockCustomChallengesAlone(t *testing.T) {
	eachCustom(t, nil, M{"PreventUserExistenceErrors": "ENABLED"}, func(t *testing.T, w *world, f *triggertest.Function) {
		for _, name := range []string{"alice", "nobody"} {
			f.Handle(riddles(2))
			guess := M{"USERNAME": name, "ANSWER": "no idea"}
			held := w.custom(t, name)
			half := w.answers(t, w.custom(t, name), M{"USERNAME": name, "ANSWER": "answer 1"})
			for range 2 {
				out := w.answers(t, w.custom(t, name), guess)
				w.answers(t, out, guess)
			}
			half = w.answers(t, half, guess) // the fifth
			called := len(f.Calls())
			w.refused(t, half, M{"USERNAME": name, "ANSWER": "answer 2"}, "NotAuthorizedException", locked)
			w.refused(t, held, M{"USERNAME": name, "ANSWER": "answer 1"}, "NotAuthorizedException", locked)
			w.Fails(t, "InitiateAuth", w.start("CUSTOM_AUTH", name, nil), "NotAuthorizedException", locked)
			if asked := sources(f, called); len(asked) > 0 {
				t.Errorf("asked %v about a locked account", asked)
			}
			if name == "alice" {
				tokens(t, w.Must(t, "InitiateAuth", w.byPassword(name, password)))
			} else {
				w.Fails(t, "InitiateAuth", w.byPassword(name, password), "NotAuthorizedException", wrong)
			}

			w.Advance(time.Second)
			if name == "nobody" {
				w.refused(t, half, M{"USERNAME": name, "ANSWER": "answer 2"}, "NotAuthorizedException", wrong)
				continue
			}
			expect(t, w.answers(t, held, M{"ANSWER": "answer 1"}), "CUSTOM_CHALLENGE") // forgives nothing
			w.answers(t, w.custom(t, name), guess)
			w.refused(t, half, M{"ANSWER": "answer 2"}, "NotAuthorizedException", locked)
			w.Advance(2 * time.Second)
			tokens(t, w.answers(t, half, M{"ANSWER": "answer 2"})) // forgives
			for range 2 {
				out := w.answers(t, w.custom(t, name), guess)
				w.answers(t, out, guess)
			}
			w.custom(t, name)
		}
	})
}

func TestTheLockHasTheLastWordOnACustomAnswer(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		ask := riddles(2)
		f.Handle(ask)
		first, second := w.custom(t, "alice"), w.custom(t, "alice")
		for range 2 {
			w.answers(t, w.answers(t, w.custom(t, "alice"), M{"ANSWER": "no idea"}), M{"ANSWER": "no idea"})
		}
		for answer, out := range map[string]M{"answer 1": first, "another": second} {
			guess := w.reply(w.custom(t, "alice"), M{"ANSWER": "no idea"})
			f.Handle(func(call triggertest.Invocation) triggertest.Answer {
				if call.Request()["challengeAnswer"] == answer {
					w.Must(t, "RespondToAuthChallenge", guess)
				}
				return ask(call)
			})
			w.refused(t, out, M{"ANSWER": answer}, "NotAuthorizedException", locked)
			f.Handle(ask)
			w.Advance(time.Minute)
		}
	})
}

func TestCustomSignInsThatHaveNotSucceededAreBounded(t *testing.T) {
	eachCustom(t, nil, M{"PreventUserExistenceErrors": "ENABLED"}, func(t *testing.T, w *world, f *triggertest.Function) {
		here := &world{World: w.From("192.0.2.1"), pool: w.pool, client: w.client}
		there := &world{World: w.From("192.0.2.2"), pool: w.pool, client: w.client}
		elsewhere, oldest := there.custom(t, "alice"), here.custom(t, "alice")
		w.Advance(time.Millisecond) // sign-ins are told apart by when they began
		second := here.custom(t, "alice")
		w.Advance(time.Millisecond)
		for range 9 {
			here.custom(t, "alice")
		}
		here.refused(t, oldest, M{"ANSWER": "answer 1"}, "NotAuthorizedException", noRound)
		tokens(t, here.answers(t, second, M{"ANSWER": "answer 1"}))
		tokens(t, there.answers(t, elsewhere, M{"ANSWER": "answer 1"}))

		f.Script(triggertest.Answer{Response: M{"failAuthentication": true}}) // failed ones count, too
		begun := 0
		for ; begun < 600; begun++ {
			in := w.start("CUSTOM_AUTH", "nobody "+strings.Repeat("x", begun%100)+"y"+strings.Repeat("z", begun/100), nil)
			if _, err := here.Call("InitiateAuth", in); err == nil || !strings.Contains(err.Error(), wrong) {
				break
			}
		}
		if begun != 491 { // and nine of alice's
			t.Errorf("%d of unknown users were begun", begun)
		}
		called := len(f.Calls())
		here.Fails(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", nil), "TooManyRequestsException", "Too many sign-ins, please try again later.")
		if len(f.Calls()) != called {
			t.Error("a function was asked")
		}
		f.Handle(riddles(1))
		there.custom(t, "alice")
		w.Advance(4*time.Minute + time.Second)
		here.custom(t, "alice")
	})
}

func TestACustomSignInHasAHundredRounds(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		f.Handle(riddles(1000))
		out := w.custom(t, "alice")
		for i := range 99 {
			out = w.answers(t, out, M{"ANSWER": "answer " + servertest.Text(out, "ChallengeParameters.riddle")})
			if n := len(out["Session"].(string)); n > 2048 {
				t.Fatalf("round %d: the Session has %d characters", i, n)
			}
		}
		called := len(f.Calls())
		w.refused(t, out, M{"ANSWER": "answer 100"}, "NotAuthorizedException", wrong)
		if diff := cmp.Diff([]string{verify}, sources(f, called)); diff != "" {
			t.Errorf("asked after the last round (-want +got):\n%s", diff)
		}
		w.refused(t, out, M{"ANSWER": "answer 100"}, "NotAuthorizedException", noRound)
	})
}

func TestAnExchangeIsOfOneCustomSignIn(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		one, x := w.customSRP(t, "alice")
		two, _ := w.customSRP(t, "alice")
		answer := w.answer(t, x, password)
		answer["Session"] = two["Session"]
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", noSession)
		answer["Session"] = one["Session"]
		went := 0
		for _, a := range w.atOnce(20, "RespondToAuthChallenge", answer) {
			if a.err == nil {
				went++
			}
		}
		if went != 1 {
			t.Errorf("%d of 20 right passwords went on", went)
		}
		in := w.start("CUSTOM_AUTH", "alice", M{"CHALLENGE_NAME": "SRP_A"})
		w.Fails(t, "InitiateAuth", in, "InvalidParameterException", "Missing required parameter SRP_A")
		in["AuthParameters"].(M)["SRP_A"] = "0"
		w.Fails(t, "InitiateAuth", in, "InvalidParameterException", "Invalid SRP_A")
		in["AuthParameters"].(M)["SRP_A"] = srp.NewClient().Public()
		in["AuthParameters"].(M)["USERNAME"] = ""
		w.Fails(t, "InitiateAuth", in, "InvalidParameterException", "Missing required parameter USERNAME")
	})
}
