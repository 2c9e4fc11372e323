package signin_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
	"cardea/spec/srp"
)

// byFunctions are the triggers of a custom sign-in.
var byFunctions = []string{"DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"}

// The occasions at which they are asked.
const (
	define = "DefineAuthChallenge_Authentication"
	create = "CreateAuthChallenge_Authentication"
	verify = "VerifyAuthChallengeResponse_Authentication"
)

const noRound = "Invalid session for the user, session can only be used once."

// eachCustom is eachTrigger for a pool whose functions decide custom sign-ins, and a client that may begin those.
func eachCustom(t *testing.T, pool, client M, body func(t *testing.T, w *world, f *triggertest.Function)) {
	t.Helper()
	allowed := M{"ExplicitAuthFlows": []string{"ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}
	maps.Copy(allowed, client)
	eachTrigger(t, byFunctions, pool, allowed, func(t *testing.T, w *world, f *triggertest.Function) {
		f.Handle(riddles(1))
		body(t, w, f)
	})
}

// riddles are functions that ask for the password where the client has begun with SRP, and then for the answers to n riddles: that
// to riddle 1 is "answer 1". The third wrong answer fails the sign-in.
func riddles(n int) func(triggertest.Invocation) triggertest.Answer {
	return func(call triggertest.Invocation) triggertest.Answer {
		request := call.Request()
		right, wrong, last := tally(request["session"])
		switch call.Source() {
		case define:
			switch {
			case last == "SRP_A":
				return triggertest.Answer{Response: M{"challengeName": "PASSWORD_VERIFIER"}}
			case wrong == 3:
				return triggertest.Answer{Response: M{"failAuthentication": true}}
			case right == n:
				return triggertest.Answer{Response: M{"issueTokens": true}}
			}
			return triggertest.Answer{Response: M{"challengeName": "CUSTOM_CHALLENGE"}}
		case create:
			return triggertest.Answer{Response: M{
				"publicChallengeParameters":  M{"riddle": fmt.Sprint(right + 1)},
				"privateChallengeParameters": M{"answer": fmt.Sprint("answer ", right+1)},
				"challengeMetadata":          fmt.Sprint("RIDDLE_", right+1),
			}}
		case verify:
			private := request["privateChallengeParameters"].(map[string]any)
			return triggertest.Answer{Response: M{"answerCorrect": request["challengeAnswer"] == private["answer"]}}
		}
		return triggertest.Answer{}
	}
}

// tally counts the custom challenges among the rounds of an event, and gives the name of the last round.
func tally(rounds any) (right, wrong int, last string) {
	list, _ := rounds.([]any)
	for _, item := range list {
		round := item.(map[string]any)
		last = round["challengeName"].(string)
		if last != "CUSTOM_CHALLENGE" {
			continue
		}
		if round["challengeResult"] == true {
			right++
		} else {
			wrong++
		}
	}
	return right, wrong, last
}

// custom begins a custom sign-in, which must work.
func (w *world) custom(t *testing.T, name string) M {
	t.Helper()
	out := w.Must(t, "InitiateAuth", w.start("CUSTOM_AUTH", name, nil))
	expect(t, out, "CUSTOM_CHALLENGE")
	return out
}

// customSRP begins a custom sign-in with the password, which must work.
func (w *world) customSRP(t *testing.T, name string) (M, exchange) {
	t.Helper()
	x := exchange{client: srp.NewClient()}
	out := w.Must(t, "InitiateAuth", w.start("CUSTOM_AUTH", name, M{"CHALLENGE_NAME": "SRP_A", "SRP_A": x.client.Public()}))
	x.parameters = expect(t, out, "PASSWORD_VERIFIER")
	return out, x
}

// proveSRP answers the exchange of a custom sign-in, which must work.
func (w *world) proveSRP(t *testing.T, out M, x exchange, pw string) M {
	t.Helper()
	in := w.answer(t, x, pw)
	in["Session"] = out["Session"]
	return w.Must(t, "RespondToAuthChallenge", in)
}

// told are the names and results of the rounds that the last call was told of.
func told(t *testing.T, f *triggertest.Function) (list []string) {
	t.Helper()
	calls := f.Calls()
	for i := len(calls) - 1; i >= 0; i-- {
		if calls[i].Source() != define {
			continue
		}
		for _, item := range calls[i].Request()["session"].([]any) {
			round := item.(map[string]any)
			list = append(list, fmt.Sprint(round["challengeName"], " ", round["challengeResult"], " ", round["challengeMetadata"]))
		}
		return list
	}
	t.Fatal("DefineAuthChallenge was not asked")
	return nil
}

func TestFunctionsDecideACustomSignIn(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		f.Handle(riddles(3))
		out := w.custom(t, "alice")
		parameters := M{"riddle": "1", "USERNAME": "alice"}
		if diff := cmp.Diff(parameters, out["ChallengeParameters"]); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
		if n := len(out["Session"].(string)); n > 2048 {
			t.Errorf("the Session has %d characters", n)
		}
		for i, answer := range []string{"answer 1", "no idea", "answer 2"} {
			out = w.answers(t, out, M{"ANSWER": answer})
			if got := expect(t, out, "CUSTOM_CHALLENGE")["riddle"]; got != []string{"2", "2", "3"}[i] {
				t.Errorf("after %s: riddle %v", answer, got)
			}
		}
		tokens(t, w.answers(t, out, M{"ANSWER": "answer 3"}))
		want := []string{
			"CUSTOM_CHALLENGE true RIDDLE_1", "CUSTOM_CHALLENGE false RIDDLE_2", "CUSTOM_CHALLENGE true RIDDLE_2", "CUSTOM_CHALLENGE true RIDDLE_3",
		}
		if diff := cmp.Diff(want, told(t, f)); diff != "" {
			t.Errorf("the rounds told (-want +got):\n%s", diff)
		}
		asked := []string{define, create, verify, define, create, verify, define, create, verify, define, create, verify, define}
		if diff := cmp.Diff(asked, sources(f, 0)); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		w.refused(t, out, M{"ANSWER": "answer 3"}, "NotAuthorizedException", noRound)

		f.Handle(riddles(2))
		out = w.custom(t, "alice")
		w.answers(t, out, M{"ANSWER": "answer 1"})
		called := len(f.Calls())
		w.refused(t, out, M{"ANSWER": "answer 1"}, "NotAuthorizedException", noRound)
		if got := sources(f, called); len(got) > 0 {
			t.Errorf("asked %v about a used Session", got)
		}
	})
}

func TestACustomSignInMayBeginWithThePassword(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		out, x := w.customSRP(t, "alice")
		answer := w.answer(t, x, password)
		delete(answer, "Session")
		next := w.Must(t, "RespondToAuthChallenge", answer) // the block says all
		expect(t, next, "CUSTOM_CHALLENGE")
		tokens(t, w.answers(t, next, M{"ANSWER": "answer 1"}))
		want := []string{"SRP_A true <nil>", "PASSWORD_VERIFIER true <nil>", "CUSTOM_CHALLENGE true RIDDLE_1"}
		if diff := cmp.Diff(want, told(t, f)); diff != "" {
			t.Errorf("the rounds told (-want +got):\n%s", diff)
		}
		answer["Session"] = out["Session"]
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", noRound)

		begun := len(f.Calls())
		out, x = w.customSRP(t, "alice")
		wrongly := w.answer(t, x, "wrong")
		wrongly["Session"] = out["Session"]
		w.Fails(t, "RespondToAuthChallenge", wrongly, "NotAuthorizedException", wrong)
		if diff := cmp.Diff([]string{define}, sources(f, begun)); diff != "" {
			t.Errorf("asked about a wrong password (-want +got):\n%s", diff)
		}
	})
}

func TestSessionsOfCustomSignInsAreShort(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		long := strings.Repeat("x", 30<<10)
		ask := riddles(1)
		f.Handle(func(call triggertest.Invocation) triggertest.Answer {
			answer := ask(call)
			if call.Source() == create {
				answer.Response.(M)["privateChallengeParameters"] = M{"answer": long}
			}
			return answer
		})
		out := w.custom(t, "alice")
		if n := len(out["Session"].(string)); n > 2048 {
			t.Errorf("the Session has %d characters", n)
		}
		tokens(t, w.answers(t, out, M{"ANSWER": long}))
	})
}

func TestASecondFactorFollowsThePasswordOfACustomSignIn(t *testing.T) {
	eachCustom(t, M{"SmsConfiguration": texting(), "MfaConfiguration": "OPTIONAL"}, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.give(t, "alice", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		f.Handle(func(call triggertest.Invocation) triggertest.Answer {
			w.give(t, "alice", "nickname", "ally") // it waits for a transaction that is open
			return riddles(1)(call)
		})
		begun, x := w.customSRP(t, "alice")
		called := len(f.Calls())
		out := w.proveSRP(t, begun, x, password)
		expect(t, out, "SMS_MFA")
		if got := sources(f, called); len(got) > 0 {
			t.Errorf("asked before the second factor: %v", got)
		}
		out = w.answers(t, out, M{"SMS_MFA_CODE": w.Code(t, phone)})
		expect(t, out, "CUSTOM_CHALLENGE")
		tokens(t, w.answers(t, out, M{"ANSWER": "answer 1"}))
		want := []string{"SRP_A true <nil>", "PASSWORD_VERIFIER true <nil>", "SMS_MFA true <nil>", "CUSTOM_CHALLENGE true RIDDLE_1"}
		if diff := cmp.Diff(want, told(t, f)); diff != "" {
			t.Errorf("the rounds told (-want +got):\n%s", diff)
		}

		// Without a password the functions alone decide.
		tokens(t, w.answers(t, w.custom(t, "alice"), M{"ANSWER": "answer 1"}))
	})
}

func TestFunctionsFailASignIn(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		out := w.custom(t, "alice")
		for range 2 {
			out = w.answers(t, out, M{"ANSWER": "no idea"})
		}
		w.refused(t, out, M{"ANSWER": "no idea"}, "NotAuthorizedException", wrong)
		w.refused(t, out, M{"ANSWER": "answer 1"}, "NotAuthorizedException", noRound)

		f.Script(triggertest.Answer{Response: M{"failAuthentication": true}})
		w.Fails(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", nil), "NotAuthorizedException", wrong)
		f.Script(triggertest.Answer{Response: M{"issueTokens": true}})
		tokens(t, w.Must(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", nil)))
	})
}

func TestOneOfManyRightAnswersToACustomChallengeWins(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		answer := w.reply(w.custom(t, "alice"), M{"ANSWER": "answer 1"})
		if n := winners(t, w.atOnce(20, "RespondToAuthChallenge", answer), noRound); n != 1 {
			t.Errorf("%d sets of tokens", n)
		}

		f.Handle(riddles(2))
		out, went := w.custom(t, "alice"), 0
		for _, a := range w.atOnce(20, "RespondToAuthChallenge", w.reply(out, M{"ANSWER": "answer 1"})) {
			if a.err == nil {
				went++
			} else if !strings.Contains(a.err.Error(), noRound) {
				t.Errorf("a loser was told %v", a.err)
			}
		}
		if went != 1 {
			t.Errorf("%d of 20 right answers went on", went)
		}
	})
}

func TestUnknownUsersAnswerCustomChallengesInVain(t *testing.T) {
	eachCustom(t, nil, M{"PreventUserExistenceErrors": "ENABLED"}, func(t *testing.T, w *world, f *triggertest.Function) {
		out := w.custom(t, "nobody")
		in := w.reply(out, M{"USERNAME": "nobody", "ANSWER": "answer 1"})
		w.Fails(t, "RespondToAuthChallenge", in, "NotAuthorizedException", wrong)
		w.Fails(t, "RespondToAuthChallenge", in, "NotAuthorizedException", noRound)
		for _, call := range f.Calls() {
			if request := call.Request(); request["userNotFound"] != true || len(request["userAttributes"].(map[string]any)) > 0 {
				t.Errorf("%s: %v", call.Source(), request)
			}
		}
		f.Script(triggertest.Answer{Response: M{"issueTokens": true}})
		w.Fails(t, "InitiateAuth", w.start("CUSTOM_AUTH", "nobody", nil), "NotAuthorizedException", wrong)
		f.Handle(riddles(1))

		known, unknown := w.custom(t, "alice"), w.custom(t, "nobod")
		if a, b := len(known["Session"].(string)), len(unknown["Session"].(string)); a != b {
			t.Errorf("the Session of a user has %d characters, that of an unknown one %d", a, b)
		}
		out, x := w.customSRP(t, "nobod")
		in = w.answer(t, x, password)
		in["Session"] = out["Session"]
		w.Fails(t, "RespondToAuthChallenge", in, "NotAuthorizedException", wrong)

		// A user whose password is void is known to functions, and not to others.
		w.user(t, "reset", M{"UserAttributes": servertest.Attributes("email", "reset@example.com", "email_verified", "true")})
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": w.pool, "Username": "reset"})
		w.refused(t, w.custom(t, "reset"), M{"USERNAME": "reset", "ANSWER": "answer 1"}, "PasswordResetRequiredException", "Password reset required for the user")
	})
}

func TestUnknownUsersMayBeTold(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.Fails(t, "InitiateAuth", w.start("CUSTOM_AUTH", "nobody", nil), "UserNotFoundException", "User does not exist.")
		if n := len(f.Calls()); n > 0 {
			t.Errorf("%d calls about an unknown user", n)
		}
	})
}
