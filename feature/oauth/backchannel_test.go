package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	josev4 "github.com/go-jose/go-jose/v4"

	"cardea/engine/hosted"
	"cardea/engine/token"
	"cardea/platform/config"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/session"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/id"
)

// receiver is an app's own server, which is told of logouts.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int      // of its answers
	tokens []string // that it was given
	calls  []string // the paths that were called
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tokens = append(r.tokens, req.PostFormValue("logout_token"))
		r.calls = append(r.calls, req.Method+" "+req.URL.Path)
		if r.status/100 == 3 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

// answers sets what the receiver answers from now on.
func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// take gives the tokens since the last time.
func (r *receiver) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.tokens
	r.tokens = nil
	return got
}

// tell sets tags of the pool: where a client is told of logouts.
func (w *world) tell(t *testing.T, a app, address string) {
	t.Helper()
	w.Must(t, "TagResource", M{
		"ResourceArn": id.Pool(w.pool).ARN(servertest.Account), "Tags": M{"cardea:backchannel-logout/" + a.id: address},
	})
}

// enters gives an app tokens by the session of a browser.
func (w *world) enters(t *testing.T, cookie string, a app) M {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, w.Endpoint(t, w.pool, "/oauth2/authorize")+"?"+query(a), nil)
	r.AddCookie(&http.Cookie{Name: "cardea-sso-_domains-" + w.domain(t), Value: cookie})
	answer := w.redeem(t, a, sentBack(t, w.Do(t, r), callback+"?").Get("code"))
	if answer.Status != 200 {
		t.Fatalf("got %d %s", answer.Status, answer.Text)
	}
	return answer.Body
}

// notifies runs the job that tells apps.
func (w *world) notifies(t *testing.T) {
	t.Helper()
	if err := w.Server.RunJob(t.Context(), "tell apps of logouts 1"); err != nil {
		t.Fatal(err)
	}
}

// leave ends the session of a browser at /logout.
func (w *world) leave(t *testing.T, cookie string, a app) {
	t.Helper()
	w.visitLogout(t, cookie, rpQuery("client_id", a.id, "logout_uri", goodbye), nil)
	if w.reused(t, cookie, query(a)) {
		t.Fatal("the session goes on")
	}
}

// said verifies a logout token as an app does, by the pool's key set, and gives its header and claims.
func (w *world) said(t *testing.T, logoutToken string) (header josev4.Header, claims M) {
	t.Helper()
	var keys josev4.JSONWebKeySet
	answer := w.Do(t, httptest.NewRequest(http.MethodGet, w.URL+"/"+w.pool+"/.well-known/jwks.json", nil))
	if err := json.Unmarshal([]byte(answer.Text), &keys); err != nil {
		t.Fatal(err)
	}
	signed, err := josev4.ParseSignedCompact(logoutToken, []josev4.SignatureAlgorithm{josev4.RS256})
	if err != nil {
		t.Fatalf("%q: %v", logoutToken, err)
	}
	payload, err := signed.Verify(keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return signed.Signatures[0].Header, claims
}

const following = "backchannel-logout introspection rp-logout"

func TestAppsAreToldOnceThatASessionHasEnded(t *testing.T) {
	eachFollowing(t, following, func(t *testing.T, w *world) {
		urls := M{"LogoutURLs": []string{goodbye}}
		first, second, absent, silent := w.web(t, urls), w.web(t, nil), w.web(t, nil), w.web(t, nil)
		one, two, none := newReceiver(t), newReceiver(t), newReceiver(t)
		w.tell(t, first, one.URL+"/out")
		w.tell(t, second, two.URL)
		w.tell(t, absent, none.URL)
		cookie := w.remembered(t, first)
		tokens := w.enters(t, cookie, first)
		w.enters(t, cookie, first)
		w.enters(t, cookie, second)
		w.enters(t, cookie, silent)
		other := w.remembered(t, first)
		sid := claims(t, w.enters(t, other, absent)["id_token"])["sid"]

		mine := claims(t, tokens["id_token"])
		refreshed := w.token(t, "grant_type", "refresh_token", "client_id", first.id, "refresh_token", tokens["refresh_token"].(string))
		if again := claims(t, refreshed.Body["id_token"])["sid"]; again != mine["sid"] || !strings.HasPrefix(again.(string), "sso") || again == sid {
			t.Errorf("sid %v, after a refresh %v, of another session %v", mine["sid"], again, sid)
		}
		if own := claims(t, w.SignIn(t, first.id, "alice")["IdToken"]); own["sid"] != nil {
			t.Errorf("a sign-in without a browser has the sid %v", own["sid"])
		}

		w.leave(t, cookie, first)
		w.leave(t, cookie, first)
		w.notifies(t)
		w.notifies(t)
		told, others := one.take(), two.take()
		if len(told) != 1 || len(others) != 1 || len(none.take()) != 0 || w.count(t, "logout_notice") != 0 {
			t.Fatalf("told %d and %d times, %d rows are left", len(told), len(others), w.count(t, "logout_notice"))
		}
		if !slices.Equal(one.calls, []string{"POST /out"}) {
			t.Errorf("calls: %v", one.calls)
		}
		header, said := w.said(t, told[0])
		if header.ExtraHeaders["typ"] != "logout+jwt" || header.Algorithm != "RS256" {
			t.Errorf("header: %+v", header)
		}
		jti, _ := said["jti"].(string)
		want := M{
			"iss": mine["iss"], "aud": first.id, "sub": mine["sub"], "sid": mine["sid"], "jti": jti,
			"iat": float64(w.Now().Unix()), "exp": float64(w.Now().Add(2 * time.Minute).Unix()),
			"events": M{"http://schemas.openid.net/event/backchannel-logout": M{}},
		}
		if got, _ := json.Marshal(said); string(got) != string(mustJSON(t, want)) || jti == "" {
			t.Errorf("got %s\nwant %s", got, mustJSON(t, want))
		}
		w.acceptsNowhere(t, told[0])
	})
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// acceptsNowhere fails the test where a logout token is taken for another.
func (w *world) acceptsNowhere(t *testing.T, logoutToken string) {
	t.Helper()
	if w.alive(t, logoutToken) {
		t.Error("userInfo takes a logout token")
	}
	w.Fails(t, "GetUser", M{"AccessToken": logoutToken}, "NotAuthorizedException", "")
	asking := w.app(t, M{"GenerateSecret": true})
	if answer := w.introspect(t, asking, logoutToken); answer.Body["active"] != false {
		t.Errorf("introspection: %s", answer.Text)
	}
	if answer := w.visitLogout(t, "", rpQuery("id_token_hint", logoutToken), nil); answer.Status != 400 {
		t.Errorf("as a hint: %d", answer.Status)
	}
}

func TestAppsAreToldHoweverASessionEnds(t *testing.T) {
	eachFollowing(t, following, func(t *testing.T, w *world) {
		w.User(t, w.pool, "bob")
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		told := newReceiver(t)
		w.tell(t, a, told.URL)
		alice := M{"UserPoolId": w.pool, "Username": "alice"}
		var last M
		sessionOf := func(tx *db.Tx) (*session.Session, error) {
			return session.Get(tx, id.Pool(w.pool), claims(t, last["access_token"])["event_id"].(string))
		}
		for _, c := range []struct {
			name string
			end  func(cookie string)
		}{
			{"logout", func(cookie string) { w.leave(t, cookie, a) }},
			{"another sign-in", func(cookie string) { w.finishAs(t, "bob", a, hosted.Browser{Domain: w.domain(t), SSO: cookie}) }},
			{"linked sessions", func(string) {
				w.write(t, func(tx *db.Tx) error {
					s, err := sessionOf(tx)
					if err != nil {
						return err
					}
					return token.EndLinked(tx, s)
				})
			}},
			{"another password", func(string) {
				w.Must(t, "AdminSetUserPassword", servertest.With(alice, M{"Password": "An0ther-Password!", "Permanent": true}))
			}},
			{"disabled", func(string) { w.Must(t, "AdminDisableUser", alice); w.Must(t, "AdminEnableUser", alice) }},
			{"deleted", func(string) { w.Must(t, "AdminDeleteUser", alice) }},
		} {
			cookie := w.remembered(t, a)
			last = w.enters(t, cookie, a)
			if w.notifies(t); len(told.take()) != 0 {
				t.Errorf("%s: told before", c.name)
			}
			if again := w.finishAs(t, "alice", a, hosted.Browser{Domain: w.domain(t), SSO: cookie}); again == cookie {
				t.Errorf("%s: no new cookie", c.name)
			} else {
				cookie = again
			}
			if w.notifies(t); len(told.take()) != 0 {
				t.Errorf("%s: told when the same user signs in again", c.name)
			}
			w.Advance(time.Second)
			c.end(cookie)
			w.notifies(t)
			got := told.take()
			if len(got) != 1 {
				t.Errorf("%s: told %d times", c.name, len(got))
				continue
			}
			if _, said := w.said(t, got[0]); said["sid"] != claims(t, last["id_token"])["sid"] {
				t.Errorf("%s: sid %v", c.name, said["sid"])
			}
		}
	})
}

func TestAppsThatDoNotAnswerAreToldAgain(t *testing.T) {
	eachFollowing(t, following, func(t *testing.T, w *world) {
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		told := newReceiver(t)
		w.tell(t, a, told.URL)
		end := func() {
			t.Helper()
			cookie := w.remembered(t, a)
			w.enters(t, cookie, a)
			w.leave(t, cookie, a)
			w.notifies(t)
		}
		after := func(wait time.Duration, want int) {
			t.Helper()
			w.Advance(wait)
			w.notifies(t)
			if got := len(told.take()); got != want {
				t.Errorf("after %v told %d times, want %d", wait, got, want)
			}
		}

		told.answers(500)
		end()
		first := told.take()
		after(9*time.Second, 0)
		told.answers(204)
		w.Advance(2 * time.Second)
		w.notifies(t)
		if next := told.take(); len(first) != 1 || len(next) != 1 || first[0] == next[0] {
			t.Errorf("told %v and %v", first, next)
		}
		after(time.Hour, 0)

		told.answers(503)
		end()
		told.take()
		for _, pause := range []time.Duration{11 * time.Second, 31 * time.Second, 121 * time.Second, 361 * time.Second} {
			after(pause, 1)
		}
		after(time.Hour, 0)

		for _, status := range []int{302, 307, 400} { // neither followed nor tried again
			told.answers(status)
			end()
			after(0, 1)
			after(time.Hour, 0)
		}
		if slices.ContainsFunc(told.calls, func(call string) bool { return strings.Contains(call, "elsewhere") }) || w.count(t, "logout_notice") != 0 {
			t.Errorf("a redirect was followed, or %d rows are left", w.count(t, "logout_notice"))
		}
	})
}

func TestAClaimThatItsNodeNeverFinishesIsTakenUpAgain(t *testing.T) {
	eachFollowing(t, following, func(t *testing.T, w *world) {
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		told := newReceiver(t)
		w.tell(t, a, told.URL)
		cookie := w.remembered(t, a)
		w.enters(t, cookie, a)
		w.leave(t, cookie, a)
		claimed := w.Now().Add(time.Minute)
		w.write(t, func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE logout_notice SET due = $1, attempts = 1", db.Millis(claimed))
			return err
		})
		if w.notifies(t); len(told.take()) != 0 {
			t.Error("told while another node does")
		}
		w.Advance(time.Minute)
		if w.notifies(t); len(told.take()) != 1 {
			t.Error("not told when the other node has died")
		}
	})
}

func TestOneOfManyNodesTellsAnApp(t *testing.T) {
	eachFollowing(t, following, func(t *testing.T, w *world) {
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		told := newReceiver(t)
		w.tell(t, a, told.URL)
		cookie := w.remembered(t, a)
		w.enters(t, cookie, a)
		w.leave(t, cookie, a)
		var nodes sync.WaitGroup
		for range 10 {
			nodes.Go(func() {
				if err := w.Server.RunJob(t.Context(), "tell apps of logouts 1"); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		if got := len(told.take()); got != 1 {
			t.Errorf("told %d times", got)
		}
	})
}

func TestAppsAreNotToldUnlessTheTagsSaySo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		told := newReceiver(t)
		w.tell(t, a, told.URL)
		cookie := w.remembered(t, a)
		if sid := claims(t, w.enters(t, cookie, a)["id_token"])["sid"]; sid != nil {
			t.Errorf("sid %v", sid)
		}
		w.leave(t, cookie, a)
		if w.notifies(t); w.count(t, "logout_notice") != 0 || len(told.take()) != 0 {
			t.Error("told in a pool that does not follow the standard")
		}
		for key, value := range map[string]string{"cardea:backchannel-logout/" + a.id: "http://app.example.com/", "cardea:backchannel-logout/": told.URL} {
			w.Fails(t, "TagResource", M{
				"ResourceArn": id.Pool(w.pool).ARN(servertest.Account), "Tags": M{key: value},
			}, "InvalidParameterException", "")
		}
	})
}

// A server in production calls no private address, unless the operator allows it, whatever a pool's tag says.
func TestAppsAtPrivateAddressesAreNotToldInProduction(t *testing.T) {
	t.Parallel()
	for name, outgoing := range map[string]config.Outgoing{
		"not allowed":     {PlainHTTP: true},
		"not by http":     {Allow: []string{"127.0.0.1"}},
		"neither of them": {},
		"allowed":         {Allow: []string{"127.0.0.1"}, PlainHTTP: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.EachURL(t, func(t *testing.T, database string) {
				told := newReceiver(t)
				dev := servertest.New(t, database, func(c *server.Config) { c.Outgoing = outgoing })
				w := furnish(t, dev, M{"UserPoolTags": M{"cardea:standards": following}})
				a := w.web(t, M{"LogoutURLs": []string{goodbye}})
				w.tell(t, a, told.URL)
				cookie := w.remembered(t, a)
				w.enters(t, cookie, a)
				w.leave(t, cookie, a)

				production := servertest.New(t, database, func(c *server.Config) { c.Outgoing, c.Dev = outgoing, false })
				if err := production.Server.RunJob(t.Context(), "tell apps of logouts 1"); err != nil {
					t.Fatal(err)
				}
				if got := len(told.take()); (got == 1) != (name == "allowed") || w.count(t, "logout_notice") != 0 {
					t.Errorf("told %d times, %d rows are left", got, w.count(t, "logout_notice"))
				}
			})
		})
	}
}

func TestDiscoverySaysThatAppsAreTold(t *testing.T) {
	eachFollowing(t, following, func(t *testing.T, w *world) {
		doc := w.Do(t, httptest.NewRequest(http.MethodGet, w.URL+"/"+w.pool+"/.well-known/openid-configuration", nil)).Body
		if doc["backchannel_logout_supported"] != true || doc["backchannel_logout_session_supported"] != true {
			t.Errorf("got %v", doc)
		}
	})
}
