package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"cardea/platform/tracing"
)

var (
	// ErrBlocked says that the guard refused an address; the error that wraps it names it.
	ErrBlocked = errors.New("address is not allowed")

	// ErrTooLarge says that an answer was longer than allowed.
	ErrTooLarge = errors.New("answer is too large")
)

// Options are the operator's settings; the zero value allows only https to public hosts.
type Options struct {
	// Allow lists destinations that may be called although they are not public: addresses ("10.1.2.3"), networks ("10.0.0.0/8",
	// "::1/128") and host names ("hooks.internal"), whatever they resolve to.
	Allow []string

	// PlainHTTP allows http:// too.
	PlainHTTP bool

	// Timeout bounds a call, reading the answer included; 0 is 10 seconds.
	Timeout time.Duration

	// MaxBytes bounds the body of an answer, unpacked; 0 is 1 MiB.
	MaxBytes int64

	// Roots are the certificate authorities trusted; nil is the system's.
	Roots *x509.CertPool

	// Observe, if set, is told of every call: status is 0 when there was no answer.
	Observe func(host string, status int, took time.Duration)
}

// New makes a client behind the guard. A redirect is returned as the answer it is; reading past MaxBytes fails with
// [ErrTooLarge], calling a forbidden address with [ErrBlocked].
func New(opts Options) (*http.Client, error) {
	if opts.Timeout == 0 {
		opts.Timeout = 10 * time.Second
	}
	if opts.MaxBytes == 0 {
		opts.MaxBytes = 1 << 20
	}
	g, err := newGuard(opts.Allow)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DialContext:            g.dial,
		TLSClientConfig:        &tls.Config{RootCAs: opts.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    opts.Timeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return &http.Client{
		Transport: &restricted{opts, transport},
		Timeout:   opts.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}, nil
}

// guard decides which addresses are dialled.
type guard struct {
	networks []netip.Prefix
	hosts    map[string]bool
}

// newGuard also returns a guard beside an error, which allows what could be read.
func newGuard(allow []string) (*guard, error) {
	g := &guard{hosts: map[string]bool{}}
	var wrong []error
	for _, text := range allow {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			g.networks = append(g.networks, prefix.Masked())
			continue
		}
		if addr, err := netip.ParseAddr(text); err == nil {
			addr = plain(addr)
			g.networks = append(g.networks, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		name := hostName(text)
		if name == "" || strings.ContainsAny(name, "/:*@ ") || endsInNumber(name) {
			wrong = append(wrong, fmt.Errorf("%q is no address, network or host name", text))
			continue
		}
		g.hosts[name] = true
	}
	return g, errors.Join(wrong...)
}

// endsInNumber reports whether the last label of a name is a number, as of a mistyped address; no host has such a name.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	return strings.Trim(last, "0123456789") == ""
}

// CheckAllow reports everything in Allow that is no address, network or host name.
func (o Options) CheckAllow() error {
	_, err := newGuard(o.Allow)
	return err
}

// Check reports whether a call of address would be refused, as far as that is known without calling: by its scheme, and by what its
// host is. lookup finds the addresses of a host name; nil: names are not looked at. Errors are [ErrBlocked], or those of lookup. The
// address is not in them, since it may hold a secret. What is wrong in Allow is for [Options.CheckAllow] to say, and allows nothing here.
func (o Options) Check(ctx context.Context, address string, lookup func(ctx context.Context, host string) ([]netip.Addr, error)) error {
	g, _ := newGuard(o.Allow)
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return errors.New("not an http or https address")
	}
	if u.Scheme != "https" && !(o.PlainHTTP && u.Scheme == "http") {
		return fmt.Errorf("%w: scheme %q", ErrBlocked, u.Scheme)
	}
	host := u.Hostname()
	if g.hosts[hostName(host)] {
		return nil
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.refuses(addr)
	}
	if lookup == nil {
		return nil
	}
	found, err := lookup(ctx, host)
	if err != nil {
		return err
	}
	for _, addr := range found {
		if err = g.refuses(addr); err == nil {
			return nil
		}
	}
	return err
}

func hostName(text string) string { return strings.ToLower(strings.TrimSuffix(text, ".")) }

// dial connects to what address resolves to. The check is of the address the socket is about to connect to, so that a
// name which resolves differently the second time gains nothing.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: g.control}
	if g.hosts[hostName(host)] {
		dialer.Control = nil
	}
	return dialer.DialContext(ctx, network, address)
}

func (g *guard) control(network, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return fmt.Errorf("%w: %s %s", ErrBlocked, network, address)
	}
	return g.refuses(target.Addr())
}

func (g *guard) refuses(addr netip.Addr) error {
	if public(addr) || within(g.networks, plain(addr)) {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrBlocked, addr)
}

// restricted is the transport with those rules that do not concern addresses.
type restricted struct {
	opts Options
	next http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (r *restricted) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !(r.opts.PlainHTTP && req.URL.Scheme == "http") {
		if req.Body != nil {
			_ = req.Body.Close() // the contract of RoundTrip
		}
		return nil, fmt.Errorf("%w: scheme %q", ErrBlocked, req.URL.Scheme)
	}

	began := time.Now()
	req, span := tracing.Call(req)
	resp, err := r.next.RoundTrip(req)
	status := 0
	defer func() { span.End(err != nil || status >= http.StatusInternalServerError) }()
	if err == nil {
		span.SetInt("http.response.status_code", resp.StatusCode)
		status = resp.StatusCode
		resp.Body = &capped{resp.Body, r.opts.MaxBytes}
	}
	if r.opts.Observe != nil {
		r.opts.Observe(req.URL.Hostname(), status, time.Since(began))
	}
	return resp, err
}

// capped fails at the limit, where io.LimitReader would report the end of the body.
type capped struct {
	io.ReadCloser
	left int64
}

// Read implements [io.Reader].
func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.ReadCloser.Read(p)
	if int64(n) > c.left {
		n, err = int(c.left), ErrTooLarge
		c.left = -1
		return n, err
	}
	c.left -= int64(n)
	return n, err
}
