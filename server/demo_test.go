package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/pool"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
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

		err = w.DB.Write(t.Context(), func(tx *db.Tx) error { // more than a page of pools before it
			for n := range 61 {
				p := &pool.Pool{ID: id.Pool(fmt.Sprintf("us-east-1_0%08d", n)), Doc: cognitoidp.UserPoolType{Name: "other"}}
				if err := pool.Insert(tx, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if among := page(); among.Status != http.StatusOK {
			t.Errorf("among many pools: %d", among.Status)
		}

		w.Must(t, "DeleteUserPoolDomain", servertest.M{"UserPoolId": demo.Pool, "Domain": "demo"})
		if after := page(); after.Status != http.StatusNotFound {
			t.Errorf("without a domain: %d", after.Status)
		}
	})
}

func TestAServerThatOtherMachinesReachByHTTPHasADemoPoolWithoutAnApp(t *testing.T) {
	t.Parallel()
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) { c.PublicURL = "http://dev.example:9229" })
	demo, err := w.Server.Demo(t.Context())
	if err != nil || demo.Client == "" || demo.App != "" {
		t.Errorf("got %+v, %v", demo, err)
	}
}

func TestUsersOfTheDemoPoolGetCredentials(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		demo, err := w.Server.Demo(t.Context())
		if err != nil || demo.Identities == "" {
			t.Fatalf("got %+v, %v", demo, err)
		}
		if again, err := w.Server.Demo(t.Context()); err != nil || again != demo {
			t.Errorf("the second time: got %+v, %v", again, err)
		}
		w.User(t, demo.Pool, "ann")
		logins := servertest.M{"cognito-idp.us-east-1.amazonaws.com/" + demo.Pool: w.SignIn(t, demo.Client, "ann")["IdToken"]}
		identities := w.On("cognito-identity")
		who := identities.Must(t, "GetId", servertest.M{"IdentityPoolId": demo.Identities, "Logins": logins})["IdentityId"]
		out := identities.Must(t, "GetCredentialsForIdentity", servertest.M{"IdentityId": who, "Logins": logins})
		if servertest.Text(out, "Credentials.SessionToken") == "" {
			t.Errorf("got %v", out)
		}
	})
}
