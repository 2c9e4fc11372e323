package server

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/engine/issuer"
	"cardea/platform/db/dbtest"
	"cardea/spec/cognitoidp"
)

// withDomain is a server on which one pool has the prefix "shop".
func withDomain(t *testing.T, c Config) *Server {
	t.Helper()
	c.Region, c.Account, c.Database = "us-east-1", "123456789012", dbtest.SQLite(t)
	c.MasterKeys, c.Test.FastDatabase = [][]byte{bytes.Repeat([]byte{7}, 32)}, true
	srv, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	pool, err := srv.API.Userpool.CreateUserPool(t.Context(), &cognitoidp.CreateUserPoolRequest{PoolName: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = srv.API.Domains.CreateUserPoolDomain(t.Context(), &cognitoidp.CreateUserPoolDomainRequest{Domain: "shop", UserPoolId: pool.UserPool.Id})
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

// ask sends a request whose Host is the target's.
func ask(srv *Server, method, target string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader("{}"))
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.ListUserPools")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	srv.Handler.ServeHTTP(answer, r)
	return answer
}

const nothing = "There is nothing here.\n"

func TestDomainsAndTheAPIAreApart(t *testing.T) {
	t.Parallel()
	srv := withDomain(t, Config{PublicURL: "https://api.example.com", BaseDomain: "example.com"})
	for _, c := range []struct {
		method, target string
		site           bool
		status         int
	}{
		{"POST", "https://api.example.com/", false, 400}, // an unsigned request, to the API
		{"POST", "https://balancer.internal/", false, 400},
		{"GET", "https://api.example.com/livez", false, 200},
		{"POST", "https://shop.auth.us-east-1.example.com/", true, 404},
		{"GET", "https://shop.auth.us-east-1.example.com/livez", true, 404},
		{"GET", "https://shop.auth.us-east-1.example.com/_domains/shop/", true, 404},
		{"GET", "https://api.example.com/_domains/shop/", false, 404},
		{"POST", "https://none.auth.us-east-1.example.com/", false, 404},
	} {
		answer := ask(srv, c.method, c.target)
		if site := answer.Header().Get("X-Frame-Options") == "DENY"; answer.Code != c.status || site != c.site {
			t.Errorf("%s %s: %d, a domain's: %v; %s", c.method, c.target, answer.Code, site, answer.Body)
		}
	}
	if got := ask(srv, "POST", "https://none.auth.us-east-1.example.com/").Body.String(); got != nothing {
		t.Errorf("a domain that does not exist: %q", got)
	}
}

func TestEveryAnswerOfADomainIsGuarded(t *testing.T) {
	t.Parallel()
	const hsts = "Strict-Transport-Security"
	production := withDomain(t, Config{PublicURL: "https://api.example.com", BaseDomain: "example.com"})
	header := ask(production, "GET", "https://shop.auth.us-east-1.example.com/none").Header()
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", hsts: "max-age=31536000",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, srv := range map[string]*Server{
		"http":        withDomain(t, Config{PublicURL: "http://api.example.com", BaseDomain: "example.com"}),
		"development": withDomain(t, Config{Dev: true, PublicURL: "https://localhost:9229", BaseDomain: "example.com"}),
	} {
		if got := ask(srv, "GET", "https://shop.auth.us-east-1.example.com/none").Header().Get(hsts); got != "" {
			t.Errorf("%s: %s: %s", name, hsts, got)
		}
	}
}

func TestDevelopmentServesDomainsByPathToo(t *testing.T) {
	t.Parallel()
	srv := withDomain(t, Config{Dev: true, Addr: "127.0.0.1:9229", PublicURL: "http://127.0.0.1:9229"})
	srv.pages.HandleFunc("/page", func(_ http.ResponseWriter, r *http.Request) {
		if site := issuer.SiteFrom(r.Context()); site == nil || site.Domain != "shop" {
			t.Errorf("the page is shown for %+v", site)
		}
	})
	for target, want := range map[string]int{
		"http://127.0.0.1:9229/_domains/shop/page":          200,
		"http://localhost:9229/_domains/shop/page":          200,
		"http://127.0.0.1:9229/_domains/none/page":          404,
		"http://shop.auth.us-east-1.localhost:9229/page":    200,
		"http://none.auth.us-east-1.localhost:9229/page":    404,
		"http://evil.example:9229/_domains/shop/page":       403, // another page's name for this server
		"http://shop.auth.us-east-1.evil.example:9229/page": 403,
	} {
		if got := ask(srv, "GET", target).Code; got != want {
			t.Errorf("%s: %d, want %d", target, got, want)
		}
	}
}

func TestPanicsAreAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	srv := withDomain(t, Config{PublicURL: "https://api.example.com", BaseDomain: "example.com", Log: slog.New(slog.NewTextHandler(&log, nil))})
	srv.pages.HandleFunc("/broken", func(http.ResponseWriter, *http.Request) { panic("a bug") })
	got := ask(srv, "GET", "https://shop.auth.us-east-1.example.com/broken")
	if got.Code != 500 || strings.Contains(got.Body.String(), "bug") || got.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("got %d %s %v", got.Code, got.Body, got.Header())
	}
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "a bug") {
		t.Errorf("logged %s", log.String())
	}
}
