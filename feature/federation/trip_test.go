package federation_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/engine/lockout"
	"cardea/feature/federation"
	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/db"
	"cardea/spec/oauth2"
)

func TestATripEndsWhereItLeads(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		other := w.depart(t)
		for name, change := range map[string]func(tr *trip){
			"no trip":               func(tr *trip) { tr.in.Trip = nil },
			"another trip's state":  func(tr *trip) { tr.in.Values = tr.in.Values.With("state", other.Trip.Handle) },
			"another trip's cookie": func(tr *trip) { tr.in.Trip = &other.Trip },
			"no state":              func(tr *trip) { tr.in.Values = tr.in.Values.With("state", "") },
			"a parameter twice":     func(tr *trip) { tr.in.Values = parse(t, tr.in.Values.Encode()+"&code=x") },
			"the SAML callback":     func(tr *trip) { tr.in.Path = federation.SAMLCallback },
			"the SAML callback's form": func(tr *trip) {
				tr.in.Path, tr.in.Values = federation.SAMLCallback, tr.in.Values.With("RelayState", tr.Trip.Handle)
			},
			"late":            func(tr *trip) { tr.in.Trip.Began -= (interaction.TripLife + time.Millisecond).Milliseconds() },
			"from the future": func(tr *trip) { tr.in.Trip.Began += 10_000 },
		} {
			tr := w.depart(t)
			change(&tr)
			if _, err := w.land(t, tr); !errors.Is(err, federation.ErrTrip) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if n := w.idp.Calls("/token"); n != 0 {
			t.Errorf("the provider was asked for tokens %d times", n)
		}

		tr := w.depart(t)
		tr.in.Trip.Began -= interaction.TripLife.Milliseconds()
		if _, err := w.land(t, tr); err != nil {
			t.Errorf("in the last moment: %v", err)
		}

		tr = w.depart(t)
		w.Advance(time.Second)
		w.SignOutAll(t, w.pool)
		if _, err := w.land(t, tr); !errors.Is(err, federation.ErrTrip) {
			t.Errorf("after all sessions have ended: got %v", err)
		}
	})
}

func parse(t testing.TB, raw string) oauth2.Values {
	t.Helper()
	v, err := oauth2.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRequestsToProvidersAreBoundToTheirTrip(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		a, err := w.departure(t, w.name, "login_hint", "jane", "prompt", "login consent", "max_age", "60")
		if err != nil {
			t.Fatal(err)
		}
		b, err := w.departure(t, w.name)
		if err != nil {
			t.Fatal(err)
		}
		sent := query(t, a.Location)
		for name, want := range map[string]string{
			"state": a.Trip.Handle, "nonce": a.Trip.Nonce, "code_challenge": oauth2.Challenge(a.Trip.Verifier), "code_challenge_method": "S256",
			"redirect_uri": w.site(t).BaseURL + "/oauth2/idpresponse", "prompt": "login consent", "login_hint": "jane", "max_age": "60",
		} {
			if sent.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, sent.Get(name), want)
			}
		}
		if len(a.Trip.Handle) != 32 || a.Trip.Handle[:12] == b.Trip.Handle[:12] || a.Trip.Handle[12:] == b.Trip.Handle[12:] || a.Trip.Nonce == b.Trip.Nonce || a.Trip.Verifier == b.Trip.Verifier {
			t.Errorf("trips %+v and %+v", a.Trip, b.Trip)
		}
		if plain := query(t, b.Location); plain.Has("prompt") || plain.Has("max_age") || plain.Has("login_hint") || plain.Has("acr_values") {
			t.Errorf("the app has asked for none of this: %v", plain)
		}
	})
}

func query(t testing.TB, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// What one provider gives out is worth nothing as the answer of another.
func TestProvidersAreNotMixedUp(t *testing.T) {
	each(t, with{client: M{"SupportedIdentityProviders": nil}}, func(t *testing.T, w *world) {
		evil := upstreamtest.StartPlain(t, upstream.OIDC)
		evil.Now = w.Now
		w.provider(t, "Evil", evil, with{})
		w.offer(t, "Corp", "Evil")

		out, err := w.departure(t, "Corp")
		if err != nil {
			t.Fatal(err)
		}
		toEvil, err := w.departure(t, "Evil")
		if err != nil {
			t.Fatal(err)
		}
		// The browser went to Evil by a request that was meant for Corp, or brings Evil's answer to the trip to Corp.
		wrong := w.back(t, out, w.idp)
		fromEvil := w.back(t, toEvil, evil)
		wrong.in.Values = fromEvil.in.Values.With("state", out.Trip.Handle)
		_, err = w.land(t, wrong)
		told(t, err, "invalid_request: Invalid issuer in the response of the identity provider")

		wrong = w.back(t, out, w.idp)
		wrong.in.Values = parse(t, url.Values{"state": {out.Trip.Handle}, "code": {fromEvil.in.Values.Get("code")}}.Encode())
		_, err = w.land(t, wrong)
		told(t, err, `invalid_request: Corp Error - 400 invalid_grant The code is not good.`)
		if w.count(t, "user_account") != 0 {
			t.Error("somebody has signed in")
		}
	})
}

// offer has the app's users come from these providers.
func (w *world) offer(t testing.TB, providers ...string) {
	t.Helper()
	w.Must(t, "UpdateUserPoolClient", M{
		"UserPoolId": w.pool, "ClientId": w.app, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"},
		"AllowedOAuthScopes": []string{"openid", "aws.cognito.signin.user.admin"}, "CallbackURLs": []string{callback}, "SupportedIdentityProviders": providers,
		"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	})
}

func (w *world) count(t testing.TB, table string) (n int64) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, func(row db.Scanner) (n int64, err error) { return n, row.Scan(&n) }, "SELECT count(*) FROM "+table)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestProvidersMayGoMeanwhile(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		option := hosted.ErrProvider
		del := func(t *testing.T) {
			w.Must(t, "DeleteIdentityProvider", M{"UserPoolId": w.pool, "ProviderName": "Corp"})
		}
		refused := func(t *testing.T, what string, err error) {
			t.Helper()
			_, back := errors.AsType[*hosted.RedirectError](err)
			if !back || !errors.Is(err, option) {
				t.Errorf("%s: got %v", what, err)
			}
		}
		tr := w.depart(t)
		w.offer(t, "COGNITO")
		_, err := w.land(t, tr)
		refused(t, "the app does not offer it", err)
		_, err = w.departure(t, "Corp")
		refused(t, "start", err)

		w.offer(t, "COGNITO", "Corp")
		tr = w.depart(t)
		del(t)
		_, err = w.land(t, tr)
		refused(t, "deleted", err)

		// In the middle of the sign-in: after its settings were read, before the commit.
		for name, change := range map[string]func(){
			"deleted":           func() { del(t) },
			"no longer offered": func() { w.offer(t, "COGNITO") },
			"changed": func() {
				w.Advance(time.Second)
				w.Must(t, "UpdateIdentityProvider", M{"UserPoolId": w.pool, "ProviderName": "Corp", "AttributeMapping": M{"name": "name"}})
			},
			"made anew": func() {
				del(t)
				w.Advance(time.Second)
				w.provider(t, "Corp", w.idp, with{})
			},
		} {
			w.provider(t, "Corp", w.idp, with{})
			w.offer(t, "COGNITO", "Corp")
			tr = w.depart(t)
			w.idp.EditUserInfo(func(M) { change() })
			_, err = w.land(t, tr)
			refused(t, name+" while tokens were fetched", err)
			w.idp.EditUserInfo(nil)
			if name != "deleted" {
				del(t)
			}
		}
		if w.count(t, "user_account") != 0 {
			t.Error("somebody has signed in")
		}
	})
}

func TestOneOfAHundredReturnsOfATripSignsIn(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		tr := w.depart(t)
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				_, err := w.land(t, tr)
				switch _, back := errors.AsType[*hosted.RedirectError](err); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, federation.ErrTrip), back:
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != 99 || w.count(t, "auth_code") != 1 || w.count(t, "user_account") != 1 {
			t.Errorf("%d signed in, %d did not; %d codes, %d users", won.Load(), lost.Load(), w.count(t, "auth_code"), w.count(t, "user_account"))
		}
	})
}

func TestAHundredFirstSignInsOfOnePersonMakeOneUser(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		const most = 100
		trips := make([]trip, most)
		for i := range trips {
			trips[i] = w.depart(t)
		}
		var all sync.WaitGroup
		for _, tr := range trips {
			all.Go(func() {
				if _, err := w.land(t, tr); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for table, want := range map[string]int64{
			"user_account": 1, "linked_identity": 1, "user_group": 1, "group_member": 1, "auth_code": most,
		} {
			if n := w.count(t, table); n != want {
				t.Errorf("%d rows of %s, want %d", n, table, want)
			}
		}
	})
}

// A provider that is not asked again takes no more of a stranger's answers than an address is allowed.
func TestWrongAnswersCountByAddress(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		guesses := lockout.GuessesAtProviders(lockout.Source{Address: "192.0.2.7"})
		w.ip = "192.0.2.7"
		for range 2 {
			w.refusedCode(t)
		}
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			for range 497 {
				if err := guesses.Fail(tx, poolID(w.pool)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.idp.Handle("/token", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		for range 3 { // a provider that is down
			if _, err := w.land(t, w.depart(t)); err == nil || errors.Is(err, lockout.ErrRateLimited) {
				t.Errorf("without an answer: %v", err)
			}
		}
		w.idp.Handle("/token", nil)
		w.refusedCode(t)
		called := w.idp.Calls("/token")
		if _, err = w.land(t, w.depart(t)); !errors.Is(err, lockout.ErrRateLimited) || w.idp.Calls("/token") != called {
			t.Errorf("the next of too many: %v", err)
		}
		w.ip = "192.0.2.8"
		if _, err = w.land(t, w.depart(t)); err != nil {
			t.Errorf("from another address: %v", err)
		}
	})
}

// refusedCode comes back with a code that the provider does not know.
func (w *world) refusedCode(t testing.TB) {
	t.Helper()
	tr := w.depart(t)
	tr.in.Values = tr.in.Values.With("code", "guessed")
	_, err := w.land(t, tr)
	told(t, err, "invalid_request: Corp Error - 400 invalid_grant The code is not good.")
}

func TestWhatProvidersRefuseIsPassedOn(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		for answer, want := range map[string]string{
			"error=access_denied":                              "access_denied: access_denied",
			"error=access_denied&error_description=No,+thanks": "access_denied: No, thanks",
			"error=user_cancelled_authorize":                   "access_denied: user_cancelled_authorize",
			"error=server_error":                               "invalid_request: server_error",
			"error=x%0d%0aSet-Cookie:+a&error_description=%e2%80%ae" + strings.Repeat("y", 300): "invalid_request: x Set-Cookie: a - " + strings.Repeat("y", 197),
		} {
			tr := w.depart(t)
			tr.in.Values = parse(t, "state="+tr.Trip.Handle+"&"+answer)
			_, err := w.land(t, tr)
			told(t, err, want)
		}
		if w.idp.Calls("/token") != 0 {
			t.Error("the provider was asked for tokens")
		}
	})
}
