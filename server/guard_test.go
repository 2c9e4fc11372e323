package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestGuardAllowsOwnHostsOnly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		addr, host string
		want       int
	}{
		{"127.0.0.1:9229", "127.0.0.1:9229", 200},
		{"127.0.0.1:9229", "localhost:9229", 200},
		{"127.0.0.1:9229", "LOCALHOST:9229", 200},
		{"127.0.0.1:9229", "[::1]:9229", 200},
		{"127.0.0.1:9229", "localhost:8000", 200}, // a forwarded port
		{"127.0.0.1:9229", "named.example", 200},
		{"127.0.0.1:9229", "evil.example:9229", 403},
		{"127.0.0.1:9229", "localhost.evil.example:9229", 403},
		{"127.0.0.1:9229", "192.0.2.1:9229", 403},
		{"127.0.0.1:9229", "", 403},
		{"192.0.2.1:9229", "192.0.2.1:9229", 200},
		{"0.0.0.0:9229", "192.0.2.1:9229", 200},
		{":9229", "[2001:db8::1]:9229", 200},
		{"0.0.0.0:9229", "evil.example:9229", 403},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/", nil)
		r.Host = tt.host
		guardHosts(tt.addr, []string{"named.example"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("listening on %s, Host %q: got %d, want %d", tt.addr, tt.host, w.Code, tt.want)
		}
		if tt.want == 403 && !strings.Contains(w.Body.String(), "answers only to its own names") {
			t.Errorf("the refusal does not explain itself: %s", w.Body)
		}
	}
}

func TestTrustProxiesFindsTheClient(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "192.0.2.9:1", nil, "192.0.2.9:1"},
		{"a forged header", "192.0.2.9:1", []string{"198.51.100.1"}, "192.0.2.9:1"},
		{"through a proxy", "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1:0"},
		{"a claim before the proxy's own entry", "10.0.0.1:1", []string{"203.0.113.5, 198.51.100.1"}, "198.51.100.1:0"},
		{"two proxies, two headers", "10.0.0.1:1", []string{"198.51.100.1", "10.0.0.2"}, "198.51.100.1:0"},
		{"rubbish before the client", "10.0.0.1:1", []string{"a, 198.51.100.1"}, "198.51.100.1:0"},
		{"rubbish alone", "10.0.0.1:1", []string{"a"}, "10.0.0.1:0"},
		{"nothing forwarded", "10.0.0.1:1", nil, "10.0.0.1:0"},
		{"mapped", "[::ffff:10.0.0.1]:1", []string{"2001:db8::1"}, "[2001:db8::1]:0"},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = tt.peer
		for _, f := range tt.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		got, left := "", ""
		trustProxies(proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got, left = r.RemoteAddr, r.Header.Get("X-Forwarded-For")
		})).ServeHTTP(httptest.NewRecorder(), r)
		if got != tt.want || left != "" {
			t.Errorf("%s: got %s (header left %q), want %s", tt.name, got, left, tt.want)
		}
	}
}

func FuzzClientBehind(f *testing.F) {
	f.Add("10.0.0.1:1", "203.0.113.5, 198.51.100.1")
	f.Add("[::1]:1", "::ffff:10.0.0.1,,x")
	f.Fuzz(func(t *testing.T, peer, forwarded string) {
		proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		r := httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = peer
		r.Header["X-Forwarded-For"] = []string{forwarded}
		client, ok := clientBehind(proxies, r)
		if ok && !client.IsValid() {
			t.Errorf("%q through %q: got no address", forwarded, peer)
		}
		if from, err := netip.ParseAddrPort(peer); ok && (err != nil || !within(proxies, from.Addr())) {
			t.Errorf("%q is no proxy and was believed", peer)
		}
	})
}

func FuzzOwnHosts(f *testing.F) {
	f.Add("localhost:9229")
	f.Add("[::1]:9229")
	f.Add("localhost.evil.example")
	f.Fuzz(func(t *testing.T, host string) {
		g := guardHosts("127.0.0.1:9229", nil, nil).(ownHosts)
		if g.allows(host) && !strings.Contains(strings.ToLower(host), "localhost") && !strings.Contains(host, "127.0.0.1") && !strings.Contains(host, "::1") {
			t.Errorf("%q was let in", host)
		}
	})
}
