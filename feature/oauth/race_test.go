package oauth_test

import (
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"cardea/server/servertest"
)

// atOnce does something a hundred times, and one other thing at about the middle of it.
func atOnce(other func(), each func(i int)) {
	var all sync.WaitGroup
	for i := range 100 {
		if i == 50 {
			all.Go(other)
		}
		all.Go(func() { each(i) })
	}
	all.Wait()
}

// What ends a user, an app or its domain while codes are made and redeemed leaves nothing alive behind it, whoever is first.
func TestNothingOutlivesItsEndAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		alice := M{"UserPoolId": w.pool, "Username": "alice"}
		for name, c := range map[string]struct {
			end  func(a app)
			back func() // so that others find the world as it was
		}{
			"disable against exchange": {
				func(app) { w.Must(t, "AdminDisableUser", alice) }, func() { w.Must(t, "AdminEnableUser", alice) },
			},
			"sign-out against exchange": {func(app) { w.Must(t, "AdminUserGlobalSignOut", alice) }, func() {}},
			"deleted client against exchange": {
				func(a app) { w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id}) }, func() {},
			},
			"deleted user against exchange": {
				func(app) { w.Must(t, "AdminDeleteUser", alice) }, func() { w.User(t, w.pool, "alice", "email", "alice@example.com") },
			},
		} {
			a := w.web(t, nil)
			codes := make([]string, 100)
			for i := range codes {
				codes[i] = w.code(t, a)
			}
			given := make([]servertest.Answer, 100)
			atOnce(func() { c.end(a) }, func(i int) { given[i] = w.redeem(t, a, codes[i]) })
			for i, answer := range given {
				if answer.Status != 200 {
					if code := answer.Error(); code != "invalid_grant" && code != "invalid_client" {
						t.Errorf("%s: %d %s", name, answer.Status, answer.Text)
					}
					continue
				}
				if again := w.refresh(t, a, answer.Body["refresh_token"]); again.Status == 200 {
					t.Errorf("%s: the session of exchange %d goes on", name, i)
				}
				if name != "deleted client against exchange" && w.alive(t, answer.Body["access_token"]) {
					t.Errorf("%s: the access token of exchange %d is good", name, i)
				}
			}
			c.back()
		}
	})
}

func TestNoCodeIsMadeForAClientThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		var made atomic.Int32
		locations := make([]string, 100)
		atOnce(func() { w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id}) }, func(i int) {
			if location, err := w.finish(t, query(a), nil); err == nil {
				made.Add(1)
				locations[i] = location
			}
		})
		for _, location := range locations {
			u, err := url.Parse(location)
			if err != nil {
				t.Fatal(err)
			}
			if location != "" {
				refuses(t, "a code of a deleted client", w.redeem(t, a, u.Query().Get("code")), 400, "invalid_client")
			}
		}
		if _, err := w.finish(t, query(a), nil); err == nil {
			t.Error("a sign-in ends at a client that was deleted")
		}
		t.Logf("%d of 100 were first", made.Load())
	})
}
