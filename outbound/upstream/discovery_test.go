package upstream_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
)

const wellKnown = "/.well-known/openid-configuration"

func TestDiscoveryDocumentsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	good := `"issuer":"ISSUER","authorization_endpoint":"ISSUER/a","token_endpoint":"ISSUER/t","jwks_uri":"ISSUER/k"`
	for name, test := range map[string]struct {
		body   string
		advice string // empty: it is accepted
	}{
		"good":              {`{` + good + `}`, ""},
		"other issuer":      {`{` + strings.Replace(good, `"ISSUER"`, `"https://idp.example.com"`, 1) + `}`, "exactly"},
		"slash":             {`{` + strings.Replace(good, `"ISSUER"`, `"ISSUER/"`, 1) + `}`, "slash"},
		"no issuer":         {`{` + strings.Replace(good, `"issuer"`, `"Issuer"`, 1) + `}`, "exactly"},
		"two issuers":       {`{"issuer":"ISSUER",` + strings.Replace(good, `"ISSUER"`, `"https://idp.example.com"`, 1) + `}`, "exactly"},
		"no keys":           {`{` + strings.Replace(good, `"jwks_uri"`, `"x"`, 1) + `}`, "exactly"},
		"plain http":        {`{` + strings.Replace(good, `"ISSUER/t"`, `"http://idp.example.com/t"`, 1) + `}`, "exactly"},
		"script":            {`{` + strings.Replace(good, `"ISSUER/a"`, `"javascript:alert(1)"`, 1) + `}`, "exactly"},
		"password":          {`{` + strings.Replace(good, `"ISSUER/t"`, `"https://u:p@idp.example.com/t"`, 1) + `}`, "exactly"},
		"userinfo, no URL":  {`{` + good + `,"userinfo_endpoint":"/userinfo"}`, "exactly"},
		"not an object":     {`[]`, "exactly"},
		"nothing":           {``, "exactly"},
		"endpoints no text": {`{` + strings.Replace(good, `"ISSUER/t"`, `["ISSUER/t"]`, 1) + `}`, "exactly"},
	} {
		p.Handle(wellKnown, says(200, jsonType, strings.ReplaceAll(test.body, "ISSUER", p.URL)))
		client := &upstream.Client{HTTP: p.HTTP()}
		found, err := client.Discover(t.Context(), p.URL)
		failed, _ := err.(*upstream.Error)
		switch {
		case test.advice == "" && (err != nil || found.Token != p.URL+"/t"):
			t.Errorf("%s: %+v, %v", name, found, err)
		case test.advice != "" && (failed == nil || failed.Check != "discovery" || !strings.Contains(failed.Advice, test.advice)):
			t.Errorf("%s: %+v, %#v", name, found, failed)
		}
	}
	for _, issuer := range []string{"", "x", "https://", "https://u@example.com", "https://example.com?x=1", "https://example.com#x"} {
		if _, err := (&upstream.Client{HTTP: p.HTTP()}).Discover(t.Context(), issuer); err == nil {
			t.Errorf("%q was discovered", issuer)
		}
	}
}

func TestDocumentsAreFetchedOnceForMany(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	client := &upstream.Client{HTTP: p.HTTP()}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := client.Discover(t.Context(), p.URL); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := p.Calls(wellKnown); n != 1 {
		t.Errorf("fetched %d times", n)
	}
}

// clock is a time that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(c.at.Load(), 0) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d / time.Second)) }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Now().Unix())
	return c
}

func TestDocumentsAreFetchedAnewAfterAnHour(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	clock := newClock()
	client := &upstream.Client{HTTP: p.HTTP(), Now: clock.now}
	discover := func(want int, ok bool) {
		t.Helper()
		_, err := client.Discover(t.Context(), p.URL)
		if n := p.Calls(wellKnown); n != want || (err == nil) != ok {
			t.Errorf("fetched %d times, want %d; %v", n, want, err)
		}
	}
	discover(1, true)
	clock.advance(59 * time.Minute)
	discover(1, true)
	clock.advance(2 * time.Minute)
	discover(2, true)

	p.Handle(wellKnown, says(503, "text/plain", ""))
	clock.advance(2 * time.Hour)
	discover(3, true)
	clock.advance(10 * time.Second)
	discover(3, true) // it has just failed
	clock.advance(30 * time.Second)
	discover(4, true)
	clock.advance(24 * time.Hour)
	discover(5, false) // the last good one is too old
	discover(6, false)
	p.Handle(wellKnown, nil)
	discover(7, true)
}

func TestAFetchThatIsGivenUpIsNoFailureForOthers(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	begun, release := make(chan struct{}, 2), make(chan struct{})
	p.Handle(wellKnown, func(_ http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	client := &upstream.Client{HTTP: p.HTTP()}
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := client.Discover(ctx, p.URL)
		first <- err
	}()
	<-begun
	p.Handle(wellKnown, nil)
	go func() {
		_, err := client.Discover(t.Context(), p.URL)
		second <- err
	}()
	time.Sleep(20 * time.Millisecond) // for the second to wait its turn
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("the second: %v", err)
	}
	close(release)
}

func TestKeysThatAreReplacedAreFetchedOnce(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	clock := newClock()
	client := &upstream.Client{HTTP: p.HTTP(), Now: clock.now}
	signIn := func(want int, check string) {
		t.Helper()
		v := newVisit(t, p)
		v.client = client
		if check != "" {
			v.fails(check)
		} else if _, err := v.redeem(); err != nil {
			t.Fatal(err)
		}
		if n := p.Calls("/jwks"); n != want {
			t.Errorf("fetched %d times, want %d", n, want)
		}
	}
	signIn(1, "")
	signIn(1, "")
	p.Rotate()
	signIn(2, "")

	stranger := upstreamtest.Start(t, upstream.OIDC)
	p.SignWith(stranger.Sign)
	for range 3 {
		signIn(2, "key") // an unknown key leads to one fetch in a while
	}
	clock.advance(31 * time.Second)
	signIn(3, "key")
	signIn(3, "key")

	p.SignWith(nil)
	p.EditIDToken(set("exp", time.Now().Add(48*time.Hour).Unix()))
	clock.advance(16 * time.Minute)
	signIn(4, "")
	p.Handle("/jwks", hangs)
	client.Timeout = time.Second
	clock.advance(time.Hour)
	signIn(5, "") // the known keys count for a while
	clock.advance(6 * time.Hour)
	v := newVisit(t, p)
	v.client = client
	if failed := v.fails("keys"); failed.Word != "Timeout in calling jwks uri" {
		t.Errorf("got %q", failed.Word)
	}
}

func TestKeysAreReplacedInTheMiddleOfManySignIns(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	v := newVisit(t, p)
	client := v.client
	if _, err := v.redeem(); err != nil {
		t.Fatal(err)
	}
	p.Rotate()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			v := newVisit(t, p)
			v.client = client
			address, err := client.AuthorizeURL(t.Context(), v.config, v.depart)
			if err != nil {
				t.Error(err)
				return
			}
			v.arrive.Code, v.arrive.Nonce = p.Approve(address).Values().Get("code"), v.depart.Nonce
			if _, err := client.Redeem(t.Context(), v.config, v.arrive, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := p.Calls("/jwks"); n != 2 {
		t.Errorf("fetched %d times, want 2", n)
	}
}
