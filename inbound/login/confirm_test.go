package login_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

type M = servertest.M

// byLink are the settings of a pool that confirms sign-ups by link.
var byLink = M{
	"AutoVerifiedAttributes":      []string{"email"},
	"VerificationMessageTemplate": M{"DefaultEmailOption": "CONFIRM_WITH_LINK"},
}

// newPool makes a pool of the settings over byLink and a client that hides its users.
func newPool(t *testing.T, w *servertest.World, settings M) (pool, client string) {
	t.Helper()
	pool = w.Pool(t, servertest.With(byLink, settings))
	return pool, w.Client(t, pool, M{"PreventUserExistenceErrors": "ENABLED"})
}

func signUp(t *testing.T, w *servertest.World, client, name string) {
	t.Helper()
	w.Must(t, "SignUp", M{
		"ClientId": client, "Username": name, "Password": servertest.Password,
		"UserAttributes": servertest.Attributes("email", name+"@example.org"),
	})
}

var anchor = regexp.MustCompile(`<a href="([^"]*)">([^<]*)</a>`)

// link is the one in the newest mail to a user.
func link(t *testing.T, w *servertest.World, name string) *url.URL {
	t.Helper()
	messages := w.Inbox(name + "@example.org")
	if len(messages) == 0 {
		t.Fatalf("nothing was sent to %s", name)
	}
	found := anchor.FindStringSubmatch(messages[len(messages)-1].Body)
	if found == nil {
		t.Fatalf("no link in %s", messages[len(messages)-1].Body)
	}
	address, err := url.Parse(html.UnescapeString(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// open sends a request for an address.
func open(w *servertest.World, method, address string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(answer, r)
	return answer
}

// press presses the button of the page that a link leads to.
func press(w *servertest.World, address *url.URL) *httptest.ResponseRecorder {
	bare := *address
	bare.RawQuery = ""
	return open(w, http.MethodPost, bare.String(), address.Query())
}

func status(t *testing.T, w *servertest.World, pool, name string) (status string, verified any) {
	t.Helper()
	out := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": name})
	for _, attribute := range out["UserAttributes"].([]any) {
		if attribute.(M)["Name"] == "email_verified" {
			verified = attribute.(M)["Value"]
		}
	}
	return servertest.Text(out, "UserStatus"), verified
}

var (
	title  = regexp.MustCompile(`<h1>(.*)</h1>`)
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// says tells the status and the heading of an answer.
func says(answer *httptest.ResponseRecorder) string {
	heading := ""
	if found := title.FindStringSubmatch(answer.Body.String()); found != nil {
		heading = found[1]
	}
	return http.StatusText(answer.Code) + ": " + heading
}

const (
	asks      = "OK: Confirm this account?"
	confirmed = "OK: Your account is confirmed"
	wrong     = "Bad Request: This link cannot be used"
)

func expect(t *testing.T, what string, answer *httptest.ResponseRecorder, want string) {
	t.Helper()
	if got := says(answer); got != want {
		t.Errorf("%s: %s; want %s", what, got, want)
	}
}

func TestALinkConfirmsWhenItsButtonIsPressed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := newPool(t, w, nil)
		signUp(t, w, client, "jane")
		address := link(t, w, "jane")
		query := address.Query()
		if address.Scheme+"://"+address.Host+address.Path != w.URL+"/confirmUser" || query.Get("client_id") != client || query.Get("user_name") != "jane" ||
			len(query.Get("confirmation_code")) < 26 || len(query) != 3 {
			t.Errorf("the link is %s", address)
		}

		before := dbtest.Rows(t, w.DB)
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for range 2 {
				expect(t, method, open(w, method, address.String()+"&redirect_uri=https%3A%2F%2Fevil.example", nil), asks)
			}
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, w.DB)); diff != "" {
			t.Errorf("opening the page changes the database (-before +after):\n%s", diff)
		}

		page := open(w, http.MethodGet, address.String()+"&redirect_uri=https%3A%2F%2Fevil.example", nil)
		form := url.Values{}
		for _, found := range hidden.FindAllStringSubmatch(page.Body.String(), -1) {
			form.Set(found[1], html.UnescapeString(found[2]))
		}
		if form.Get("lang") != "en" {
			t.Errorf("the form posts the language %q", form.Get("lang"))
		}
		form.Del("lang")
		if diff := cmp.Diff(query, form); diff != "" || !strings.Contains(page.Body.String(), `<form method="post" action="confirmUser"`) {
			t.Errorf("the page posts something else (-link +form):\n%s", diff)
		}
		done := open(w, http.MethodPost, w.URL+"/confirmUser", form)
		expect(t, "the button", done, confirmed)
		if done.Header().Get("Location") != "" || strings.Contains(page.Body.String()+done.Body.String(), "evil") {
			t.Error("redirect_uri has an effect")
		}
		if now, verified := status(t, w, pool, "jane"); now != "CONFIRMED" || verified != "true" {
			t.Errorf("jane is %s, email_verified %v", now, verified)
		}
		expect(t, "a second press", press(w, address), wrong)
		w.SignIn(t, client, "jane")
	})
}

func TestPagesAreLockedDown(t *testing.T) {
	t.Parallel()
	w := servertest.New(t, dbtest.SQLite(t), nil)
	_, client := newPool(t, w, nil)
	signUp(t, w, client, "jane")
	address := link(t, w, "jane")
	seen := map[string]bool{}
	for name, answer := range map[string]*httptest.ResponseRecorder{
		"question": open(w, http.MethodGet, address.String(), nil), "wrong": open(w, http.MethodGet, w.URL+"/confirmUser", nil), "done": press(w, address),
	} {
		policy := answer.Header().Get("Content-Security-Policy")
		nonce := regexp.MustCompile(`'nonce-([^']*)'`).FindStringSubmatch(policy)
		if nonce == nil || seen[nonce[1]] {
			t.Errorf("%s: policy %q", name, policy)
			continue
		}
		seen[nonce[1]] = true
		for _, directive := range []string{"default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
			if !slices.Contains(strings.Split(policy, "; "), directive) {
				t.Errorf("%s: policy %q lacks %s", name, policy, directive)
			}
		}
		if answer.Body.Len() > 30_000 || strings.Contains(answer.Body.String(), "confirmation_code") != (name == "question") {
			t.Errorf("%s: the page is %s", name, answer.Body)
		}
		for header, want := range map[string]string{
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
			"Content-Type": "text/html; charset=utf-8", "Set-Cookie": "",
		} {
			if got := answer.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
	}
	if answer := open(w, http.MethodPut, address.String(), nil); answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") == "" {
		t.Errorf("PUT: %d", answer.Code)
	}
}

// What a page says of a link that is not good is the same, byte by byte but for the nonce, whatever is wrong with it and
// whoever it is for.
func TestWrongLinksTellNothing(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := newPool(t, w, nil)
		telling := w.Client(t, pool, nil) // a client that does not hide its users
		_, foreign := newPool(t, w, nil)
		signUp(t, w, client, "jane")
		signUp(t, w, client, "kim")
		w.Must(t, "AdminConfirmSignUp", M{"UserPoolId": pool, "Username": "kim"})
		w.User(t, pool, "disabled", "email", "d@example.org")
		w.Must(t, "AdminDisableUser", M{"UserPoolId": pool, "Username": "disabled"})

		good := link(t, w, "jane").Query()
		with := func(name, value string) url.Values {
			q := url.Values{}
			for key := range good {
				q.Set(key, good.Get(key))
			}
			if q.Del(name); value != "" {
				q.Set(name, value)
			}
			return q
		}
		nonce := regexp.MustCompile(`nonce="[^"]*"|<title>[^<]*|<bdi>[^<]*`) // and the name of the app, which is no secret
		first := ""
		for name, form := range map[string]url.Values{
			"another code": with("confirmation_code", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "six digits": with("confirmation_code", "123456"),
			"nobody": with("user_name", "nobody"), "a confirmed user": with("user_name", "kim"), "a disabled user": with("user_name", "disabled"),
			"no client": with("client_id", "nosuchclient"), "another pool's client": with("client_id", foreign), "no code": with("confirmation_code", ""),
			"an impossible name": with("user_name", "a\x00b"), "no UTF-8": with("user_name", "a\xffb"), "a long name": with("user_name", strings.Repeat("x", 3000)),
			"a long form": with("x", strings.Repeat("x", 9000)), "two names": {"client_id": {client}, "user_name": {"jane", "kim"}, "confirmation_code": good["confirmation_code"]},
			"nothing": {},
		} {
			for _, app := range []string{client, telling} {
				if id := form.Get("client_id"); id == client || id == telling {
					form.Set("client_id", app)
				}
				answer := open(w, http.MethodPost, w.URL+"/confirmUser", form)
				expect(t, name, answer, wrong)
				if slices.Contains([]string{"a long name", "an impossible name", "no UTF-8", "two names", "nothing", "no code"}, name) {
					expect(t, name+", opened", open(w, http.MethodGet, w.URL+"/confirmUser?"+form.Encode(), nil), wrong)
				}
				text := nonce.ReplaceAllString(answer.Body.String(), "")
				if first == "" {
					first = text
				}
				if diff := cmp.Diff(first, text); diff != "" {
					t.Errorf("%s is told apart:\n%s", name, diff)
				}
			}
		}
		for range 20 { // too many for a user
			expect(t, "a guess", open(w, http.MethodPost, w.URL+"/confirmUser", with("confirmation_code", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")), wrong)
		}
		w.Advance(time.Hour)
		w.Must(t, "ResendConfirmationCode", M{"ClientId": client, "Username": "jane"})
		good = link(t, w, "jane").Query()
		if answer := open(w, http.MethodPost, w.URL+"/confirmUser?"+good.Encode(), url.Values{}); says(answer) != wrong {
			t.Errorf("a form's address is read: %s", says(answer))
		}
		if now, _ := status(t, w, pool, "jane"); now != "UNCONFIRMED" {
			t.Errorf("jane is %s", now)
		}
		expect(t, "the link itself", press(w, link(t, w, "jane")), confirmed)
	})
}

func TestLinksLiveADayAndTheNewestCounts(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := newPool(t, w, nil)
		for _, name := range []string{"jane", "kim", "lee"} {
			signUp(t, w, client, name)
		}
		w.Advance(24*time.Hour - time.Second)
		expect(t, "in time", press(w, link(t, w, "jane")), confirmed)
		former := link(t, w, "lee")
		w.Must(t, "ResendConfirmationCode", M{"ClientId": client, "Username": "lee"})
		newest := link(t, w, "lee")
		w.Advance(time.Second)
		expect(t, "too late", press(w, link(t, w, "kim")), wrong)
		expect(t, "replaced", press(w, former), wrong)
		expect(t, "the newest", press(w, newest), confirmed)
	})
}

func TestOneOfAHundredPressesConfirms(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool, client := newPool(t, w, servertest.Triggers("PostConfirmation"))
		signUp(t, w, client, "jane")
		address := link(t, w, "jane")
		var wait sync.WaitGroup
		var mu sync.Mutex
		answers := map[string]int{}
		for range 100 {
			wait.Go(func() {
				answer := says(press(w, address))
				mu.Lock()
				defer mu.Unlock()
				answers[answer]++
			})
		}
		wait.Wait()
		if answers[confirmed] != 1 || answers[wrong] != 99 {
			t.Errorf("got %v", answers)
		}
		if now, _ := status(t, w, pool, "jane"); now != "CONFIRMED" || len(f.Calls()) != 1 {
			t.Errorf("jane is %s, and %d functions were told", now, len(f.Calls()))
		}
	})
}

func TestPostConfirmationIsTold(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool, client := newPool(t, w, servertest.Triggers("PostConfirmation"))
		for name, answer := range map[string]triggertest.Answer{
			"jane": {}, "kim": {Raise: "no <b>seats</b> left"}, "lee": {Status: 403, Code: "AccessDeniedException"},
		} {
			signUp(t, w, client, name)
			calls := len(f.Calls())
			f.Script(answer)
			done := press(w, link(t, w, name))
			expect(t, name, done, confirmed)
			if now, _ := status(t, w, pool, name); now != "CONFIRMED" || len(f.Calls()) != calls+1 || f.Calls()[calls].Source() != "PostConfirmation_ConfirmSignUp" {
				t.Errorf("%s is %s after %d calls", name, now, len(f.Calls())-calls)
			}
			text := done.Body.String()
			if strings.Contains(text, "no &lt;b&gt;seats&lt;/b&gt; left") != (name == "kim") {
				t.Errorf("%s: the page says %s", name, text)
			}
		}
	})
}

func TestAConflictOfAliasesKeepsTheLink(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := newPool(t, w, M{"AliasAttributes": []string{"email"}})
		signUp(t, w, client, "jane")
		w.User(t, pool, "other", "email", "jane@example.org", "email_verified", "true")
		expect(t, "while another has the address", press(w, link(t, w, "jane")), "Conflict: This link cannot be used")
		w.Must(t, "AdminDeleteUser", M{"UserPoolId": pool, "Username": "other"})
		expect(t, "afterwards", press(w, link(t, w, "jane")), confirmed)
	})
}

func TestGuessesAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, _ := newPool(t, w, nil)
		client := w.Client(t, pool, M{"GenerateSecret": true}) // whose own requests come from servers
		form := url.Values{"client_id": {client}, "user_name": {"nobody"}, "confirmation_code": {"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}}
		limited := "Too Many Requests: Confirm this account?"
		for range 500 {
			if says(open(w, http.MethodPost, w.URL+"/confirmUser", form)) == limited {
				t.Fatal("limited too soon")
			}
		}
		expect(t, "one too many", open(w, http.MethodPost, w.URL+"/confirmUser", form), limited)
	})
}

func TestTheAPIConfirmsByTheCodeOfALink(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := newPool(t, w, nil)
		signUp(t, w, client, "jane")
		w.Must(t, "ConfirmSignUp", M{"ClientId": client, "Username": "jane", "ConfirmationCode": link(t, w, "jane").Query().Get("confirmation_code")})
		if now, _ := status(t, w, pool, "jane"); now != "CONFIRMED" {
			t.Errorf("jane is %s", now)
		}
		expect(t, "the same code", press(w, link(t, w, "jane")), wrong)
	})
}

func TestOnlySignUpsAreConfirmedByLink(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := newPool(t, w, M{
			"AutoVerifiedAttributes": []string{"email", "phone_number"}, "SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"},
		})
		w.User(t, pool, "jane", "email", "jane@example.org", "email_verified", "true")
		tokens := w.SignIn(t, client, "jane")
		w.Must(t, "ForgotPassword", M{"ClientId": client, "Username": "jane"})
		w.Must(t, "GetUserAttributeVerificationCode", M{"AccessToken": tokens["AccessToken"], "AttributeName": "email"})
		w.Must(t, "UpdateUserAttributes", M{"AccessToken": tokens["AccessToken"], "UserAttributes": servertest.Attributes("email", "jane2@example.org")})
		w.Must(t, "SignUp", M{
			"ClientId": client, "Username": "kim", "Password": servertest.Password,
			"UserAttributes": servertest.Attributes("email", "kim@example.org", "phone_number", "+15551234567"),
		})
		messages := w.Inbox("")
		if len(messages) != 4 {
			t.Fatalf("%d messages", len(messages))
		}
		for _, m := range messages {
			if len(m.Code) != 6 || anchor.MatchString(m.Body) || !strings.Contains(m.Body, m.Code) {
				t.Errorf("to %s: %s", m.To, m.Body)
			}
		}
	})
}

func TestFunctionsWriteMailsWithLinks(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool, client := newPool(t, w, servertest.Triggers("CustomMessage"))
		f.Handle(func(call triggertest.Invocation) triggertest.Answer {
			place, _ := call.Request()["linkParameter"].(string)
			return triggertest.Answer{Response: M{"emailMessage": "<p>Welcome! " + place + "</p>", "emailSubject": "Welcome"}}
		})
		signUp(t, w, client, "jane")
		m := w.Inbox("jane@example.org")[0]
		found := anchor.FindStringSubmatch(m.Body)
		if found == nil || found[2] != "Click Here" || m.Subject != "Welcome" || !strings.HasPrefix(m.Body, "<p>Welcome! <a href=") {
			t.Fatalf("%q: %q", m.Subject, m.Body)
		}
		if event := string(f.Calls()[0].Event); strings.Contains(event, m.Code) {
			t.Errorf("the function sees the code: %s", event)
		}
		expect(t, "its link", press(w, link(t, w, "jane")), confirmed)

		f.Script(triggertest.Answer{Response: M{"emailMessage": "only a code: {####}"}})
		w.Fails(t, "SignUp", M{
			"ClientId": client, "Username": "kim", "Password": servertest.Password, "UserAttributes": servertest.Attributes("email", "kim@example.org"),
		}, "InvalidLambdaResponseException", "")
		w.Fails(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "kim"}, "UserNotFoundException", "")
	})
}

func TestLinksLeadToThePoolsDomain(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := newPool(t, w, nil)
		other, _ := newPool(t, w, nil)
		w.Must(t, "CreateUserPoolDomain", M{"UserPoolId": pool, "Domain": "acme"})
		w.Must(t, "CreateUserPoolDomain", M{"UserPoolId": other, "Domain": "elsewhere"})
		signUp(t, w, client, "jane")
		address := link(t, w, "jane")
		if address.Host+address.Path != "localhost:9229/_domains/acme/confirmUser" {
			t.Fatalf("the link is %s", address)
		}
		expect(t, "the page", open(w, http.MethodGet, address.String(), nil), asks)
		if page := open(w, http.MethodGet, address.String(), nil).Body.String(); !strings.Contains(page, "<title>Confirm this account? · test</title>") {
			t.Errorf("the page does not name the app: %s", page)
		}
		elsewhere := *address
		elsewhere.Path = "/_domains/elsewhere/confirmUser"
		expect(t, "another pool's domain", press(w, &elsewhere), wrong)
		if page := open(w, http.MethodGet, elsewhere.String(), nil).Body.String(); strings.Contains(page, "· test") {
			t.Errorf("a page names another pool's app: %s", page)
		}
		expect(t, "the button", press(w, address), confirmed)
	})
}
