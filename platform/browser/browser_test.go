package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"cardea/platform/browser"
)

// visit sends a request with headers, given as name and value in turns, through the guard of a page.
func visit(method string, headers ...string) *http.Response {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page") })
	r := httptest.NewRequest(method, "https://auth.example.com/login", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	browser.Guard(page).ServeHTTP(w, r)
	return w.Result()
}

func TestOtherSitesCannotUseThePages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method string
		status       int
		headers      []string
	}{
		{"a visit", "GET", 200, []string{"Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "cross-site"}},
		{"a client that is no browser", "GET", 200, nil},
		{"an own style sheet", "GET", 200, []string{"Sec-Fetch-Dest", "style"}},
		{"a prefetch", "GET", 400, []string{"Sec-Purpose", "prefetch"}},
		{"a prerendering", "GET", 400, []string{"Sec-Purpose", "prefetch;prerender"}},
		{"an old browser's prefetch", "GET", 400, []string{"Purpose", "prefetch"}},
		{"a frame", "GET", 400, []string{"Sec-Fetch-Dest", "iframe"}},
		{"an object", "GET", 400, []string{"Sec-Fetch-Dest", "object"}},
		{"an own form", "POST", 200, []string{"Sec-Fetch-Site", "same-origin"}},
		{"a form of another site", "POST", 403, []string{"Sec-Fetch-Site", "cross-site"}},
		{"a form of a sibling domain", "POST", 403, []string{"Sec-Fetch-Site", "same-site"}},
		{"a form of another origin", "POST", 403, []string{"Origin", "https://other.example.com"}},
		{"a form without fetch metadata", "POST", 200, []string{"Origin", "https://auth.example.com"}},
	} {
		if got := visit(c.method, c.headers...); got.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d", c.name, got.StatusCode, c.status)
		}
	}
}

func TestAnswersHaveTheHeaders(t *testing.T) {
	t.Parallel()
	got := http.Header{}
	browser.SetHeaders(got, true)
	for name, want := range map[string]string{
		"Cache-Control":              "no-store",
		"Cross-Origin-Opener-Policy": "same-origin",
		"Referrer-Policy":            "same-origin",
		"Strict-Transport-Security":  "max-age=31536000",
		"X-Content-Type-Options":     "nosniff",
		"X-Frame-Options":            "DENY",
		"Content-Security-Policy":    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	got = http.Header{}
	if browser.SetHeaders(got, false); got.Get("Strict-Transport-Security") != "" {
		t.Error("a site on http asks for https")
	}
}

func TestPoliciesAllowWhatAPageHas(t *testing.T) {
	t.Parallel()
	const first = "default-src 'none'; img-src 'self' data:; style-src 'self' 'nonce-n'; "
	const last = "base-uri 'none'; frame-ancestors 'none'"
	for want, p := range map[string]browser.Policy{
		first + last:                            {Nonce: "n"},
		first + "script-src 'nonce-n'; " + last: {Nonce: "n", Script: true},
		first + "script-src 'nonce-n'; connect-src 'self'; " + last: {Nonce: "n", Script: true, Calls: true},
		first + "form-action 'self'; " + last:                       {Nonce: "n", Stays: true},
	} {
		if p.String() != want {
			t.Errorf("got %q, want %q", p, want)
		}
	}
}
