package oauth_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/hosted"
	"cardea/server/servertest"
)

// push pushes an authorization request of a public client.
func (w *world) push(t testing.TB, query string) servertest.Answer {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for name := range v {
		pairs = append(pairs, name, v.Get(name))
	}
	return w.Post(t, w.Endpoint(t, w.pool, "/oauth2/par"), pairs...)
}

// pushed is the query with which a browser comes with a request.
func (w *world) pushed(t testing.TB, a app, pairs ...string) string {
	t.Helper()
	answer := w.push(t, query(a, pairs...))
	uri := servertest.Text(answer.Body, "request_uri")
	if answer.Status != 201 || !strings.HasPrefix(uri, "urn:ietf:params:oauth:request_uri:") || answer.Body["expires_in"] != 90.0 {
		t.Fatalf("got %d %s", answer.Status, answer.Text)
	}
	return url.Values{"client_id": {a.id}, "request_uri": {uri}}.Encode()
}

func TestPushedRequestsAreAnsweredOnce(t *testing.T) {
	eachFollowing(t, "par", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		q := w.pushed(t, a, "nonce", "n")
		got := sentBack(t, w.open(t, "/oauth2/authorize", q), w.Endpoint(t, w.pool, "/login?"))
		if got.Encode() != q {
			t.Errorf("the browser goes on with %s, want %s", got.Encode(), q)
		}
		w.Advance(10 * time.Minute) // as long as a user takes to sign in

		location, err := w.finish(t, q, nil)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(location)
		if err != nil || u.Query().Get("state") != "s" {
			t.Fatalf("sent to %s", location)
		}
		answer := w.redeem(t, a, u.Query().Get("code"))
		if answer.Status != 200 || claims(t, answer.Body["id_token"])["nonce"] != "n" {
			t.Errorf("got %d %s", answer.Status, answer.Text)
		}
		if _, err := w.finish(t, q, nil); !errors.Is(err, hosted.ErrPushed) {
			t.Errorf("answered again: %v", err)
		}
		refusesBrowser(t, "used", w.open(t, "/oauth2/authorize", q))
	})
}

// refusesBrowser wants the page that says that a request is over.
func refusesBrowser(t testing.TB, what string, answer servertest.Answer) {
	t.Helper()
	if answer.Status != 400 || answer.Header.Get("Location") != "" || !strings.Contains(answer.Text, "has expired or was finished already") {
		t.Errorf("%s: got %d to %q", what, answer.Status, answer.Header.Get("Location"))
	}
}

func TestAPushedRequestIsItsClientsAndShort(t *testing.T) {
	eachFollowing(t, "par", func(t *testing.T, w *world) {
		a, b := w.web(t, nil), w.web(t, nil)
		q := w.pushed(t, a)
		others := strings.Replace(q, a.id, b.id, 1)
		refusesBrowser(t, "another client", w.open(t, "/oauth2/authorize", others))
		refusesBrowser(t, "another client's redirect", w.open(t, "/oauth2/authorize", others+"&"+query(b, "client_id", "")))
		refusesBrowser(t, "unknown", w.open(t, "/oauth2/authorize", q+"x"))
		refusesBrowser(t, "empty", w.open(t, "/oauth2/authorize", query(a)+"&request_uri="))
		refusesBrowser(t, "twice", w.open(t, "/oauth2/authorize", q+"&request_uri=x"))

		// Beside it nothing counts, but that the user asks for a new sign-in.
		sentBack(t, w.open(t, "/oauth2/authorize", q+"&redirect_uri=https://evil.example.com&prompt=none"), w.Endpoint(t, w.pool, "/login?"))
		cookie := w.remembered(t, a)
		if w.reused(t, cookie, q+"&prompt=login") || w.reused(t, cookie, w.pushed(t, a, "prompt", "login")) {
			t.Error("a session was used where a new sign-in was asked for")
		}
		if !w.reused(t, cookie, q) {
			t.Error("the session did not do")
		}
		refusesBrowser(t, "used by single sign-on", w.open(t, "/oauth2/authorize", q))

		q = w.pushed(t, a)
		w.Advance(hosted.PushedLife - time.Second)
		sentBack(t, w.open(t, "/oauth2/authorize", q), w.Endpoint(t, w.pool, "/login?"))
		w.Advance(time.Second)
		refusesBrowser(t, "late", w.open(t, "/oauth2/authorize", q))
		if _, err := w.finish(t, q, nil); err != nil {
			t.Errorf("a sign-in that takes longer: %v", err)
		}
		q = w.pushed(t, a)
		w.Advance(time.Hour)
		if _, err := w.finish(t, q, nil); !errors.Is(err, hosted.ErrPushed) {
			t.Errorf("an hour later: %v", err)
		}
	})
}

func TestPushedRequestsAreJudgedAtOnce(t *testing.T) {
	eachFollowing(t, "par", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		for name, c := range map[string]struct{ query, code string }{
			"redirect":       {query(a, "redirect_uri", "https://evil.example.com"), "invalid_request"},
			"response_type":  {query(a, "response_type", ""), "invalid_request"},
			"scope":          {query(a, "scope", "openid api/none"), "invalid_scope"},
			"PKCE":           {query(a, "code_challenge_method", "plain"), "invalid_request"},
			"a request_uri":  {query(a, "request_uri", "urn:x"), "invalid_request"},
			"another client": {query(app{id: "unknown"}), "invalid_client"},
			"a secret":       {query(a, "client_secret", "x"), "invalid_client"},
			"no client":      {query(a, "client_id", ""), "invalid_request"},
		} {
			refuses(t, name, w.push(t, c.query), 400, c.code)
		}
		secret := w.web(t, M{"GenerateSecret": true})
		refuses(t, "unproven", w.push(t, query(secret)), 400, "invalid_client")
		if n := w.count(t, "pushed_request"); n != 0 {
			t.Errorf("%d rows", n)
		}

		r := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/par"), "redirect_uri", callback, "response_type", "code", "client_secret", "")
		r.SetBasicAuth(secret.id, secret.secret)
		answer := w.Do(t, r)
		q := url.Values{"client_id": {secret.id}, "request_uri": {servertest.Text(answer.Body, "request_uri")}}
		if location, err := w.finish(t, q.Encode(), nil); err != nil || !strings.HasPrefix(location, callback+"?code=") {
			t.Errorf("by Basic: %d %s; %s, %v", answer.Status, answer.Text, location, err)
		}
		if answer := w.open(t, "/oauth2/par", ""); answer.Status != 405 {
			t.Errorf("GET: %d", answer.Status)
		}
	})
}

func TestPushedRequestsAreOffUnlessThePoolFollows(t *testing.T) {
	eachFollowing(t, "introspection", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		if answer := w.push(t, query(a)); answer.Status != 404 {
			t.Errorf("push: got %d %s", answer.Status, answer.Text)
		}
		sentBack(t, w.open(t, "/oauth2/authorize", query(a, "request_uri", "urn:x")), w.Endpoint(t, w.pool, "/login?"))
	})
}

func TestAnAddressPushesSoManyRequests(t *testing.T) {
	eachFollowing(t, "par", func(t *testing.T, w *world) {
		a, secret := w.web(t, nil), w.web(t, M{"GenerateSecret": true})
		w.World = w.From("198.51.100.7")
		for range 60 {
			w.pushed(t, a)
		}
		refuses(t, "too many", w.push(t, query(a)), 429, "temporarily_unavailable")
		if answer := w.push(t, query(secret, "client_secret", secret.secret)); answer.Status != 201 {
			t.Errorf("a client that has proven itself: %d %s", answer.Status, answer.Text)
		}
		if n := w.count(t, "pushed_request"); n != 61 {
			t.Errorf("%d rows", n)
		}
		w.World = w.From("198.51.100.8")
		w.pushed(t, a)
	})
}

func TestOneOfAHundredAnswersAPushedRequest(t *testing.T) {
	eachFollowing(t, "par", func(t *testing.T, w *world) {
		q := w.pushed(t, w.web(t, nil))
		var won atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				switch _, err := w.finish(t, q, nil); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, hosted.ErrPushed):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || w.count(t, "auth_code") != 1 {
			t.Errorf("%d of 100 won", won.Load())
		}
	})
}
