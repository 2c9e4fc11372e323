package oauth_test

import (
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/engine/lockout"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/server/servertest"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// start makes a device of a public client wait.
func (w *world) start(t testing.TB, a app, pairs ...string) M {
	t.Helper()
	answer := w.Post(t, w.Endpoint(t, w.pool, "/oauth2/device_authorization"), append([]string{"client_id", a.id}, pairs...)...)
	if answer.Status != 200 {
		t.Fatalf("got %d %s", answer.Status, answer.Text)
	}
	return answer.Body
}

// poll asks for the tokens of a device.
func (w *world) poll(t testing.TB, a app, device M) servertest.Answer {
	t.Helper()
	return w.token(t, "grant_type", "urn:ietf:params:oauth:grant-type:device_code", "client_id", a.id, "device_code", servertest.Text(device, "device_code"))
}

// answer signs alice in for a device, and gives her answer.
func (w *world) answer(t testing.TB, device M, allow bool) error {
	t.Helper()
	v, err := w.Server.OAuth.Hosted.FindDevice(t.Context(), id.Pool(w.pool), servertest.Text(device, "user_code"))
	if err != nil {
		return err
	}
	secret, err := w.asked(t, v)
	if err != nil {
		return err
	}
	return w.decide(t, v, secret, allow)
}

// asked signs alice in for a device and gives what her browser has then.
func (w *world) asked(t testing.TB, v oauth2.Values) (secret string, err error) {
	t.Helper()
	out, err := w.finished(t, v.Encode(), hosted.Browser{})
	if err != nil {
		return "", err
	}
	if out.Location.URI != "" || out.Device == "" {
		t.Errorf("finished with %+v", out)
	}
	return out.Device, nil
}

func (w *world) decide(t testing.TB, v oauth2.Values, secret string, allow bool) error {
	t.Helper()
	r, err := w.Server.OAuth.Hosted.Read(t.Context(), id.Pool(w.pool), v)
	if err != nil {
		return err
	}
	return w.Server.OAuth.Hosted.Decide(t.Context(), r, secret, allow)
}

func TestDevicesGetTheTokensThatTheirUserAllows(t *testing.T) {
	eachFollowing(t, "device", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		device := w.start(t, a, "scope", "openid email")
		page := w.Endpoint(t, w.pool, "/device")
		code := servertest.Text(device, "user_code")
		if !regexp.MustCompile(`^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$`).MatchString(code) || len(servertest.Text(device, "device_code")) != 52 ||
			device["verification_uri"] != page || device["verification_uri_complete"] != page+"?user_code="+code ||
			device["expires_in"] != 600.0 || device["interval"] != 5.0 || len(device) != 6 {
			t.Fatalf("got %v", device)
		}
		refuses(t, "before the answer", w.poll(t, a, device), 400, "authorization_pending")
		w.Advance(5 * time.Second)
		if err := w.answer(t, device, true); err != nil {
			t.Fatal(err)
		}
		w.Advance(time.Minute)
		answer := w.poll(t, a, device)
		if answer.Status != 200 || answer.Body["refresh_token"] == nil || answer.Body["id_token"] == nil {
			t.Fatalf("got %d %s", answer.Status, answer.Text)
		}
		got := claims(t, answer.Body["access_token"])
		if got["scope"] != "openid email" || got["username"] != "alice" || got["auth_time"] != float64(w.Now().Add(-time.Minute).Unix()) {
			t.Errorf("claims %v", got)
		}
		w.Advance(5 * time.Second)
		refuses(t, "again", w.poll(t, a, device), 400, "invalid_grant")
		if err := w.answer(t, device, false); err != hosted.ErrDevice {
			t.Errorf("asked again: %v", err)
		}
		if !w.alive(t, answer.Body["access_token"]) {
			t.Error("the tokens are void")
		}
	})
}

func TestDevicesThatAskTooOftenWaitLonger(t *testing.T) {
	eachFollowing(t, "device", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		device := w.start(t, a)
		for _, step := range []struct {
			after time.Duration
			code  string
		}{
			{0, "authorization_pending"},
			{5 * time.Second, "authorization_pending"},
			{4999 * time.Millisecond, "slow_down"}, // 10 s from now on
			{9 * time.Second, "slow_down"},         // 15 s
			{15 * time.Second, "authorization_pending"},
			{14 * time.Second, "slow_down"}, // 20 s
		} {
			w.Advance(step.after)
			refuses(t, "after "+step.after.String(), w.poll(t, a, device), 400, step.code)
		}
		if err := w.answer(t, device, true); err != nil {
			t.Fatal(err)
		}
		w.Advance(19 * time.Second)
		refuses(t, "allowed, and too soon", w.poll(t, a, device), 400, "slow_down")
		w.Advance(25 * time.Second)
		if answer := w.poll(t, a, device); answer.Status != 200 {
			t.Errorf("got %d %s", answer.Status, answer.Text)
		}
	})
}

func TestADeviceCodeThatIsNotGoodGivesNothing(t *testing.T) {
	eachFollowing(t, "device", func(t *testing.T, w *world) {
		a, b := w.web(t, nil), w.web(t, nil)
		denied, late := w.start(t, a), w.start(t, a)
		if err := w.answer(t, denied, false); err != nil {
			t.Fatal(err)
		}
		refuses(t, "denied", w.poll(t, a, denied), 400, "access_denied")
		if err := w.answer(t, late, true); err != nil {
			t.Fatal(err)
		}
		refuses(t, "another client", w.poll(t, b, late), 400, "invalid_grant")
		refuses(t, "unknown", w.poll(t, a, M{"device_code": "x"}), 400, "invalid_grant")
		refuses(t, "none", w.poll(t, a, M{}), 400, "invalid_request")
		w.Advance(hosted.DeviceLife)
		refuses(t, "late", w.poll(t, a, late), 400, "expired_token")
		if err := w.answer(t, late, true); err != hosted.ErrDevice {
			t.Errorf("asked when late: %v", err)
		}
	})
}

func TestADeviceGetsNothingOnceItsUserOrClientIsOut(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, w *world, a app){
		"signed out": func(t *testing.T, w *world, _ app) {
			w.Must(t, "AdminUserGlobalSignOut", M{"UserPoolId": w.pool, "Username": "alice"})
		},
		"everybody signed out": func(t *testing.T, w *world, _ app) {
			w.Advance(time.Millisecond)
			w.SignOutAll(t, w.pool)
		},
		"another password": func(t *testing.T, w *world, _ app) {
			w.Advance(time.Millisecond) // passwords are known by their time
			w.Must(t, "AdminSetUserPassword", M{"UserPoolId": w.pool, "Username": "alice", "Password": servertest.Password, "Permanent": true})
		},
		"disabled": func(t *testing.T, w *world, _ app) {
			w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "alice"})
		},
		"deleted": func(t *testing.T, w *world, _ app) {
			w.Must(t, "AdminDeleteUser", M{"UserPoolId": w.pool, "Username": "alice"})
		},
		"no longer followed": func(t *testing.T, w *world, _ app) {
			w.Must(t, "UpdateUserPool", M{"UserPoolId": w.pool, "UserPoolTags": M{"cardea:standards": "par"}})
		},
		"a client without the flow": func(t *testing.T, w *world, a app) {
			w.Must(t, "UpdateUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id})
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachFollowing(t, "device", func(t *testing.T, w *world) {
				a := w.web(t, nil)
				device := w.start(t, a)
				if err := w.answer(t, device, true); err != nil {
					t.Fatal(err)
				}
				end(t, w, a)
				if answer := w.poll(t, a, device); answer.Status != 400 || answer.Error() == "server_error" {
					t.Errorf("got %d %s", answer.Status, answer.Text)
				}
				if n := w.count(t, "session"); n != 0 {
					t.Errorf("%d sessions", n)
				}
			})
		})
	}
}

// Whoever signs in last is asked; the answer has to come from the same browser.
func TestTheBrowserThatIsAskedAnswersForADevice(t *testing.T) {
	eachFollowing(t, "device", func(t *testing.T, w *world) {
		a, b := w.web(t, nil), w.web(t, nil)
		device := w.start(t, a)
		v, err := w.Server.OAuth.Hosted.FindDevice(t.Context(), id.Pool(w.pool), strings.ToLower(" "+servertest.Text(device, "user_code")+"- "))
		if err != nil {
			t.Fatal(err)
		}
		first, err := w.asked(t, v)
		if err != nil {
			t.Fatal(err)
		}
		second, err := w.asked(t, v)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"", first} {
			if err := w.decide(t, v, secret, true); err != hosted.ErrDevice {
				t.Errorf("with another's secret: %v", err)
			}
		}
		refuses(t, "before the answer", w.poll(t, a, device), 400, "authorization_pending")
		if _, err := w.asked(t, v.With("client_id", b.id)); err != hosted.ErrDevice {
			t.Errorf("for another client: %v", err)
		}
		if err := w.decide(t, v, second, true); err != nil {
			t.Fatal(err)
		}
		if err := w.decide(t, v, second, false); err != hosted.ErrDevice {
			t.Errorf("decided twice: %v", err)
		}

		// What names a device is for pages alone.
		other, err := w.Server.OAuth.Hosted.FindDevice(t.Context(), id.Pool(w.pool), servertest.Text(w.start(t, a), "user_code"))
		if err != nil {
			t.Fatal(err)
		}
		if answer := w.open(t, "/oauth2/authorize", other.Encode()); answer.Status != 400 || answer.Header.Get("Location") != "" {
			t.Errorf("authorize: %d to %q", answer.Status, answer.Header.Get("Location"))
		}
	})
}

func TestWrongUserCodesAreCounted(t *testing.T) {
	eachFollowing(t, "device", func(t *testing.T, w *world) {
		device := w.start(t, w.web(t, nil))
		find := func(address, code string) error {
			ctx := caller.With(t.Context(), caller.Caller{IP: address})
			_, err := w.Server.OAuth.Hosted.FindDevice(ctx, id.Pool(w.pool), code)
			return err
		}
		for n := range 500 {
			if err := find("198.51.100.7", "BCDF-GHJK"); err != hosted.ErrDevice {
				t.Fatalf("guess %d: %v", n, err)
			}
		}
		if err := find("198.51.100.7", servertest.Text(device, "user_code")); err != lockout.ErrRateLimited {
			t.Errorf("after 500 guesses: %v", err)
		}
		if err := find("198.51.100.8", servertest.Text(device, "user_code")); err != nil {
			t.Errorf("from another address: %v", err)
		}
	})
}

func TestDevicesOfClientsThatMayNotAreRefused(t *testing.T) {
	eachFollowing(t, "device", func(t *testing.T, w *world) {
		a, off, secret := w.web(t, nil), w.app(t, nil), w.web(t, M{"GenerateSecret": true})
		address := w.Endpoint(t, w.pool, "/oauth2/device_authorization")
		refuses(t, "a client without OAuth", w.Post(t, address, "client_id", off.id), 400, "unauthorized_client")
		refuses(t, "a scope", w.Post(t, address, "client_id", a.id, "scope", "openid api/none"), 400, "invalid_scope")
		refuses(t, "unproven", w.Post(t, address, "client_id", secret.id), 400, "invalid_client")
		refuses(t, "no client", w.Post(t, address), 400, "invalid_request")
		if answer := w.Post(t, address, "client_id", secret.id, "client_secret", secret.secret); answer.Status != 200 {
			t.Errorf("got %d %s", answer.Status, answer.Text)
		}
		w.World = w.From("198.51.100.7")
		for range 60 {
			w.start(t, a)
		}
		refuses(t, "too many", w.Post(t, address, "client_id", a.id), 429, "temporarily_unavailable")

		w.Must(t, "UpdateUserPool", M{"UserPoolId": w.pool, "UserPoolTags": M{"cardea:standards": "par"}})
		refuses(t, "off", w.poll(t, a, M{"device_code": "x"}), 400, "unsupported_grant_type")
		if answer := w.open(t, "/device", ""); answer.Status != 404 {
			t.Errorf("the page: %d", answer.Status)
		}
	})
}

func TestOneOfAHundredPollsGetsTheTokens(t *testing.T) {
	eachFollowing(t, "device", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		device := w.start(t, a)
		if err := w.answer(t, device, true); err != nil {
			t.Fatal(err)
		}
		var won atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				switch answer := w.poll(t, a, device); {
				case answer.Status == 200:
					won.Add(1)
				case answer.Error() != "slow_down" && answer.Error() != "invalid_grant":
					t.Errorf("got %d %s", answer.Status, answer.Text)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || w.count(t, "session") != 1 {
			t.Errorf("%d of 100 got tokens; %d sessions", won.Load(), w.count(t, "session"))
		}
	})
}

// finished is finish, with all that a sign-in ends in.
func (w *world) finished(t testing.TB, query string, browser hosted.Browser) (out *hosted.Finished, err error) {
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
		who := hosted.SignIn{User: u, Proofs: []factor.Proof{factor.Password}, Browser: browser}
		out, err = w.Server.OAuth.Hosted.Finish(tx, id.Pool(w.pool), v, who)
		return err
	})
	return out, err
}
