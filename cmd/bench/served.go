package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"cardea/spec/oauth2"
)

// looks is how often a document is fetched to see how long its first byte takes.
const looks = 300

// served prints what documents and pages cost that no arithmetic bounds: how many two cores could serve that do nothing else, how
// long the first byte takes one visitor who is alone, and how large they are.
func (d driver) served(ctx context.Context, p population) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nserved\tper second\tserver CPU\ttwo cores' worth\tfirst byte\tbytes\t")
	issuer := "/" + string(p.pool) + "/.well-known/"
	login := "/_domains/" + prefix + "/login?" + url.Values{
		"client_id": {p.apps.web}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {"openid email"},
		"code_challenge": {oauth2.Challenge(verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
	for _, f := range []struct{ name, path string }{
		{"key set", issuer + "jwks.json"},
		{"discovery", issuer + "openid-configuration"},
		{"sign-in page", login},
	} {
		get := func(ctx context.Context, c *connection) error {
			_, _, err := c.get(ctx, f.path)
			return err
		}
		m, err := d.measure(ctx, p, get)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		first, size, err := d.look(ctx, p, f.path)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%v\t%.0f/s\t%v\t%d\t\n", f.name, m.rate, m.cpu.Round(time.Microsecond),
			2/m.cpu.Seconds(), first.Round(10*time.Microsecond), size)
	}
	return w.Flush()
}

// look is the median time to the first byte of a document, over one connection, and its size.
func (d driver) look(ctx context.Context, p population, path string) (median time.Duration, size int, err error) {
	c := newConnection(d.server.url, p)
	var times []time.Duration
	for range looks {
		took, text, err := c.get(ctx, path)
		if err != nil {
			return 0, 0, err
		}
		times, size = append(times, took), len(text)
	}
	slices.Sort(times)
	return times[looks/2], size, nil
}

// get fetches a document as a browser that is new would, and tells when its first byte came.
func (c *connection) get(ctx context.Context, path string) (first time.Duration, text []byte, err error) {
	began := time.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { first = time.Since(began) }})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return 0, nil, err
	}
	text, err = c.send(request)
	if err == nil && first == 0 {
		err = errors.New("no first byte")
	}
	return first, text, err
}
