//go:build unix

package signin_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/srp"
)

// The time a request takes must not tell whether a user exists. This compares what requests about different names cost,
// as distributions: processor time of the whole program, which a busy machine does not stretch as it does the clock on the
// wall. The tests here do not run in parallel, so that no other test's time is counted with theirs. SQLite is enough: on
// PostgreSQL the same code runs, and a part of the work is done by another process.
//
// Names are asked about in a random order, so that disturbances of the machine affect all alike. Of two names, each
// answer to the one is compared with each to the other (Mann and Whitney's statistic): a difference counts when it is more
// than a fifth of what the request costs, and a round fails when two pairs of three differ so, in the same direction. Even
// if one name did cost a fifth more than another, 65 per cent of the pairs would be 3.7 standard deviations from the half
// that is to be expected (1.8 for argon2id's fewer requests, whose costs hardly vary); and a test fails only if three rounds agree.
//
// Disabled and unconfirmed users, and those whose temporary password has expired, are told so by Cognito itself before or
// after the password was judged; where it says so there is nothing to hide, and they are not compared. Where it does not
// (the start of SRP, ForgotPassword) they are.
const (
	rounds = 3
	margin = 5  // a difference counts from 1/margin of the cost
	agree  = 65 // per cent of the pairs
)

// asking is one request, sent about several names.
type asking struct {
	flow  string
	names []string
	times int // that each is asked about in a round
	// request makes the request; what leads up to it is not measured.
	request func(w *world, name string) (op string, in M)
	// page, in the place of request, makes the request of a visitor who posts the form of a page.
	page func(t *testing.T, w *world, name string) *http.Request
}

var kindsOfUser = []string{"known", "unknown", "without", "reset"}

var askings = []asking{
	{flow: "USER_PASSWORD_AUTH", names: kindsOfUser, times: 100, request: func(w *world, name string) (string, M) {
		return "InitiateAuth", w.byPassword(name, "wrong")
	}},
	{flow: "USER_SRP_AUTH", names: append(kindsOfUser, "disabled"), times: 100, request: func(w *world, name string) (string, M) {
		return "InitiateAuth", w.start("USER_SRP_AUTH", name, M{"SRP_A": half.Public()})
	}},
	{flow: "PASSWORD_VERIFIER", names: kindsOfUser, times: 100, request: func(w *world, name string) (string, M) {
		out, _ := w.Call("InitiateAuth", w.start("USER_SRP_AUTH", name, M{"SRP_A": half.Public()}))
		return "RespondToAuthChallenge", M{
			"ClientId": w.client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": M{
				"USERNAME":                    servertest.Text(out, "ChallengeParameters.USERNAME"),
				"PASSWORD_CLAIM_SECRET_BLOCK": servertest.Text(out, "ChallengeParameters.SECRET_BLOCK"),
				"PASSWORD_CLAIM_SIGNATURE":    "AAAA", "TIMESTAMP": "Tue Nov 5 09:03:07 UTC 2024",
			},
		}
	}},
	{flow: "USER_AUTH", names: kindsOfUser, times: 100, request: func(w *world, name string) (string, M) {
		return "InitiateAuth", w.start("USER_AUTH", name, nil)
	}},
	{flow: "USER_AUTH with a password", names: []string{"known", "unknown"}, times: 100, request: func(w *world, name string) (string, M) {
		return "InitiateAuth", w.start("USER_AUTH", name, M{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "wrong"})
	}},
	{flow: "USER_AUTH with a code", names: kindsOfUser, times: 100, request: func(w *world, name string) (string, M) {
		return "InitiateAuth", w.start("USER_AUTH", name, M{"PREFERRED_CHALLENGE": "EMAIL_OTP"})
	}},
	{flow: "EMAIL_OTP", names: kindsOfUser, times: 100, request: func(w *world, name string) (string, M) {
		out, _ := w.Call("InitiateAuth", w.start("USER_AUTH", name, M{"PREFERRED_CHALLENGE": "EMAIL_OTP"}))
		return "RespondToAuthChallenge", w.reply(out, M{"USERNAME": name, "EMAIL_OTP_CODE": "12345678"})
	}},
	{flow: "ForgotPassword", names: append(kindsOfUser, "disabled"), times: 100, request: func(w *world, name string) (string, M) {
		return "ForgotPassword", M{"ClientId": w.client, "Username": name}
	}},
}

// The form of the first page, with a name and a password or with a name alone, and the one for forgotten passwords. Those who go
// on to another page have written there what they have typed; the name is as long as all others, in a cookie.
var askingsOfPages = []asking{
	{flow: "/login", names: kindsOfUser, times: 100, page: func(t *testing.T, w *world, name string) *http.Request {
		return w.form(t, "/login", "username", name, "password", "wrong")
	}},
	{flow: "/forgotPassword", names: append(kindsOfUser, "disabled"), times: 100, page: func(t *testing.T, w *world, name string) *http.Request {
		return w.form(t, "/forgotPassword", "username", name)
	}},
}

// form is the request with which a visitor posts the form of a page that they have just opened.
func (w *world) form(t *testing.T, path string, typed ...string) *http.Request {
	t.Helper()
	query := url.Values{"client_id": {w.client}, "redirect_uri": {callback}, "response_type": {"code"}}
	address := w.Endpoint(t, w.pool, path) + "?" + query.Encode()
	opened := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(opened, httptest.NewRequest(http.MethodGet, address, nil))
	token := csrf.FindStringSubmatch(opened.Body.String())
	if token == nil {
		t.Fatalf("%s has no form: %s", path, opened.Body)
	}
	r := servertest.Form(address, append(typed, "_csrf", token[1])...)
	for _, c := range opened.Result().Cookies() {
		r.AddCookie(c)
	}
	return r
}

const callback = "https://app.example.com/cb"

var csrf = regexp.MustCompile(`name="_csrf" value="([^"]*)"`)

// half is the client's half of all exchanges here; none is finished.
var half = srp.NewClient()

func TestCostDoesNotTellWhichUsersExist(t *testing.T) {
	w := timed(t, "srp")
	for _, a := range askings {
		t.Run(a.flow, func(t *testing.T) { w.compare(t, a) })
	}
}

func TestCostOfPagesDoesNotTellWhichUsersExist(t *testing.T) {
	w := timed(t, "srp")
	w.client = w.Client(t, w.pool, M{
		"PreventUserExistenceErrors": "ENABLED", "AllowedOAuthFlows": []string{"code"}, "AllowedOAuthFlowsUserPoolClient": true,
		"AllowedOAuthScopes": []string{"openid"}, "CallbackURLs": []string{callback},
	})
	for _, a := range askingsOfPages {
		t.Run(a.flow, func(t *testing.T) { w.compare(t, a) })
	}
}

func TestCostDoesNotTellWhichUsersExistWithArgon2id(t *testing.T) {
	a := askings[0]
	a.times = 24 // at some 30 ms each
	timed(t, "argon2id").compare(t, a)
}

// The function of this pool is not there; one that is takes its own time.
func TestCostDoesNotTellWhichUsersMightBeMigrated(t *testing.T) {
	w := timed(t, "argon2id")
	w.Must(t, "UpdateUserPool", M{
		"UserPoolId": w.pool, "AutoVerifiedAttributes": []string{"email"}, "UserPoolTags": M{"cardea:password-storage": "argon2id"},
		"LambdaConfig": M{"UserMigration": "arn:aws:lambda:us-east-1:123456789012:function:gone"},
	})
	a := askings[0]
	a.times, a.names = 24, []string{"known", "unknown"}
	w.compare(t, a)
}

// timed is a world with users of all kinds, and a client that hides which users exist.
func timed(t *testing.T, storage string) *world {
	t.Helper()
	w := &world{World: servertest.New(t, dbtest.SQLite(t), nil)}
	w.pool = w.Pool(t, M{
		"UserPoolTags":       M{"cardea:password-storage": storage},
		"EmailConfiguration": mailing(), "AutoVerifiedAttributes": []string{"email"},
		"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
	})
	w.client = w.Client(t, w.pool, M{"PreventUserExistenceErrors": "ENABLED",
		"ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"}})
	with := func(name string) M {
		return M{"UserAttributes": servertest.Attributes("email", name+"@example.com", "email_verified", "true")}
	}
	for _, name := range []string{"known", "reset", "disabled"} {
		w.user(t, name, with(name))
	}
	w.Must(t, "AdminResetUserPassword", M{"UserPoolId": w.pool, "Username": "reset"})
	w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "disabled"})
	w.Must(t, "AdminCreateUser", servertest.With(with("without"), M{"UserPoolId": w.pool, "Username": "without", "MessageAction": "SUPPRESS"}))
	return w
}

// compare fails when round after round the names differ.
func (w *world) compare(t *testing.T, a asking) {
	var found string
	for range rounds {
		costs := w.measure(t, a)
		if found = a.differ(costs); found == "" {
			return
		}
		t.Log(found)
	}
	t.Errorf("%d rounds agree: %s", rounds, found)
}

// measure gives the cost of each request about each name.
func (w *world) measure(t *testing.T, a asking) map[string][]time.Duration {
	t.Helper()
	costs := map[string][]time.Duration{}
	var told string
	for range a.times {
		names := slices.Clone(a.names)
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			w.Advance(16 * time.Minute) // forgives failures
			ask := a.prepare(t, w, name)
			before := processorTime(t)
			text := ask()
			costs[name] = append(costs[name], processorTime(t)-before)
			if told == "" {
				told = text
			} else if text != told {
				t.Fatalf("%s is told %q, another %q", name, text, told)
			}
		}
	}
	return costs
}

// prepare leads up to the request about a name, and gives what sends it and says what was answered.
func (a asking) prepare(t *testing.T, w *world, name string) (send func() string) {
	if a.page != nil {
		r := a.page(t, w, name)
		return func() string {
			answer := w.Do(t, r)
			if strings.Contains(answer.Header.Get("Location"), "/login?") {
				t.Fatal("the form was not taken")
			}
			return fmt.Sprint(answer.Status, answer.Header.Get("Location"))
		}
	}
	op, in := a.request(w, name)
	return func() string {
		_, err := w.Call(op, in)
		return fmt.Sprint(err)
	}
}

// differ compares the first name with the others and describes the differences; empty if there are none.
func (a asking) differ(costs map[string][]time.Duration) string {
	reference := costs[a.names[0]]
	enough := median(reference) / margin
	for _, name := range a.names[1:] {
		for _, c := range []struct {
			word          string
			little, great []time.Duration
		}{{"less", costs[name], reference}, {"more", reference, costs[name]}} {
			if share := exceeds(c.great, c.little, enough); share >= agree {
				return fmt.Sprintf("%s costs %v, %s for %s (%v): in %d %% of the pairs by more than %v",
					a.flow, median(reference), c.word, name, median(costs[name]), share, enough)
			}
		}
	}
	return ""
}

// exceeds is in how many per cent of the pairs the one is greater than the other by more than enough.
func exceeds(great, little []time.Duration, enough time.Duration) int {
	n := 0
	for _, g := range great {
		for _, l := range little {
			if g-l > enough {
				n++
			}
		}
	}
	return 100 * n / (len(great) * len(little))
}

func median(list []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		t.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
