package upstream_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
)

// replies answers requests by what a provider has once answered, without a network.
type replies map[string][]byte

func (r replies) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(r[req.URL.Path])), Request: req,
	}, nil
}

// recorder keeps the answers of a provider.
type recorder struct {
	next http.RoundTripper
	seen replies
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	r.seen[req.URL.Path] = body
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, err
}

// What a sign-in costs here, beside the network: three requests made, an RS256 signature verified, claims read. Documents and keys
// are known.
func BenchmarkRedeem(b *testing.B) {
	p := upstreamtest.Start(b, upstream.OIDC)
	v := newVisit(b, p)
	r := &recorder{v.client.HTTP.Transport, replies{}}
	v.client.HTTP.Transport = r
	if _, err := v.redeem(); err != nil {
		b.Fatal(err)
	}
	v.client.HTTP.Transport = r.seen
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.client.Redeem(b.Context(), v.config, v.arrive, &upstream.Journal{}); err != nil {
			b.Fatal(err)
		}
	}
}
