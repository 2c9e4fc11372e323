package servertest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Endpoint is the address of an endpoint on the domain of a pool, which gets one if it has none.
func (w *World) Endpoint(t testing.TB, pool, path string) string {
	t.Helper()
	w.domains.mu.Lock()
	defer w.domains.mu.Unlock()
	if w.domains.of[pool] == "" {
		_, short, _ := strings.Cut(pool, "_")
		prefix := "pool-" + strings.ToLower(short)
		w.Must(t, "CreateUserPoolDomain", M{"UserPoolId": pool, "Domain": prefix})
		w.domains.of[pool] = prefix
	}
	return w.URL + "/_domains/" + w.domains.of[pool] + path
}

// domains are the prefixes that Endpoint has made.
type domains struct {
	mu sync.Mutex
	of map[string]string // by pool
}

// Answer is what an endpoint answers.
type Answer struct {
	Status int
	Header http.Header
	Body   M // of JSON; nil otherwise
	Text   string
}

// Error is the error code of an answer; empty without one.
func (a Answer) Error() string { return Text(a.Body, "error") }

// Do sends a request to an endpoint as it is.
func (w *World) Do(t testing.TB, r *http.Request) Answer {
	t.Helper()
	if w.address != "" {
		r.RemoteAddr = w.address + ":1234"
	}
	if w.agent != "" {
		r.Header.Set("User-Agent", w.agent)
	}
	recorder := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(recorder, r)
	a := Answer{Status: recorder.Code, Header: recorder.Header(), Text: recorder.Body.String()}
	if a.Status >= 500 {
		t.Errorf("%s %s: %d %s; the log has the cause", r.Method, r.URL.Path, a.Status, a.Text)
	}
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal([]byte(a.Text), &a.Body); err != nil {
			t.Errorf("%s %s answered %q", r.Method, r.URL.Path, a.Text)
		}
	}
	return a
}

// Post sends a form to an endpoint; pairs are names and values of its parameters.
func (w *World) Post(t testing.TB, address string, pairs ...string) Answer {
	t.Helper()
	return w.Do(t, Form(address, pairs...))
}

// Form makes the request that Post sends.
func Form(address string, pairs ...string) *http.Request {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}
