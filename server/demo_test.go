package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/server/servertest"
)

func TestTheDemoAppKnowsWhereToSignIn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		page := func() servertest.Answer {
			return w.Do(t, httptest.NewRequest(http.MethodGet, w.URL+"/_cardea/demo", nil))
		}
		if before := page(); before.Status != http.StatusNotFound {
			t.Errorf("without a demo pool: %d", before.Status)
		}
		demo, err := w.Server.Demo(t.Context())
		if err != nil || demo.App != w.URL+"/_cardea/demo" {
			t.Fatalf("got %+v, %v", demo, err)
		}
		shown := page()
		for _, want := range []string{`data-client="` + demo.Client + `"`, `data-domain="` + w.URL + `/_domains/demo"`, `data-home="` + demo.App + `"`} {
			if !strings.Contains(shown.Text, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
		if policy := shown.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("policy %q", policy)
		}

		w.Must(t, "DeleteUserPoolDomain", servertest.M{"UserPoolId": demo.Pool, "Domain": "demo"})
		if after := page(); after.Status != http.StatusNotFound {
			t.Errorf("without a domain: %d", after.Status)
		}
	})
}
