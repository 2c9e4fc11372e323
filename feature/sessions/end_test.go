package sessions_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/server/servertest"
)

// over fails the test unless the tokens of a session are void.
func over(t *testing.T, w *servertest.World, client string, tokens M) {
	t.Helper()
	w.Fails(t, "GetUser", bearer(tokens), "NotAuthorizedException", "Access Token has been revoked")
	w.Fails(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]), "NotAuthorizedException", "Refresh Token has been revoked")
}

// lives fails the test unless the tokens of a session are valid.
func lives(t *testing.T, w *servertest.World, client string, tokens M) {
	t.Helper()
	w.Must(t, "GetUser", bearer(tokens))
	w.Must(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]))
}

func unknownSession(name string) string { return "Session " + name + " does not exist." }

func TestOneSessionIsRevoked(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, mine := tracked(t, w, nil)
		for operation, who := range map[string]M{"RevokeUserSession": bearer(mine), "AdminRevokeUserSession": alice(pool)} {
			lost, kept := w.SignIn(t, client, "alice"), w.SignIn(t, client, "alice")
			name := current(t, w, lost)
			revoke := servertest.With(who, M{"SessionId": name})
			same(t, operation, M{}, w.Must(t, operation, revoke))
			over(t, w, client, lost)
			lives(t, w, client, kept)
			if slices.Contains(names(w.Must(t, "ListUserSessions", bearer(mine))), name) {
				t.Errorf("%s: the session is still listed", operation)
			}
			w.Fails(t, operation, revoke, notFound, unknownSession(name))
		}
		lives(t, w, client, mine)
	})
}

func TestTheSessionThatAsksIsNotRevoked(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, mine := tracked(t, w, nil)
		name := current(t, w, mine)
		w.Fails(t, "RevokeUserSession", servertest.With(bearer(mine), M{"SessionId": name}), invalid, "The session of the access token cannot be revoked.")
		lives(t, w, client, mine)
		w.Must(t, "AdminRevokeUserSession", servertest.With(alice(pool), M{"SessionId": name}))
		over(t, w, client, mine)
	})
}

func TestUsersRevokeOnlyTheirOwnSessions(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, tokens := tracked(t, w, nil)
		name := current(t, w, tokens)
		w.User(t, pool, "bob")
		bob := w.SignIn(t, client, "bob")
		w.Fails(t, "RevokeUserSession", servertest.With(bearer(bob), M{"SessionId": name}), notFound, unknownSession(name))
		w.Fails(t, "AdminRevokeUserSession", M{"UserPoolId": pool, "Username": "bob", "SessionId": name}, notFound, unknownSession(name))
		w.Fails(t, "AdminRevokeUserSession", M{"UserPoolId": pool, "Username": "carol", "SessionId": name}, "UserNotFoundException", "User does not exist.")
		w.In("eu-west-1").Fails(t, "AdminRevokeUserSession", servertest.With(alice(pool), M{"SessionId": name}), notFound, "")

		other, _, elsewhere := tracked(t, w, nil) // another pool, another alice
		w.Fails(t, "RevokeUserSession", servertest.With(bearer(elsewhere), M{"SessionId": name}), notFound, unknownSession(name))
		w.Fails(t, "AdminRevokeUserSession", servertest.With(alice(other), M{"SessionId": name}), notFound, unknownSession(name))

		for _, unknown := range []string{"tkn" + strings.Repeat("a", 25), "tkn" + strings.Repeat("z", 25), "sso" + name[3:]} {
			w.Fails(t, "RevokeUserSession", servertest.With(bearer(tokens), M{"SessionId": unknown}), notFound, unknownSession(unknown))
		}
		for _, bad := range []string{"", "tkn", name + "0", "xyz" + name[3:], strings.ToUpper(name), strings.Repeat("tkn", 50_000)} {
			w.Fails(t, "RevokeUserSession", servertest.With(bearer(tokens), M{"SessionId": bad}), invalid, "")
		}
		w.Fails(t, "RevokeUserSession", M{"AccessToken": "garbage", "SessionId": name}, "NotAuthorizedException", "")
		lives(t, w, client, tokens)

		w.Must(t, "AdminDeleteUser", alice(pool))
		w.Fails(t, "RevokeUserSession", servertest.With(bearer(tokens), M{"SessionId": name}), "UserNotFoundException", "User does not exist.")
		w.Fails(t, "AdminRevokeUserSession", servertest.With(alice(pool), M{"SessionId": name}), "UserNotFoundException", "User does not exist.")
		w.User(t, pool, "alice")
		w.Fails(t, "AdminRevokeUserSession", servertest.With(alice(pool), M{"SessionId": name}), notFound, unknownSession(name))
	})
}

func TestASessionIsRevokedOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client, mine := tracked(t, w, nil)
		name := current(t, w, w.SignIn(t, client, "alice"))
		winners, losers := atOnce(100, func() error {
			_, err := w.Call("RevokeUserSession", servertest.With(bearer(mine), M{"SessionId": name}))
			return err
		})
		if winners != 1 || losers[notFound+": "+unknownSession(name)] != 99 {
			t.Errorf("%d winners, losers %v; want 1 and 99", winners, losers)
		}
	})
}

func TestSignInsAtOnceLeaveNoMoreThanThePoolAllows(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, _ := open(t, w, nil)
		track(t, w, pool, 2)
		winners, losers := atOnce(100, func() error {
			_, err := w.Call("InitiateAuth", M{
				"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": servertest.Password},
			})
			return err
		})
		if left := len(names(w.Must(t, "AdminListUserSessions", alice(pool)))); winners != 100 || left != 2 {
			t.Errorf("%d signed in, %v; %d sessions are left, want 2", winners, losers, left)
		}
	})
}

// atOnce does something many times at once and counts how it ends.
func atOnce(times int, do func() error) (winners int, losers map[string]int) {
	errs := make([]error, times)
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range errs {
		wait.Go(func() {
			<-start
			errs[i] = do()
		})
	}
	close(start)
	wait.Wait()
	losers = map[string]int{}
	for _, err := range errs {
		if err == nil {
			winners++
			continue
		}
		losers[err.Error()]++
	}
	return winners, losers
}

func TestLinkedSessionsAreRevokedTogether(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, mine := open(t, w, nil)
		w.User(t, pool, "bob")
		link := func(username string) (linked []M) {
			for range 3 {
				linked = append(linked, w.SignIn(t, client, username))
			}
			err := w.DB.Write(t.Context(), func(tx *db.Tx) error { // as the hosted pages will
				_, err := tx.Exec(`UPDATE session SET sso = '0198c0de-0000-7000-8000-000000000001' WHERE created = $1`, db.Millis(w.Now()))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			w.Advance(time.Second)
			return linked
		}
		w.Advance(time.Second)
		one := link("alice")
		bobs := link("bob")
		track(t, w, pool, 20)

		listed := sessions(w.Must(t, "ListUserSessions", bearer(mine)))
		origin := servertest.Text(listed[0], "OriginSessionId")
		if !strings.HasPrefix(origin, "sso") || len(origin) != 28 || listed[1]["OriginSessionId"] != origin || listed[3]["OriginSessionId"] != nil {
			t.Errorf("listed %v", listed)
		}

		w.Must(t, "RevokeUserSession", servertest.With(bearer(mine), M{"SessionId": current(t, w, one[0]), "RevokeAssociatedSessions": "NONE"}))
		over(t, w, client, one[0])
		lives(t, w, client, one[1])
		w.Must(t, "RevokeUserSession", servertest.With(bearer(mine), M{"SessionId": current(t, w, one[1]), "RevokeAssociatedSessions": "LINKED"}))
		over(t, w, client, one[1])
		over(t, w, client, one[2])
		lives(t, w, client, mine)
		lives(t, w, client, bobs[0])

		two := link("alice")
		w.Must(t, "AdminRevokeUserSession", servertest.With(alice(pool), M{"SessionId": current(t, w, two[1]), "RevokeAssociatedSessions": "LINKED"}))
		for _, tokens := range two {
			over(t, w, client, tokens)
		}
		w.Must(t, "RevokeToken", M{"ClientId": client, "Token": bobs[0]["RefreshToken"], "RevokeAssociatedSessions": "LINKED"})
		for _, tokens := range bobs {
			over(t, w, client, tokens)
		}
		plain := w.SignIn(t, client, "alice")
		w.Must(t, "RevokeToken", M{"ClientId": client, "Token": plain["RefreshToken"], "RevokeAssociatedSessions": "LINKED"})
		over(t, w, client, plain)
		lives(t, w, client, mine)
	})
}
