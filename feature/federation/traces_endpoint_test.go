package federation_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cardea/inbound/operator"
	"cardea/outbound/upstream"
	"cardea/platform/caller"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/sigv4"
)

func TestTracesAreListedInPages(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		var want []string
		for n := range 5 {
			e := k.ending(nil)
			if n%2 == 1 {
				e.Return.Trip.Provider = "Other"
			}
			want = append([]string{k.keep(t, "192.0.2.1", &upstream.Journal{}, e)}, want...)
			if n%2 == 1 { // two have begun at the same time
				k.World.Advance(time.Second)
			}
		}
		var got []string
		query := "&limit=2"
		for range 3 {
			page := k.list(t, query)
			got = append(got, strings.Fields(ids(page))...)
			query = "&limit=2&after=" + url.QueryEscape(servertest.Text(page.Body, "next_token"))
		}
		if !strings.HasSuffix(query, "after=") || len(got) != 5 {
			t.Errorf("got %v, then %s; want 5", got, query)
		}
		seen := map[string]bool{}
		for _, name := range got {
			seen[name] = true
		}
		if len(seen) != 5 || got[0] != want[0] {
			t.Errorf("got %v; want those of %v", got, want)
		}
		if got := strings.Fields(ids(k.list(t, "&provider=Other"))); len(got) != 2 {
			t.Errorf("of the other provider: %v", got)
		}
		other := &keeper{World: k.World, pool: k.Pool(t, nil)}
		if got := ids(other.list(t, "")); got != "" {
			t.Errorf("in another pool: %s", got)
		}
	})
}

func TestRequestsForTracesAreChecked(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		address := k.URL + operator.TracesPath
		for _, c := range []struct {
			method, query string
			want          int
		}{
			{"GET", "?pool=" + k.pool, 200},
			{"GET", "?pool=us-east-1_000000000", 404},
			{"GET", "", 400},
			{"GET", "?pool=" + k.pool + "&pool=" + k.pool, 400},
			{"GET", "?pool=" + k.pool + "&limit=0", 400},
			{"GET", "?pool=" + k.pool + "&limit=61", 400},
			{"GET", "?pool=" + k.pool + "&limit=x", 400},
			{"GET", "?pool=" + k.pool + "&failed=perhaps", 400},
			{"GET", "?pool=" + k.pool + "&sub=x", 400},
			{"GET", "?pool=" + k.pool + "&after=x", 400},
			{"GET", "?pool=" + k.pool + "&after=MTcwMDAwMDAwMDAwMCAA", 400},
			{"GET", "?pool=%00", 400},
			{"GET", "?pool=" + k.pool + "&id=%ff", 400},
			{"GET", "?pool=" + k.pool + "&provider=%00", 400},
			{"GET", "?pool=" + k.pool + "&id=" + strings.Repeat("x", 5000), 400},
			{"GET", "?pool=%zz", 400},
			{"POST", "?pool=" + k.pool, 405},
			{"HEAD", "?pool=" + k.pool, 405},
			{"DELETE", "?pool=" + k.pool, 405},
		} {
			if got := k.Do(t, signed(c.method, address+c.query)); got.Status != c.want || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %.60s: got %d %s; want %d", c.method, c.query, got.Status, got.Text, c.want)
			}
		}
		if got := k.Do(t, httptest.NewRequest("GET", address+"?pool="+k.pool, nil)); got.Status != 403 {
			t.Errorf("unsigned: got %d %s", got.Status, got.Text)
		}
		foreign := signed("GET", address+"?pool="+k.pool)
		foreign.Header.Set("Origin", "https://evil.example")
		if got := k.Do(t, foreign); got.Status != 403 {
			t.Errorf("from a page elsewhere: got %d %s", got.Status, got.Text)
		}
		if got := k.Do(t, signed("GET", k.Endpoint(t, k.pool, operator.TracesPath)+"?pool="+k.pool)); got.Status != 404 {
			t.Errorf("on the pool's domain: got %d %s", got.Status, got.Text)
		}
		with := signed("GET", address+"?pool="+k.pool)
		with.ContentLength, with.Body = 2, http.NoBody
		if got := k.Do(t, with); got.Status != 400 {
			t.Errorf("with a body: got %d %s", got.Status, got.Text)
		}
	})
}

func TestProductionListsTracesToSignersAlone(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, address string) {
		w := servertest.New(t, address, func(c *server.Config) { c.Dev = false })
		keys, err := server.OpenAccessKeys(t.Context(), server.Config{Database: address, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}})
		if err != nil {
			t.Fatal(err)
		}
		defer keys.Close()
		name, secret, err := keys.Create(t.Context())
		if err != nil {
			t.Fatal(err)
		}

		status := func(service, secret string, change func(r *http.Request)) int {
			r := httptest.NewRequest("GET", w.URL+operator.TracesPath+"?pool=us-east-1_000000000&limit=5", nil)
			sigv4.Sign(r, nil, sigv4.Key{ID: name, Secret: secret}, sigv4.Call{Service: service, Region: "us-east-1", Now: w.Now()})
			change(r)
			return w.Do(t, r).Status
		}
		same := func(*http.Request) {}
		for what, c := range map[string]struct{ got, want int }{
			"signed":              {status("cognito-idp", secret, same), 404}, // there is no such pool
			"another secret":      {status("cognito-idp", "another", same), 403},
			"another service":     {status("sts", secret, same), 403},
			"another query":       {status("cognito-idp", secret, func(r *http.Request) { r.URL.RawQuery += "0" }), 403},
			"without a signature": {status("cognito-idp", secret, func(r *http.Request) { r.Header.Del("Authorization") }), 403},
			"unsigned and wrong":  {status("cognito-idp", secret, func(r *http.Request) { r.Header.Del("Authorization"); r.URL.RawQuery = "" }), 403},
		} {
			if c.got != c.want {
				t.Errorf("%s: got %d; want %d", what, c.got, c.want)
			}
		}
	})
}

// What the server's own sign-ins leave is stored by a job and listed by the endpoint.
func TestTheServersOwnTracesAreStoredByAJob(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		ctx := caller.With(t.Context(), caller.Caller{RequestID: "0f5b8e0e-6f6a-4a3c-8a0e-000000000001"})
		k.Keep(ctx, &upstream.Journal{}, k.ending(errors.New("x")))
		select {
		case <-k.Wake():
		default:
			t.Error("the job is not woken")
		}
		if err := k.Server.RunJob(t.Context(), "store traces of federated sign-ins"); err != nil {
			t.Error(err)
		}
		if err := k.Server.RunJob(t.Context(), "prune traces of federated sign-ins"); err != nil {
			t.Error(err)
		}
	})
}
