package sessions_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/geo"
	"cardea/platform/geo/geotest"
	"cardea/record/session"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/id"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

// tracked is open, in a pool that tracks 20 sessions for each user.
func tracked(t *testing.T, w *servertest.World, settings M) (pool, client string, tokens M) {
	t.Helper()
	pool, client, tokens = open(t, w, settings)
	track(t, w, pool, 20)
	return pool, client, tokens
}

func bearer(tokens M) M { return M{"AccessToken": tokens["AccessToken"]} }

func alice(pool string) M { return M{"UserPoolId": pool, "Username": "alice"} }

// sessions are those that an answer lists.
func sessions(out M) (list []M) {
	for _, one := range out["Sessions"].([]any) {
		list = append(list, one.(M))
	}
	return list
}

func names(out M) (list []string) {
	for _, one := range sessions(out) {
		list = append(list, one["SessionId"].(string))
	}
	return list
}

// current is the name of the session of these tokens.
func current(t *testing.T, w *servertest.World, tokens M) string {
	t.Helper()
	for _, one := range sessions(w.Must(t, "ListUserSessions", bearer(tokens))) {
		if one["IsCurrentSession"] == true {
			return one["SessionId"].(string)
		}
	}
	t.Fatal("no session is the current one")
	return ""
}

func TestUsersAndAdministratorsSeeSessionsTheMostRecentlyUsedFirst(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, phone := open(t, w, nil) // before the pool tracks sessions
		began := float64(w.Now().UnixMilli()) / 1000
		track(t, w, pool, 20)
		w.Advance(time.Minute)
		laptop := w.By(firefox).SignIn(t, client, "alice")
		w.User(t, pool, "bob")
		w.SignIn(t, client, "bob")

		first, second := current(t, w, phone), current(t, w, laptop)
		if shape := regexp.MustCompile(`^tkn[a-z0-9]{25}$`); !shape.MatchString(first) || !shape.MatchString(second) || first == second {
			t.Errorf("names %s and %s", first, second)
		}
		old := M{
			"SessionId": first, "SessionType": "TOKEN", "ClientId": client, "CreateDate": began, "LastActiveDate": began,
			"DeviceType": "unknown", "LastIPAddress": "192.0.2.1", "IsCurrentSession": false,
		}
		young := M{
			"SessionId": second, "SessionType": "TOKEN", "ClientId": client, "CreateDate": began + 60, "LastActiveDate": began + 60,
			"DeviceType": "Firefox on Linux", "LastIPAddress": "192.0.2.1", "IsCurrentSession": false,
		}
		now := func(m M) M { return servertest.With(m, M{"IsCurrentSession": true}) }
		same(t, "by the phone", M{"Sessions": []any{young, now(old)}}, w.Must(t, "ListUserSessions", bearer(phone)))
		same(t, "by the laptop", M{"Sessions": []any{now(young), old}}, w.Must(t, "ListUserSessions", bearer(laptop)))
		same(t, "by an administrator", M{"Sessions": []any{young, old}}, w.Must(t, "AdminListUserSessions", alice(pool)))

		w.Advance(time.Minute)
		w.By("curl/8.5.0").Must(t, "GetTokensFromRefreshToken", refresh(client, phone["RefreshToken"]))
		used := servertest.With(old, M{"LastActiveDate": began + 120, "DeviceType": "curl"})
		same(t, "after a refresh", M{"Sessions": []any{used, young}}, w.Must(t, "AdminListUserSessions", alice(pool)))
		w.Advance(time.Minute)
		w.Must(t, "InitiateAuth", M{
			"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": M{"REFRESH_TOKEN": laptop["RefreshToken"]},
		})
		used = servertest.With(young, M{"LastActiveDate": began + 180, "DeviceType": "unknown"})
		same(t, "after another", used, sessions(w.Must(t, "AdminListUserSessions", alice(pool)))[0])
	})
}

func TestPoolsThatKeepNoAccountListNoSessions(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, tokens := tracked(t, w, nil)
		name := current(t, w, w.SignIn(t, client, "alice"))
		w.Must(t, "SetUserPoolSessionConfiguration", configuration(pool, "DISABLED", 20))
		w.Fails(t, "ListUserSessions", bearer(tokens), invalid, untracked)
		w.Fails(t, "AdminListUserSessions", alice(pool), invalid, untracked)
		w.Fails(t, "RevokeUserSession", servertest.With(bearer(tokens), M{"SessionId": name}), invalid, untracked)
		w.Fails(t, "AdminRevokeUserSession", servertest.With(alice(pool), M{"SessionId": name}), invalid, untracked)
		for range 25 {
			w.SignIn(t, client, "alice")
		}
		w.Must(t, "GetUser", bearer(tokens))
	})
}

func TestOnlySessionsWhoseTokensAreGoodAreListed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, tokens := tracked(t, w, nil)
		mine := current(t, w, tokens)
		brief := w.Client(t, pool, M{"RefreshTokenValidity": 1, "TokenValidityUnits": M{"RefreshToken": "hours"}})
		gone := w.Client(t, pool, nil)
		for _, other := range []string{brief, gone} {
			w.SignIn(t, other, "alice")
		}
		ended := w.SignIn(t, client, "alice")
		if n := len(names(w.Must(t, "ListUserSessions", bearer(tokens)))); n != 4 {
			t.Errorf("%d sessions, want 4", n)
		}

		w.Must(t, "RevokeToken", M{"ClientId": client, "Token": ended["RefreshToken"]})
		w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": pool, "ClientId": gone})
		w.Advance(time.Hour)
		same(t, "left", []string{mine}, names(w.Must(t, "AdminListUserSessions", alice(pool))))

		w.Must(t, "AdminUserGlobalSignOut", alice(pool))
		same(t, "after signing out", M{"Sessions": []any{}}, w.Must(t, "AdminListUserSessions", alice(pool)))
		w.SignIn(t, client, "alice")
		if n := len(names(w.Must(t, "AdminListUserSessions", alice(pool)))); n != 1 {
			t.Errorf("%d sessions after signing in again, want 1", n)
		}
	})
}

func TestListsRefuseInvalidTokensAndUnknownUsers(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, tokens := tracked(t, w, nil)
		w.Fails(t, "ListUserSessions", M{"AccessToken": "garbage"}, "NotAuthorizedException", "")
		w.Fails(t, "ListUserSessions", M{"AccessToken": tokens["IdToken"]}, "NotAuthorizedException", "")
		w.Fails(t, "AdminListUserSessions", M{"UserPoolId": pool, "Username": "bob"}, "UserNotFoundException", "User does not exist.")
		w.In("eu-west-1").Fails(t, "AdminListUserSessions", alice(pool), notFound, "User pool "+pool+" does not exist.")
		w.Fails(t, "AdminListUserSessions", alice("us-east-1_nowhere00"), notFound, "User pool us-east-1_nowhere00 does not exist.")

		w.Must(t, "AdminDisableUser", alice(pool))
		w.Fails(t, "ListUserSessions", bearer(tokens), "NotAuthorizedException", "")
		w.Must(t, "AdminEnableUser", alice(pool))
		tokens = w.SignIn(t, client, "alice")
		w.Must(t, "AdminDeleteUser", alice(pool))
		w.Fails(t, "ListUserSessions", bearer(tokens), "UserNotFoundException", "User does not exist.")
		w.Fails(t, "AdminListUserSessions", alice(pool), "UserNotFoundException", "User does not exist.")
		w.User(t, pool, "alice")
		same(t, "who has the name now", M{"Sessions": []any{}}, w.Must(t, "AdminListUserSessions", alice(pool)))
	})
}

// multiply gives a user sessions until there are as many, each a millisecond older than the one before.
func multiply(t *testing.T, w *servertest.World, pool, username string, many int) {
	t.Helper()
	user := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": username})
	sub := id.Sub(servertest.Text(user, "UserAttributes.0.Value"))
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		list, err := session.List(tx, session.Query{Pool: id.Pool(pool), Sub: sub, Limit: 1})
		if err != nil {
			return err
		}
		if len(list) != 1 {
			t.Fatalf("no session of %s to copy", sub)
		}
		copied := *list[0]
		for range many - 1 {
			copied.ID = id.NewOrderedUUID(tx.Now)
			copied.Active = copied.Active.Add(-time.Millisecond)
			if err := session.Insert(tx, &copied, session.Refresh{Pool: copied.Pool, Session: copied.ID, Hash: copied.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPagesFollowOneAnotherForTheirUserAlone(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, tokens := tracked(t, w, nil)
		multiply(t, w, pool, "alice", 251)
		w.User(t, pool, "bob")
		bob := w.SignIn(t, client, "bob")

		for operation, who := range map[string]M{"ListUserSessions": bearer(tokens), "AdminListUserSessions": alice(pool)} {
			var all []string
			var sizes []int
			for next := any(nil); len(sizes) == 0 || next != nil; {
				out := w.Must(t, operation, servertest.With(who, M{"NextToken": next}))
				all, sizes, next = append(all, names(out)...), append(sizes, len(names(out))), out["NextToken"]
			}
			slices.Sort(all)
			if len(slices.Compact(all)) != 251 || !slices.Equal(sizes, []int{125, 125, 1}) {
				t.Errorf("%s: %d different sessions on pages of %v", operation, len(slices.Compact(all)), sizes)
			}
		}

		mine := servertest.Text(w.Must(t, "ListUserSessions", bearer(tokens)), "NextToken")
		administrators := servertest.Text(w.Must(t, "AdminListUserSessions", alice(pool)), "NextToken")
		if strings.Contains(mine, servertest.Text(tokens, "AccessToken")[:8]) {
			t.Error("the token of the next page shows another token")
		}
		tampered := mine[:40] + "A" + mine[41:]
		if tampered == mine {
			tampered = mine[:40] + "B" + mine[41:]
		}
		const message = "Invalid pagination token."
		for _, bad := range []string{"x", tampered, mine + "A", mine[1:], administrators, strings.Repeat("A", 131_072)} {
			w.Fails(t, "ListUserSessions", servertest.With(bearer(tokens), M{"NextToken": bad}), invalid, message)
		}
		w.Fails(t, "ListUserSessions", servertest.With(bearer(bob), M{"NextToken": mine}), invalid, message)
		w.Fails(t, "AdminListUserSessions", servertest.With(alice(pool), M{"NextToken": mine}), invalid, message)
		w.Fails(t, "AdminListUserSessions", M{"UserPoolId": pool, "Username": "bob", "NextToken": administrators}, invalid, message)
	})
}

func TestSessionsFromAnUnknownAddressAndDeviceAreListed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, tokens := tracked(t, w, nil)
		began := float64(w.Now().UnixMilli()) / 1000
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE session SET ip = '', device_type = ''`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Advance(time.Hour - time.Minute)
		want := M{
			"SessionId": current(t, w, tokens), "SessionType": "TOKEN", "ClientId": client, "CreateDate": began, "LastActiveDate": began,
			"DeviceType": "unknown", "IsCurrentSession": true,
		}
		same(t, "before", M{"Sessions": []any{want}}, w.Must(t, "ListUserSessions", bearer(tokens)))
		w.By(firefox).Must(t, "GetTokensFromRefreshToken", refresh(client, tokens["RefreshToken"]))
		want = servertest.With(want, M{"LastActiveDate": began + 3540, "LastIPAddress": "192.0.2.1", "DeviceType": "Firefox on Linux"})
		same(t, "used", M{"Sessions": []any{want}}, w.Must(t, "ListUserSessions", bearer(tokens)))
		same(t, "pool", 20.0, servertest.At(w.Must(t, "GetUserPoolSessionConfiguration", M{"UserPoolId": pool}), "TokenSession.MaxPerUser"))
	})
}

func TestPlacesComeFromTheOperatorsFile(t *testing.T) {
	t.Parallel()
	file := geotest.Write(t, map[string]geo.Place{
		"203.0.113.0/24": {City: "Berlin", Country: "Germany"}, "2001:db8::/32": {Country: "Brazil"},
	})
	located := func(c *server.Config) { c.GeoDatabase = file }
	servertest.EachWith(t, located, func(t *testing.T, w *servertest.World) {
		pool, client, tokens := tracked(t, w, nil)
		for _, ip := range []string{"203.0.113.7", "2001:db8::7"} {
			w.Advance(time.Second)
			w.Must(t, "AdminInitiateAuth", M{
				"UserPoolId": pool, "ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
				"AuthParameters": M{"USERNAME": "alice", "PASSWORD": servertest.Password},
				"ContextData":    M{"IpAddress": ip, "ServerName": "s", "ServerPath": "/", "HttpHeaders": []M{{"headerName": "User-Agent", "headerValue": firefox}}},
			})
		}
		var got []any
		for _, one := range sessions(w.Must(t, "ListUserSessions", bearer(tokens))) {
			got = append(got, []any{one["LastIPAddress"], one["LastLocation"], one["DeviceType"]})
		}
		same(t, "places", []any{
			[]any{"2001:db8::7", M{"Country": "Brazil"}, "Firefox on Linux"},
			[]any{"203.0.113.7", M{"City": "Berlin", "Country": "Germany"}, "Firefox on Linux"},
			[]any{"192.0.2.1", M{"Country": "unknown"}, "unknown"},
		}, got)
	})
}
