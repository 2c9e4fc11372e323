package server_test

import (
	"errors"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

// revoke ends sessions beside the server of a world.
func revoke(t *testing.T, w *servertest.World, url string, r server.Revocation) (server.Revoked, error) {
	t.Helper()
	sessions, err := server.OpenSessions(t.Context(), configOf(w, url))
	if err != nil {
		t.Fatal(err)
	}
	defer sessions.Close()
	return sessions.Revoke(t.Context(), r, func(server.Revoked) {})
}

func TestSessionsBegunBeforeAMomentEnd(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, nil)
		pool, other := w.Pool(t, M{}), w.Pool(t, M{})
		client, elsewhere := w.Client(t, pool, M{}), w.Client(t, other, M{})
		w.User(t, pool, "alice")
		w.User(t, other, "alice")
		old, foreign := w.SignIn(t, client, "alice"), w.SignIn(t, elsewhere, "alice")
		w.Advance(time.Minute)
		moment := w.Now()
		young := w.SignIn(t, client, "alice") // at the moment itself
		w.Advance(time.Minute)
		refreshed := w.Must(t, "InitiateAuth", refresh(client, old["RefreshToken"]))["AuthenticationResult"].(M)

		for range 2 { // and a second time
			if _, err := revoke(t, w, url, server.Revocation{Before: moment, Pool: pool}); err != nil {
				t.Fatal(err)
			}
			w.Fails(t, "InitiateAuth", refresh(client, old["RefreshToken"]), "NotAuthorizedException", "Refresh Token has been revoked")
			w.Fails(t, "GetUser", M{"AccessToken": refreshed["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
			w.Must(t, "InitiateAuth", refresh(client, young["RefreshToken"]))
			w.Must(t, "GetUser", M{"AccessToken": young["AccessToken"]})
			w.Must(t, "InitiateAuth", refresh(elsewhere, foreign["RefreshToken"]))
		}
		if done, err := revoke(t, w, url, server.Revocation{Before: w.Now().Add(time.Microsecond)}); err != nil || done != (server.Revoked{Pools: 2, Sessions: 2}) {
			t.Errorf("of all pools: %+v, %v", done, err)
		}
		w.Fails(t, "InitiateAuth", refresh(elsewhere, foreign["RefreshToken"]), "NotAuthorizedException", "Refresh Token has been revoked")
		w.Must(t, "GetUser", M{"AccessToken": w.SignIn(t, client, "alice")["AccessToken"]})

		if _, err := revoke(t, w, url, server.Revocation{Before: w.Now(), Pool: "us-east-1_absent000"}); !errors.Is(err, server.ErrUnknownPool) {
			t.Errorf("an unknown pool: %v", err)
		}
		if _, err := revoke(t, w, url, server.Revocation{Before: w.Now().Add(time.Second)}); !errors.Is(err, server.ErrFuture) {
			t.Errorf("a moment to come: %v", err)
		}
	})
}

// A server whose clock is ahead of that of the machine where the command runs has begun sessions in the command's future.
func TestAllSessionsUpToNowEndWhateverTheClocksShow(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, nil)
		pool := w.Pool(t, M{})
		client := w.Client(t, pool, M{})
		w.User(t, pool, "alice")
		defer beats(t, w.DB)()
		old := w.SignIn(t, client, "alice")

		c := configOf(w, url)
		c.Test.Now = func() time.Time { return w.Now().Add(-10 * time.Minute) }
		sessions, err := server.OpenSessions(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer sessions.Close()
		done, err := sessions.Revoke(t.Context(), server.Revocation{Now: true}, func(server.Revoked) {})
		if err != nil || done.Sessions != 1 {
			t.Errorf("ended %+v, %v", done, err)
		}
		w.Fails(t, "InitiateAuth", refresh(client, old["RefreshToken"]), "NotAuthorizedException", "Refresh Token has been revoked")
		young := w.SignIn(t, client, "alice")
		w.Must(t, "InitiateAuth", refresh(client, young["RefreshToken"]))
		w.Must(t, "GetUser", M{"AccessToken": young["AccessToken"]})
	})
}

// Servers refuse sessions before their rows are ended.
func TestSessionsEndAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, nil)
		name := w.Pool(t, M{})
		client := w.Client(t, name, M{})
		w.User(t, name, "alice")
		old := w.SignIn(t, client, "alice")
		w.Advance(time.Second)
		w.SignOutAll(t, name)
		young := w.SignIn(t, client, "alice") // at the moment itself
		w.Fails(t, "InitiateAuth", refresh(client, old["RefreshToken"]), "NotAuthorizedException", "Refresh Token has been revoked")
		w.Fails(t, "GetUser", M{"AccessToken": old["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
		w.Must(t, "InitiateAuth", refresh(client, young["RefreshToken"]))
		w.Must(t, "GetUser", M{"AccessToken": young["AccessToken"]})
	})
}

func TestTemporaryCredentialsEndWithAllSessions(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, enforcing)
		root := w.Root(t)
		pool := root.Pool(t, M{})
		old := session(root, root.On("sts").Must(t, "GetSessionToken", nil))
		w.Advance(2 * time.Second)
		for _, r := range []server.Revocation{{Before: w.Now(), Pool: pool}, {Before: w.Now().Add(-time.Minute)}} {
			if _, err := revoke(t, w, url, r); err != nil {
				t.Fatal(err)
			}
			w.Advance(2 * time.Second) // what servers remember
			old.Must(t, "ListUserPools", M{"MaxResults": 1})
		}
		young := session(root, root.On("sts").Must(t, "GetSessionToken", nil))
		if _, err := revoke(t, w, url, server.Revocation{Before: w.Now().Truncate(time.Second)}); err != nil {
			t.Fatal(err)
		}
		w.Advance(2 * time.Second)
		old.Fails(t, "ListUserPools", M{"MaxResults": 1}, "ExpiredTokenException", "The security token included in the request is expired")
		young.Must(t, "ListUserPools", M{"MaxResults": 1})
	})
}
