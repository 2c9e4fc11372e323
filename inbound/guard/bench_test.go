package guard

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"cardea/engine/authorization"
	"cardea/spec/iampolicy"
	"cardea/spec/sigv4"
)

// BenchmarkGet reads an object of 1 KiB directly from a server, and through the guard: the difference is what the guard adds.
func BenchmarkGet(b *testing.B) {
	content := make([]byte, 1<<10)
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }))
	defer behind.Close()
	address, err := url.Parse(behind.URL)
	if err != nil {
		b.Fatal(err)
	}
	policy, err := iampolicy.Parse(everything, iampolicy.Managed)
	if err != nil {
		b.Fatal(err)
	}
	set := iampolicy.Set{Identity: []*iampolicy.Policy{policy}}
	h := &Handler{
		Signer: signerOf, Now: time.Now, Upstream: address, Key: upstream, Region: "home", Transport: &http.Transport{MaxIdleConnsPerHost: 100},
		Regions: []string{"us-east-1"}, Partition: "aws", Account: "123456789012",
		Decide: func(_ context.Context, _ *authorization.Principal, r *iampolicy.Request) (iampolicy.Decision, error) {
			return set.Decide(r), nil
		},
	}
	front := httptest.NewServer(h)
	defer front.Close()
	for name, server := range map[string]string{"direct": behind.URL, "guard": front.URL} {
		b.Run(name, func(b *testing.B) {
			client := &http.Transport{}
			defer client.CloseIdleConnections()
			for b.Loop() {
				r, err := http.NewRequest(http.MethodGet, server+"/photos/k", http.NoBody)
				if err != nil {
					b.Fatal(err)
				}
				sigv4.SignS3(r, nil, emptyHash, by(session))
				answer, err := client.RoundTrip(r)
				if err != nil || answer.StatusCode != http.StatusOK {
					b.Fatal(answer, err)
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
			}
		})
	}
}
