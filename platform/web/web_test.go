package web

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func client(t *testing.T, opts Options) *http.Client {
	t.Helper()
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func serve(t *testing.T, hits *atomic.Int64) *httptest.Server {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/slow":
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // ends without an answer; returning would send an empty one
		default:
			n, _ := strconv.Atoi(r.URL.Query().Get("n"))
			_, _ = io.WriteString(w, strings.Repeat("x", n))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func roots(s *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "172.15.255.255": true, "172.32.0.0": true, "100.63.255.255": true,
		"2606:4700:4700::1111": true, "2a00:1450:4001:81b::200e": true, "::ffff:8.8.8.8": true, "64:ff9b::808:808": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "100.100.100.200": false,
		"127.0.0.1": false, "127.255.255.254": false, "169.254.169.254": false, "168.63.129.16": false,
		"172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "192.0.0.192": false, "192.0.2.1": false,
		"198.18.0.1": false, "224.0.0.1": false, "239.255.255.250": false, "255.255.255.255": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false,
		"fec0::1": false, "ff02::1": false, "2001:db8::1": false, "2001::1": false, "2002:7f00:1::": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::7f00:1": false, "3fff::1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("public(%s) = %v, want %v", text, got, want)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestLoopbackIsRefusedHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	s := serve(t, &hits)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, Options{Roots: roots(s), Allow: []string{"10.0.0.0/8", "elsewhere.internal"}})
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "[::]"} {
		resp, err := c.Get("https://" + host + ":" + port + "/")
		if !errors.Is(err, ErrBlocked) {
			t.Errorf("%s: got %v, %v, want ErrBlocked", host, resp, err)
		}
	}
	if got := hits.Load(); got != 0 {
		t.Errorf("%d calls went through", got)
	}
}

func TestOperatorMayAllowNetworksAndHosts(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ allow, host string }{
		{"127.0.0.0/8", "127.0.0.1"},
		{"127.0.0.1", "127.0.0.1"},
		{"::ffff:127.0.0.1", "127.0.0.1"},
		{"Localhost.", "localhost"},
	} {
		c := client(t, Options{Allow: []string{test.allow}, PlainHTTP: true})
		resp, err := c.Get("http://" + test.host + ":" + port + "/")
		if err != nil {
			t.Errorf("allow %s: %v", test.allow, err)
			continue
		}
		_ = resp.Body.Close()
	}
	for _, text := range []string{"", "10.0.0.0/33", "*.example.com", "https://x", "host:80", "300.1.1.1", "10.0.0"} {
		if _, err := New(Options{Allow: []string{text}}); err == nil {
			t.Errorf("%q was taken for something to allow", text)
		}
	}
}

func TestPlainHTTPNeedsPermission(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	allow := []string{"127.0.0.1"}
	if _, err := client(t, Options{Allow: allow}).Get(s.URL); !errors.Is(err, ErrBlocked) {
		t.Errorf("got %v, want ErrBlocked", err)
	}
	resp, err := client(t, Options{Allow: allow, PlainHTTP: true}).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if _, err := client(t, Options{Allow: allow, PlainHTTP: true}).Get("file:///etc/passwd"); err == nil {
		t.Error("a file was fetched")
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	s := serve(t, &hits)
	resp, err := client(t, Options{Roots: roots(s), Allow: []string{"127.0.0.1"}}).Get(s.URL + "/redirect")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusFound || hits.Load() != 1 {
		t.Errorf("got %d after %d calls", resp.StatusCode, hits.Load())
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	s := serve(t, &hits)
	c := client(t, Options{Roots: roots(s), Allow: []string{"127.0.0.1"}, MaxBytes: 1000})
	for n, want := range map[int]error{0: nil, 999: nil, 1000: nil, 1001: ErrTooLarge, 100_000: ErrTooLarge} {
		resp, err := c.Get(s.URL + "/?n=" + strconv.Itoa(n))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !errors.Is(err, want) || len(body) != min(n, 1000) {
			t.Errorf("%d bytes: got %d, %v, want %v", n, len(body), err, want)
		}
	}
}

func TestCallsAreBoundedInTimeAndObserved(t *testing.T) {
	t.Parallel()
	var hits, observed atomic.Int64
	s := serve(t, &hits)
	c := client(t, Options{
		Roots: roots(s), Allow: []string{"127.0.0.1"}, Timeout: 100 * time.Millisecond,
		Observe: func(host string, status int, _ time.Duration) {
			if host == "127.0.0.1" && status == 0 {
				observed.Add(1)
			}
		},
	})
	began := time.Now()
	if _, err := c.Get(s.URL + "/slow"); err == nil {
		t.Error("the slow answer came")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("gave up after %v", took)
	}
	if observed.Load() != 1 {
		t.Error("the call was not observed")
	}
}

func TestCheckKnowsWhatWouldBeRefused(t *testing.T) {
	t.Parallel()
	lookup := func(_ context.Context, host string) ([]netip.Addr, error) {
		switch host {
		case "public.example.com":
			return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("93.184.216.34")}, nil
		case "private.example.com":
			return []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::1")}, nil
		}
		return nil, errors.New("no such host")
	}
	for _, c := range []struct {
		address string
		opts    Options
		blocked bool
	}{
		{"https://public.example.com/x", Options{}, false},
		{"http://public.example.com/x", Options{}, true},
		{"http://public.example.com/x", Options{PlainHTTP: true}, false},
		{"https://private.example.com/x", Options{}, true},
		{"https://private.example.com/x", Options{Allow: []string{"10.0.0.0/8"}}, false},
		{"https://private.example.com:8200", Options{Allow: []string{"private.example.com"}}, false},
		{"https://10.1.2.3", Options{}, true},
		{"https://10.1.2.3", Options{Allow: []string{"10.1.2.3"}}, false},
		{"https://[::ffff:10.1.2.3]:1", Options{}, true},
		{"https://93.184.216.34", Options{}, false},
	} {
		if err := c.opts.Check(t.Context(), c.address, lookup); errors.Is(err, ErrBlocked) != c.blocked || (err != nil) != c.blocked {
			t.Errorf("%s, allowed %v: got %v, want it blocked: %t", c.address, c.opts.Allow, err, c.blocked)
		}
	}
	if err := (Options{}).Check(t.Context(), "https://nowhere.example.com", lookup); err == nil || errors.Is(err, ErrBlocked) {
		t.Errorf("a name that is not found: got %v", err)
	}
	if err := (Options{}).Check(t.Context(), "https://private.example.com", nil); err != nil {
		t.Errorf("names are not to be looked at: %v", err)
	}
}
