package issuer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/issuer"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/domain"
	"cardea/record/pool"
	"cardea/spec/id"
)

// named are the addresses of a production server.
var named = issuer.Names{PublicURL: "https://api.example.com:8443", BaseDomain: "example.com", Region: "us-east-1"}

// clock is a clock that stands still until the test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// sites finds the domains of one pool: the prefix shop and login.shop.example.
func sites(t *testing.T, d *db.DB, names issuer.Names) *issuer.Sites {
	t.Helper()
	two := int64(2)
	prefix := &domain.Domain{Pool: name, Name: domain.Name{Region: "us-east-1", Text: "shop"}}
	prefix.Doc.ManagedLoginVersion = &two
	far := &domain.Domain{Pool: "eu-west-1_Far000000", Name: domain.Name{Region: "eu-west-1", Text: "shop"}}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		custom := &domain.Domain{Pool: name, Name: domain.Name{Text: "login.shop.example"}}
		return errors.Join(domain.Insert(tx, prefix), domain.Insert(tx, custom), domain.Insert(tx, far))
	})
	if err != nil {
		t.Fatal(err)
	}
	return issuer.NewSites(d, names)
}

// shown is a site in one line.
func shown(site *issuer.Site, err error) string {
	switch {
	case errors.Is(err, db.ErrNotFound):
		return "unknown"
	case err != nil:
		return err.Error()
	case site == nil:
		return "the server's"
	}
	return fmt.Sprint(site.Pool, " ", site.Domain, " ", site.Custom, " ", site.Version, " ", site.BaseURL, " ", site.Path, " ", site.Secure)
}

const (
	ofPrefix = "us-east-1_AbC123xyz shop false 2 https://shop.auth.us-east-1.example.com:8443  true"
	ofCustom = "us-east-1_AbC123xyz login.shop.example true 1 https://login.shop.example:8443  true"
)

func TestHostsNameSites(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := sites(t, d, named)
		for host, want := range map[string]string{
			"shop.auth.us-east-1.example.com":         ofPrefix,
			"SHOP.auth.us-east-1.Example.com:1234":    ofPrefix,
			"login.shop.example":                      ofCustom,
			"login.shop.example:443":                  ofCustom,
			"shop.auth.eu-west-1.example.com":         "eu-west-1_Far000000 shop false 1 https://shop.auth.eu-west-1.example.com:8443  true",
			"shop.auth.us-east-2.example.com":         "unknown",
			"other.auth.us-east-1.example.com":        "unknown",
			"api.example.com:8443":                    "the server's",
			"login.shop.example.":                     "the server's",
			"shop.auth.us-east-1.example.com.":        "the server's",
			"shop.auth.us-east-1.example.com:":        "the server's",
			"shop.auth.us-east-1.example.com:x":       "the server's",
			"shop.auth.us-east-1.example.com:80:80":   "the server's",
			"x.shop.auth.us-east-1.example.com":       "the server's",
			"auth.us-east-1.example.com":              "the server's",
			"shop.auth.us-east-1.evil-example.com":    "the server's",
			"shop..us-east-1.example.com":             "the server's",
			"user@login.shop.example":                 "the server's",
			"login.shop.example/":                     "the server's",
			"login.\u017fhop.example":                 "the server's", // lower case of ſ is s
			"login.shop.example\x00":                  "the server's",
			"evil.example,login.shop.example":         "the server's",
			"127.0.0.1:8443":                          "the server's",
			"[::1]:8443":                              "the server's",
			"localhost":                               "the server's",
			"":                                        "the server's",
			strings.Repeat("a.", 126) + "example.com": "the server's",
		} {
			for range 2 { // read, then remembered
				if got := shown(s.ByHost(t.Context(), host)); got != want {
					t.Errorf("%q: got %s, want %s", host, got, want)
				}
			}
		}
	})
}

func TestPathsNameSitesInDevelopmentOnly(t *testing.T) {
	t.Parallel()
	const base = "us-east-1_AbC123xyz shop false 2 http://localhost:9229/_domains/shop /_domains/shop false"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dev := issuer.Names{PublicURL: "http://localhost:9229", BaseDomain: "localhost", ByPath: true, Region: "us-east-1"}
		s := sites(t, d, dev)
		for path, want := range map[string]string{
			"/_domains/shop/":               base,
			"/_domains/shop/oauth2/token":   base,
			"/_domains/login.shop.example/": "us-east-1_AbC123xyz login.shop.example true 1 http://localhost:9229/_domains/login.shop.example /_domains/login.shop.example false",
			"/_domains/shop.auth.eu-west-1.localhost/": "eu-west-1_Far000000 shop false 1 http://localhost:9229/_domains/shop.auth.eu-west-1.localhost " +
				"/_domains/shop.auth.eu-west-1.localhost false",
			"/_domains/shop.auth.us-east-1.localhost/": "unknown", // the shorter path is its path
			"/_domains/SHOP/":                          "unknown",
			"/_domains/shop":                           "unknown",
			"/_domains/":                               "unknown",
			"/_domains//shop/":                         "unknown",
			"/_domains/other/":                         "unknown",
			"/shop/":                                   "unknown",
		} {
			if got := shown(s.ByPath(t.Context(), path)); got != want {
				t.Errorf("%q: got %s, want %s", path, got, want)
			}
		}
		if site, err := s.ByPath(t.Context(), "/_domains/shop/"); err != nil || site.Origin() != dev.PublicURL {
			t.Errorf("the origin of a path: %v, %v", site, err)
		}
		s.Names = named
		if got := shown(s.ByPath(t.Context(), "/_domains/shop/")); got != "unknown" {
			t.Errorf("a production server: got %s", got)
		}
	})
}

// nodes are two servers on one database, which share a clock.
func nodes(t *testing.T, body func(t *testing.T, here, elsewhere *db.DB, now *clock)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		now := &clock{now: time.Now()}
		opts := db.Options{Now: now.Now}
		body(t, dbtest.Open(t, url, opts), dbtest.Open(t, url, opts), now)
	})
}

func TestADeletedDomainStopsAtOnceHereAndSoonElsewhere(t *testing.T) {
	t.Parallel()
	nodes(t, func(t *testing.T, d, other *db.DB, now *clock) {
		here, elsewhere := sites(t, d, named), issuer.NewSites(other, named)
		find := func(s *issuer.Sites) string {
			return shown(s.ByHost(t.Context(), "shop.auth.us-east-1.example.com"))
		}
		if find(here) != ofPrefix || find(elsewhere) != ofPrefix {
			t.Fatal("not found")
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return domain.Delete(tx, name, domain.Name{Region: "us-east-1", Text: "shop"})
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := find(here); got != "unknown" {
			t.Errorf("here: %s", got)
		}
		now.advance(issuer.Remembered + time.Millisecond)
		if got := find(elsewhere); got != "unknown" {
			t.Errorf("elsewhere, %v later: %s", issuer.Remembered, got)
		}

		again := &domain.Domain{Pool: name, Name: domain.Name{Region: "us-east-1", Text: "shop"}}
		for i, change := range []func(*db.Tx, *domain.Domain) error{domain.Insert, domain.Update} {
			_ = find(here) // as it was before
			version := int64(i + 1)
			again.Doc.ManagedLoginVersion = &version
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return change(tx, again) }); err != nil {
				t.Fatal(err)
			}
			if site, err := here.ByHost(t.Context(), "shop.auth.us-east-1.example.com"); err != nil || site.Version != version {
				t.Errorf("version %d: %+v, %v", version, site, err)
			}
		}
	})
}

func TestDocumentsChangeAtOnceHereAndSoonElsewhere(t *testing.T) {
	t.Parallel()
	nodes(t, func(t *testing.T, d, other *db.DB, now *clock) {
		here := documents(t, d, named)
		elsewhere := issuer.NewDocuments(other, named, here.Keys)
		for _, published := range []*issuer.Documents{here, elsewhere} {
			published.Endpoints = []issuer.Endpoint{{Member: "token_endpoint", Path: "/oauth2/token"}}
		}
		named := func(published *issuer.Documents) bool {
			t.Helper()
			text, err := published.Discovery(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(string(text), "https://shop.auth.us-east-1.example.com:8443/oauth2/token")
		}
		if named(here) || named(elsewhere) {
			t.Fatal("a domain before there is one")
		}
		if err := d.Write(t.Context(), giveDomain); err != nil {
			t.Fatal(err)
		}
		if !named(here) {
			t.Error("here: without the domain")
		}
		now.advance(issuer.Remembered + time.Millisecond)
		if !named(elsewhere) {
			t.Errorf("elsewhere, %v later: without the domain", issuer.Remembered)
		}

		if err := d.Write(t.Context(), func(tx *db.Tx) error { return pool.Delete(tx, name) }); err != nil {
			t.Fatal(err)
		}
		for _, read := range []func(context.Context, id.Pool) ([]byte, error){here.Discovery, here.KeySet} {
			if _, err := read(t.Context(), name); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("deleted: %v", err)
			}
		}
	})
}

func TestRequestsOnADomainReadItOnce(t *testing.T) {
	t.Parallel()
	d, reads := counted(t)
	s := sites(t, d, named)
	for range 100 {
		for _, host := range []string{"shop.auth.us-east-1.example.com", "none.auth.us-east-1.example.com", "some.internal.name", "api.example.com", "10.0.0.1:8443", "balancer"} {
			_, _ = s.ByHost(t.Context(), host) // what they find is tested above
		}
	}
	if got := reads(); got != 3 {
		t.Errorf("%d reads, want one for each host that may be a domain's", got)
	}
}

func TestRequestsForDocumentsReadThemOnce(t *testing.T) {
	t.Parallel()
	d, reads := counted(t)
	published := documents(t, d, named)
	for range 100 {
		for _, read := range []func(context.Context, id.Pool) ([]byte, error){published.Discovery, published.KeySet} {
			if _, err := read(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := reads(); got != 2 {
		t.Errorf("%d reads, want one for each document", got)
	}
}

// counted opens a database, and tells how many reads there have been.
func counted(t *testing.T) (d *db.DB, reads func() int64) {
	var count atomic.Int64
	d = dbtest.Open(t, dbtest.SQLite(t), db.Options{Observe: func(_ context.Context, t db.Transaction) {
		if t.Kind == "read" {
			count.Add(1)
		}
	}})
	return d, count.Load
}

func TestOwnHostsAreReserved(t *testing.T) {
	t.Parallel()
	templated := named
	templated.Base = "https://cognito-idp.{region}.amazonaws.com"
	fixed := named
	fixed.Base = "https://issuer.example.net"
	for _, c := range []struct {
		names issuer.Names
		host  string
		want  bool
	}{
		{named, "api.example.com", true},
		{named, "shop.auth.us-east-1.example.com", true},
		{named, "login.example.com", false},
		{named, "cognito-idp.us-east-1.amazonaws.com", false},
		{templated, "cognito-idp.us-east-1.amazonaws.com", true},
		{templated, "cognito-idp.eu-west-1.amazonaws.com", true},
		{templated, "login.shop.example", false},
		{fixed, "issuer.example.net", true},
		{fixed, "login.shop.example", false},
	} {
		if got := c.names.Reserved(c.host); got != c.want {
			t.Errorf("%s: got %v, want %v", c.host, got, c.want)
		}
	}
}

func TestLinksLeadToTheCustomDomainFirst(t *testing.T) {
	t.Parallel()
	dev := issuer.Names{PublicURL: "http://localhost:9229", BaseDomain: "localhost", ByPath: true, Region: "us-east-1"}
	none := issuer.Names{PublicURL: "https://api.example.com"}
	for _, c := range []struct {
		names          issuer.Names
		prefix, custom string
		want           string
	}{
		{named, "", "", ""},
		{named, "shop", "", "https://shop.auth.us-east-1.example.com:8443"},
		{named, "shop", "login.shop.example", "https://login.shop.example:8443"},
		{dev, "shop", "", "http://localhost:9229/_domains/shop"},
		{dev, "shop", "login.shop.example", "http://localhost:9229/_domains/login.shop.example"},
		{none, "shop", "", ""},
		{none, "shop", "login.shop.example", "https://login.shop.example"},
	} {
		p := &pool.Pool{ID: name}
		p.Doc.Domain, p.Doc.CustomDomain = c.prefix, c.custom
		if got := c.names.PoolURL(p); got != c.want {
			t.Errorf("%q and %q: got %q, want %q", c.prefix, c.custom, got, c.want)
		}
	}
}

func FuzzByHost(f *testing.F) {
	for _, seed := range []string{"shop.auth.us-east-1.example.com:8443", "login.shop.example", "[::1]:1", "a..b", "LOGIN.SHOP.EXAMPLE."} {
		f.Add(seed)
	}
	d, err := db.Open(f.Context(), dbtest.SQLite(f), db.Options{Fast: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = d.Close() })
	err = d.Write(f.Context(), func(tx *db.Tx) error {
		return domain.Insert(tx, &domain.Domain{Pool: name, Name: domain.Name{Text: "login.shop.example"}})
	})
	if err != nil {
		f.Fatal(err)
	}
	s := issuer.NewSites(d, named)
	f.Fuzz(func(t *testing.T, header string) {
		site, err := s.ByHost(t.Context(), header)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			t.Fatalf("%q: %v", header, err)
		}
		plain, _, _ := strings.Cut(strings.ToLower(header), ":")
		if site != nil && (plain != "login.shop.example" || site.BaseURL != "https://login.shop.example:8443") {
			t.Errorf("%q is %+v", header, site)
		}
	})
}
