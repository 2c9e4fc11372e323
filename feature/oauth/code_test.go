package oauth_test

import (
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/platform/db"
	"cardea/server/servertest"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

const (
	callback = "https://app.example.com/cb"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

// web makes a client whose users sign in at the pages.
func (w *world) web(t testing.TB, changes M) app {
	t.Helper()
	return w.app(t, servertest.With(M{
		"AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"},
		"AllowedOAuthScopes": []string{"openid", "email", "phone", "profile", "api/read", "aws.cognito.signin.user.admin"},
		"CallbackURLs":       []string{callback, "http://127.0.0.1/cb"},
	}, changes))
}

// query is an authorization request of the app; pairs replace its parameters, or remove them with an empty value.
func query(a app, pairs ...string) string {
	v := url.Values{
		"client_id": {a.id}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email"}, "state": {"s"},
		"code_challenge": {oauth2.Challenge(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return v.Encode()
}

// without are the pairs for a request without PKCE.
var without = []string{"code_challenge", "", "code_challenge_method", ""}

// finish signs alice in at the pages, as far as authorization codes are concerned.
func (w *world) finish(t testing.TB, query string, change func(who *hosted.SignIn)) (location string, err error) {
	t.Helper()
	v, err := oauth2.Parse(query)
	if err != nil {
		t.Fatal(err)
	}
	err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, w.pool, "alice")
		if err != nil {
			return err
		}
		who := hosted.SignIn{User: u, Proofs: []factor.Proof{factor.Password}}
		if change != nil {
			change(&who)
		}
		out, err := w.Server.OAuth.Hosted.Finish(tx, id.Pool(w.pool), v, who)
		if err == nil {
			location = out.Location.String()
		}
		return err
	})
	return location, err
}

// code signs alice in and gives the code.
func (w *world) code(t testing.TB, a app, pairs ...string) string {
	t.Helper()
	location, err := w.finish(t, query(a, pairs...), nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("code")
}

// redeem exchanges a code as the app does; pairs go over its parameters.
func (w *world) redeem(t testing.TB, a app, code string, pairs ...string) servertest.Answer {
	t.Helper()
	form := M{
		"grant_type": "authorization_code", "client_id": a.id, "code": code, "redirect_uri": callback, "code_verifier": verifier,
	}
	if a.secret != "" {
		form["client_secret"] = a.secret
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form[pairs[i]] = pairs[i+1]
	}
	var all []string
	for name, value := range form {
		if value != "" {
			all = append(all, name, value.(string))
		}
	}
	return w.token(t, all...)
}

// alive tells whether an access token is good.
func (w *world) alive(t testing.TB, accessToken any) bool {
	t.Helper()
	r := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/userInfo"))
	r.Method = "GET"
	r.Header.Set("Authorization", "Bearer "+accessToken.(string))
	return w.Do(t, r).Status == 200
}

func TestCodesGiveTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		location, err := w.finish(t, query(a, "nonce", "n", "resource", "https://api.example.com", "scope", "openid email api/read"), func(who *hosted.SignIn) {
			who.AuthTime = w.Now().Add(-10 * time.Minute)
		})
		if err != nil {
			t.Fatal(err)
		}
		code, ok := strings.CutPrefix(location, callback+"?code=")
		code, ok2 := strings.CutSuffix(code, "&state=s")
		if !ok || !ok2 || len(code) != 36 {
			t.Fatalf("location %s", location)
		}
		w.Advance(time.Minute)

		answer := w.redeem(t, a, code)
		if answer.Status != 200 || answer.Body["token_type"] != "Bearer" || answer.Body["expires_in"] != 3600.0 || len(answer.Body) != 5 {
			t.Fatalf("got %d %s", answer.Status, answer.Text)
		}
		access, ident := claims(t, answer.Body["access_token"]), claims(t, answer.Body["id_token"])
		signedIn := float64(w.Now().Add(-11 * time.Minute).Unix())
		want := M{
			"sub": ident["sub"], "event_id": ident["event_id"], "origin_jti": ident["origin_jti"], "jti": access["jti"],
			"iss": w.URL + "/" + w.pool, "client_id": a.id, "aud": "https://api.example.com", "token_use": "access", "version": 2.0,
			"scope": "openid email api/read", "username": "alice", "auth_time": signedIn,
			"iat": float64(w.Now().Unix()), "exp": float64(w.Now().Unix() + 3600),
		}
		if diff := cmp.Diff(want, access); diff != "" {
			t.Error(diff)
		}
		if ident["nonce"] != "n" || ident["auth_time"] != signedIn || ident["email"] != "alice@example.com" || ident["name"] != nil || ident["at_hash"] == nil || ident["aud"] != a.id {
			t.Errorf("ID token %v", ident)
		}

		w.Advance(time.Minute)
		again := w.refresh(t, a, answer.Body["refresh_token"])
		later := claims(t, again.Body["access_token"])
		for _, same := range []string{"aud", "scope", "auth_time", "event_id", "origin_jti", "version"} {
			if later[same] != access[same] {
				t.Errorf("after a refresh %s is %v, and was %v", same, later[same], access[same])
			}
		}
		if claims(t, again.Body["id_token"])["nonce"] != nil {
			t.Error("a refreshed ID token has a nonce")
		}
		w.Fails(t, "GetUser", M{"AccessToken": answer.Body["access_token"]}, "NotAuthorizedException", "Access Token does not have required scopes")
	})
}

func TestOneOfAHundredExchangesGivesTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		code := w.code(t, a)
		var won atomic.Pointer[servertest.Answer]
		var wins atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				answer := w.redeem(t, a, code)
				if answer.Status == 200 {
					wins.Add(1)
					won.Store(&answer)
					return
				}
				refuses(t, "another", answer, 400, "invalid_grant")
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Fatalf("%d of 100 won", wins.Load())
		}
		if !w.alive(t, won.Load().Body["access_token"]) {
			t.Error("the same instance sent the code twice at once, and has lost its session")
		}
	})
}

func TestCodesAreForTheirExchangeAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, other, secret := w.web(t, nil), w.web(t, nil), w.web(t, M{"GenerateSecret": true})
		elsewhere := furnish(t, w.World, nil)
		code, plain := w.code(t, a), w.code(t, a, without...)
		for name, answer := range map[string]servertest.Answer{
			"another client":           w.redeem(t, other, code),
			"another pool's client":    w.redeem(t, elsewhere.web(t, nil), code),
			"another address":          w.redeem(t, a, code, "redirect_uri", "http://127.0.0.1/cb"),
			"a longer address":         w.redeem(t, a, code, "redirect_uri", callback+"/"),
			"no address":               w.redeem(t, a, code, "redirect_uri", ""),
			"another verifier":         w.redeem(t, a, code, "code_verifier", strings.Repeat("x", 43)),
			"no verifier":              w.redeem(t, a, code, "code_verifier", ""),
			"the challenge":            w.redeem(t, a, code, "code_verifier", oauth2.Challenge(verifier)),
			"a verifier too many":      w.redeem(t, a, plain),
			"an unknown code":          w.redeem(t, a, "5f0c9f0e-4bb7-4d6a-9d6e-0d6d1a2b3c4d"),
			"a code that is something": w.redeem(t, a, strings.Repeat("x", 5000)),
		} {
			if name == "another pool's client" {
				refuses(t, name, answer, 400, "invalid_client")
				continue
			}
			refuses(t, name, answer, 400, "invalid_grant")
		}
		refuses(t, "no code", w.redeem(t, a, ""), 400, "invalid_request")
		hidden := w.code(t, secret)
		refuses(t, "no secret", w.redeem(t, app{id: secret.id}, hidden), 400, "invalid_client")

		for name, answer := range map[string]servertest.Answer{
			"with PKCE": w.redeem(t, a, code), "without": w.redeem(t, a, plain, "code_verifier", ""), "with a secret": w.redeem(t, secret, hidden),
		} {
			if answer.Status != 200 {
				t.Errorf("%s, after all that: %s", name, answer.Text)
			}
		}
	})
}

// Who shows a used code, and when, decides whether it ends the session that it gave.
func TestReplayedCodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, other := w.web(t, nil), w.web(t, nil)
		for name, c := range map[string]struct {
			pairs  []string // of the authorization request
			after  time.Duration
			replay func(code string) servertest.Answer
			ends   bool
		}{
			"the same instance at once":  {nil, time.Second, func(code string) servertest.Answer { return w.redeem(t, a, code) }, false},
			"within ten seconds":         {nil, 9 * time.Second, func(code string) servertest.Answer { return w.redeem(t, a, code) }, false},
			"after ten seconds":          {nil, 10 * time.Second, func(code string) servertest.Answer { return w.redeem(t, a, code) }, true},
			"after a minute":             {nil, time.Minute, func(code string) servertest.Answer { return w.redeem(t, a, code) }, true},
			"after the code has expired": {nil, 6 * time.Minute, func(code string) servertest.Answer { return w.redeem(t, a, code) }, true},
			"without PKCE, at once":      {without, time.Second, func(code string) servertest.Answer { return w.redeem(t, a, code, "code_verifier", "") }, true},
			"another client":             {nil, time.Minute, func(code string) servertest.Answer { return w.redeem(t, other, code) }, false},
			"without the verifier":       {nil, time.Minute, func(code string) servertest.Answer { return w.redeem(t, a, code, "code_verifier", "") }, false},
			"with another verifier": {nil, time.Minute, func(code string) servertest.Answer {
				return w.redeem(t, a, code, "code_verifier", strings.Repeat("x", 43))
			}, false},
			"with another address":        {nil, time.Minute, func(code string) servertest.Answer { return w.redeem(t, a, code, "redirect_uri", callback+"/") }, false},
			"without PKCE, with verifier": {without, time.Minute, func(code string) servertest.Answer { return w.redeem(t, a, code) }, false},
			"without PKCE, other address": {without, time.Minute, func(code string) servertest.Answer {
				return w.redeem(t, a, code, "code_verifier", "", "redirect_uri", "x")
			}, false},
			"without PKCE, after a minute": {without, time.Minute, func(code string) servertest.Answer { return w.redeem(t, a, code, "code_verifier", "") }, true},
		} {
			code := w.code(t, a, c.pairs...)
			first := w.redeem(t, a, code)
			if c.pairs != nil {
				first = w.redeem(t, a, code, "code_verifier", "")
			}
			if first.Status != 200 {
				t.Fatalf("%s: %s", name, first.Text)
			}
			w.Advance(c.after)
			refuses(t, name, c.replay(code), 400, "invalid_grant")
			if alive := w.alive(t, first.Body["access_token"]); alive == c.ends {
				t.Errorf("%s: the access token is good: %v", name, alive)
			}
			if answer := w.refresh(t, a, first.Body["refresh_token"]); (answer.Status == 200) == c.ends {
				t.Errorf("%s: the refresh token gave %s", name, answer.Text)
			}
		}
	})
}

func TestCodesEndWithWhatTheyWereProvenBy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		who := M{"UserPoolId": w.pool, "Username": "alice"}
		for name, meanwhile := range map[string]func(){
			"five minutes":   func() { w.Advance(5 * time.Minute) },
			"sign-out":       func() { w.Must(t, "AdminUserGlobalSignOut", who) },
			"everybody":      func() { w.SignOutAll(t, w.pool) },
			"disabled":       func() { w.Must(t, "AdminDisableUser", who) },
			"a new password": func() { w.setPassword(t, "Another-horse-2") },
			"a reset":        func() { w.Must(t, "AdminResetUserPassword", who) },
		} {
			code := w.code(t, a)
			w.Advance(time.Second)
			meanwhile()
			refuses(t, name, w.redeem(t, a, code), 400, "invalid_grant")
			w.Must(t, "AdminEnableUser", who)
			w.setPassword(t, servertest.Password)
		}
		code := w.code(t, a)
		w.Advance(4*time.Minute + 59*time.Second)
		if answer := w.redeem(t, a, code); answer.Status != 200 {
			t.Errorf("just before it expires: %s", answer.Text)
		}
		code = w.code(t, a)
		w.Must(t, "AdminDeleteUser", who)
		refuses(t, "a deleted user", w.redeem(t, a, code), 400, "invalid_grant")
	})
}

func (w *world) setPassword(t *testing.T, password string) {
	t.Helper()
	w.Must(t, "AdminSetUserPassword", M{"UserPoolId": w.pool, "Username": "alice", "Password": password, "Permanent": true})
}
