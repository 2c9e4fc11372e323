package server_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/node"
	"cardea/server"
	"cardea/server/servertest"
)

func TestDemoIsMadeOnceAndStaysDeleted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		first, err := w.Server.Demo(t.Context())
		if err != nil || first.Pool == "" || first.Client == "" {
			t.Fatalf("got %v, %v, want a demo pool with a client", first, err)
		}
		if again, err := w.Server.Demo(t.Context()); err != nil || again != first {
			t.Errorf("the second start: got %v, %v, want %v", again, err, first)
		}
		w.Pool(t, nil)
		w.Must(t, "DeleteUserPoolDomain", servertest.M{"UserPoolId": first.Pool, "Domain": "demo"})
		w.Must(t, "DeleteUserPool", servertest.M{"UserPoolId": first.Pool})
		if gone, err := w.Server.Demo(t.Context()); err != nil || gone != (server.Demo{}) {
			t.Errorf("after its deletion: got %v, %v, want none", gone, err)
		}
	})
}

func TestDemoClientSignsUpAndIn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		demo, err := w.Server.Demo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		who := servertest.M{"ClientId": demo.Client, "Username": "alice"}
		w.Must(t, "SignUp", servertest.With(who, servertest.M{
			"Password": servertest.Password, "UserAttributes": servertest.Attributes("email", "alice@example.com"),
		}))
		w.Must(t, "ConfirmSignUp", servertest.With(who, servertest.M{"ConfirmationCode": w.Code(t, "alice@example.com")}))
		if token := w.SignIn(t, demo.Client, "alice")["IdToken"]; token == nil {
			t.Error("got no ID token")
		}
	})
}

func TestProductionRefusesWhatDevelopmentAllows(t *testing.T) {
	t.Parallel()
	production := func(c *server.Config) { c.Dev = false }
	each := func(t *testing.T, w *servertest.World) {
		w.Fails(t, "ListUserPools", servertest.M{"MaxResults": 1}, "UnrecognizedClientException", "")
		for _, path := range []string{
			"/_cardea/inbox", "/_cardea/inbox.json", "/_cardea/inbox/events", "/_cardea/inbox/html/us-east-1_AbC123xyz/0",
			"/_cardea/inbox/inbox.js", "/_cardea/inbox/inbox.css", "/_cardea/inbox/icon.svg", "/_cardea/demo", "/metrics",
		} {
			if status, _ := w.Get(t, path); status != 404 {
				t.Errorf("%s: got %d, want 404", path, status)
			}
		}
	}
	dbtest.EachURL(t, func(t *testing.T, url string) { each(t, servertest.New(t, url, production)) })
}

func TestIssuerMayBeAWS(t *testing.T) {
	t.Parallel()
	aws := func(c *server.Config) { c.IssuerBase = "https://cognito-idp.{region}.amazonaws.com" }
	servertest.EachWith(t, aws, func(t *testing.T, w *servertest.World) {
		pool := w.In("eu-central-1").Pool(t, nil)
		_, document := w.Get(t, "/"+pool+"/.well-known/openid-configuration")
		for _, want := range []string{
			`"issuer":"https://cognito-idp.eu-central-1.amazonaws.com/` + pool + `"`,
			`"jwks_uri":"` + w.URL + `/` + pool + `/.well-known/jwks.json"`,
		} {
			if !strings.Contains(document, want) {
				t.Errorf("got %s, want %s", document, want)
			}
		}
	})
}

func TestMetricsCountOperations(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w.Fails(t, "DescribeUserPool", servertest.M{"UserPoolId": "us-east-1_000000000"}, "ResourceNotFoundException", "")
		answer := httptest.NewRecorder()
		w.Server.Admin.ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
		for _, want := range []string{
			`cardea_operations_total{code="ResourceNotFoundException",operation="DescribeUserPool",service="cognito-idp"} 1`,
			`cardea_transactions_total{kind="read"}`,
			`cardea_arithmetic_info{arithmetic="`,
		} {
			if !strings.Contains(answer.Body.String(), want) {
				t.Errorf("metrics lack %s", want)
			}
		}
	})
}

func TestJobsDeleteExpiredRows(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "alice")
		w.SignIn(t, client, "alice")
		w.Advance(40 * 24 * time.Hour)
		for _, job := range []string{
			"deliver messages", "prune sessions", "prune used sign-in sessions", "prune codes", "prune counters", "prune failed attempts",
			"prune devices", "prune passkey registrations", "prune inbox", "wrap data keys anew",
		} {
			if err := w.Server.RunJob(t.Context(), job); err != nil {
				t.Errorf("%s: %v", job, err)
			}
		}
		w.SignIn(t, client, "alice")
	})
}

func TestMasterKeyRotates(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		keys := [][]byte{bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)}
		under := func(keys ...[]byte) *servertest.World {
			return servertest.New(t, url, func(c *server.Config) { c.MasterKeys = keys })
		}
		w := under(keys[0])
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "alice")

		w = under(keys[1], keys[0])
		w.SignIn(t, client, "alice")
		if err := w.Server.RunJob(t.Context(), "wrap data keys anew"); err != nil {
			t.Fatal(err)
		}
		under(keys[1]).SignIn(t, client, "alice")
	})
}

func TestAnotherMasterKeyIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		servertest.New(t, url, nil).Pool(t, nil)
		keys, err := server.OpenAccessKeys(t.Context(), server.Config{Database: url, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}})
		if err != nil {
			t.Fatal(err)
		}
		defer keys.Close()
		if _, _, err := keys.Create(t.Context()); err != nil { // makes the server's data key
			t.Fatal(err)
		}

		srv, err := server.New(t.Context(), server.Config{
			Database: url, MasterKeys: [][]byte{bytes.Repeat([]byte{8}, 32)}, Test: server.Test{SharedFile: true},
		})
		if err == nil {
			srv.Close()
			t.Fatal("got no error")
		}
		if !strings.Contains(err.Error(), "the master key does not open this database") {
			t.Errorf("got %v, want a plain refusal", err)
		}
	})
}

func TestDataKeysAreNotMovedWhileAServerHasAnotherKeyInFront(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		old, fresh := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
		before, _ := seal.NewMaster(old)
		after, _ := seal.NewMaster(fresh)
		servertest.New(t, url, func(c *server.Config) { c.MasterKeys = [][]byte{old} }).Pool(t, nil)
		w := servertest.New(t, url, func(c *server.Config) { c.MasterKeys = [][]byte{fresh, old} })

		keys, err := server.OpenMasterKeys(t.Context(), server.Config{Database: url, MasterKeys: [][]byte{fresh, old}, Test: server.Test{Now: w.Now}})
		if err != nil {
			t.Fatal(err)
		}
		defer keys.Close()
		left := func() (n int64, droppable bool) {
			t.Helper()
			status, err := keys.Status(t.Context())
			if err != nil || len(status.Keys) != 2 {
				t.Fatalf("got %+v, %v", status, err)
			}
			return status.Keys[1].DataKeys, status.Keys[1].Droppable
		}
		runs := func(has ...string) {
			t.Helper()
			err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
				return node.Beat(tx, &node.Node{ID: "other", Host: "elsewhere", Keys: has, Started: tx.Now}, nil)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		move := func() {
			t.Helper()
			if err := w.Server.RunJob(t.Context(), "wrap data keys anew"); err != nil {
				t.Fatal(err)
			}
		}

		runs(before.ID(), after.ID())
		move()
		if n, _ := left(); n == 0 {
			t.Error("the job has moved keys while another server has the old one in front")
		}
		if err := keys.Rewrap(t.Context(), func(int) {}); err != nil {
			t.Errorf("keys rewrap beside a server with the key behind: %v", err)
		}
		if n, droppable := left(); n != 0 || droppable {
			t.Errorf("%d keys are left, and the old one may be dropped: %t, though a server wraps by it", n, droppable)
		}
		err = w.DB.Write(t.Context(), func(tx *db.Tx) error { return node.Leave(tx, "other") })
		if err != nil {
			t.Fatal(err)
		}
		runs(before.ID())
		if err := keys.Rewrap(t.Context(), func(int) {}); err == nil || !strings.Contains(err.Error(), "elsewhere (other) does not have the master key "+after.ID()) {
			t.Errorf("beside a server without the key: got %v", err)
		}
	})
}

// beats has a server called other make heartbeats on d, until stop is called.
func beats(t *testing.T, d *db.DB, keys ...string) (stop func()) {
	t.Helper()
	beat := func() {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return node.Beat(tx, &node.Node{ID: "other", Host: "elsewhere", Keys: keys, Started: tx.Now}, nil)
		})
		if err != nil {
			t.Error(err)
		}
	}
	beat()
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-time.After(500 * time.Millisecond):
				beat()
			case <-end:
				return
			}
		}
	}()
	return func() { close(end); <-ended }
}

// The clock of a server, or of the machine where a command runs, may be wrong.
func TestAServerWithAnotherClockIsSeenByCommands(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		old, fresh := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
		before, _ := seal.NewMaster(old)
		w := servertest.New(t, url, func(c *server.Config) { c.MasterKeys = [][]byte{old} })
		w.Pool(t, nil)
		for name, by := range map[string]time.Duration{"behind": -10 * time.Minute, "ahead": 10 * time.Minute} {
			keys, err := server.OpenMasterKeys(t.Context(), server.Config{Database: url, MasterKeys: [][]byte{fresh, old}, Test: server.Test{Now: w.Now}})
			if err != nil {
				t.Fatal(err)
			}
			theirs := dbtest.Open(t, url, db.Options{Now: func() time.Time { return w.Now().Add(by) }})
			stop := beats(t, theirs, before.ID())
			if err := keys.Rewrap(t.Context(), func(int) {}); err == nil || !strings.Contains(err.Error(), "elsewhere (other)") {
				t.Errorf("%s: got %v, want a refusal", name, err)
			}
			stop()
			status, err := keys.Status(t.Context()) // it has died
			if err != nil || slices.ContainsFunc(status.Nodes, func(n server.KeyNode) bool { return n.ID == "other" }) {
				t.Errorf("%s, after its end: %+v, %v", name, status.Nodes, err)
			}
			_ = keys.Close()
		}
	})
}

func TestAServerThatLacksAKeyOfAnyPoolNamesIt(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		old, fresh := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
		under := func(keys ...[]byte) func(*server.Config) { return func(c *server.Config) { c.MasterKeys = keys } }
		servertest.New(t, url, under(old)).Pool(t, nil)
		servertest.New(t, url, under(fresh, old)).Pool(t, nil)

		_, err := server.New(t.Context(), server.Config{Database: url, MasterKeys: [][]byte{old}, PublicURL: "http://localhost"})
		missing, _ := seal.NewMaster(fresh)
		if err == nil || !strings.Contains(err.Error(), missing.ID()) || !strings.Contains(err.Error(), "behind the others") {
			t.Errorf("got %v, want an error that names %s and says what to do", err, missing.ID())
		}
		servertest.New(t, url, under(old, fresh)).Pool(t, nil)
	})
}

func TestReadyNeedsTheDatabase(t *testing.T) {
	t.Parallel()
	srv, err := server.New(t.Context(), server.Config{
		Database: dbtest.SQLite(t), MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, PublicURL: "http://localhost",
	})
	if err != nil {
		t.Fatal(err)
	}
	status := func(path string) int {
		answer := httptest.NewRecorder()
		srv.Handler.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
		return answer.Code
	}
	if got := status("/readyz"); got != 200 {
		t.Errorf("got %d, want 200", got)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if got := status("/readyz"); got != 503 {
		t.Errorf("without a database: got %d, want 503", got)
	}
	if got := status("/livez"); got != 200 {
		t.Errorf("the process lives: got %d, want 200", got)
	}
}

func TestKeysAreMadeListedDisabledAndDeleted(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		keys, err := server.OpenAccessKeys(t.Context(), server.Config{Database: url, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}})
		if err != nil {
			t.Fatal(err)
		}
		defer keys.Close()
		name, secret, err := keys.Create(t.Context())
		if err != nil || len(name) != 20 || len(secret) != 40 {
			t.Fatalf("got %q, a secret of %d characters, %v", name, len(secret), err)
		}
		if err := keys.Disable(t.Context(), name); err != nil {
			t.Error(err)
		}
		all, err := keys.List(t.Context())
		if err != nil || len(all) != 1 || all[0].ID != name || !all[0].Disabled {
			t.Errorf("got %v, %v, want %s disabled", all, err, name)
		}
		if err := keys.Delete(t.Context(), name); err != nil {
			t.Error(err)
		}
		if err := keys.Delete(t.Context(), name); !errors.Is(err, server.ErrUnknownKey) {
			t.Errorf("deleting it again: got %v, want ErrUnknownKey", err)
		}
	})
}
