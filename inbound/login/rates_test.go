package login_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cardea/inbound/login"
	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

func TestFormsAreBoundedByTheVisitorsNetwork(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, func(c *server.Config) { c.Rates = &config.Rates{Default: "none", Source: "1:4"} }, func(t *testing.T, w *servertest.World) {
		s := newShop(t, w, nil, nil)
		w.User(t, s.pool, "ana")
		v := s.visitor(t).visit(s.authorize(t)).expect("sign-in") // the endpoint is counted, too
		for range 3 {
			v.submit("username", "ana", "password", "wrong").expect("sign-in")
		}
		page := *v
		v.submit("username", "ana", "password", servertest.Password).expect("error")
		if v.status != http.StatusTooManyRequests || v.header.Get("Retry-After") != "1" || !strings.Contains(v.body, "asked too often") {
			t.Errorf("answered %d with %v: %s", v.status, v.header, v.body)
		}
		w.Advance(time.Second)
		page.submit("username", "ana", "password", servertest.Password).code()
	})
}

// enough is a rate that refuses the third request of its category.
func enough(category string) func(*server.Config) {
	return func(c *server.Config) {
		c.Rates = &config.Rates{Default: "none", Categories: []string{category + "=0.001:2"}}
	}
}

func TestFormsAreCountedByCategory(t *testing.T) {
	t.Parallel()
	for category, send := range map[string]func(t *testing.T, s *shop) *visitor{
		"UserAuthentication": func(t *testing.T, s *shop) *visitor {
			return s.visitor(t).visit(s.authorize(t)).submit("username", "ana", "password", "wrong")
		},
		"UserCreation": func(t *testing.T, s *shop) *visitor {
			return s.visitor(t).visit(s.authorize(t)).link("Create an account").submit("username", "x", "password", "short")
		},
		"UserAccountRecovery": func(t *testing.T, s *shop) *visitor {
			return s.visitor(t).visit(s.authorize(t)).link("Forgot your password?").submit("username", "ana")
		},
		"UserFederation": func(t *testing.T, s *shop) *visitor {
			return s.visitor(t).visit(s.Endpoint(t, s.pool, "/oauth2/idpresponse") + "?code=x&state=" + strings.Repeat("a", 32))
		},
	} {
		t.Run(category, func(t *testing.T) {
			t.Parallel()
			servertest.EachWith(t, enough(category), func(t *testing.T, w *servertest.World) {
				s := newShop(t, w, nil, nil)
				w.User(t, s.pool, "ana")
				for n := range 3 {
					v := send(t, s)
					if refused := v.status == http.StatusTooManyRequests; refused != (n == 2) {
						t.Errorf("form %d of %s is answered with %d", n+1, category, v.status)
					}
				}
				other := newShop(t, w, nil, nil)
				w.User(t, other.pool, "ana")
				if v := send(t, other); v.status == http.StatusTooManyRequests {
					t.Error("another pool's form is refused")
				}
			})
		})
	}
}

// What answers challenges has three times as much of its own, and counts as sign-ins do beyond it.
func TestAnswersToChallengesAtPagesHaveABoundOfTheirOwn(t *testing.T) {
	t.Parallel()
	change := func(c *server.Config) {
		c.Rates = &config.Rates{Default: "none", Categories: []string{"UserAuthentication=0.001:2"}}
	}
	servertest.EachWith(t, change, func(t *testing.T, w *servertest.World) {
		s := newShop(t, w, nil, nil)
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		w.User(t, s.pool, "ana")
		v := s.visitor(t).visit(s.authorize(t)).submit("username", "ana", "password", servertest.Password)
		if v.status != http.StatusOK {
			t.Fatalf("the sign-in is answered with %d", v.status)
		}
		step, answers := *v, 0
		for ; answers < 20; answers++ {
			next := step
			if next.submit("code", "000000"); next.status == http.StatusTooManyRequests {
				break
			}
		}
		if answers != 7 {
			t.Errorf("%d answers are admitted, want three times two, and the sign-in that is left", answers)
		}
		if v := s.visitor(t).visit(s.authorize(t)).submit("username", "ana", "password", servertest.Password); v.status != http.StatusTooManyRequests {
			t.Errorf("another sign-in is answered with %d", v.status)
		}
	})
}

// Each page of an account is sent a form, of which it need not take anything.
func TestOwnPagesAreCountedByTheirOperations(t *testing.T) {
	t.Parallel()
	for category, pages := range map[string][]struct{ path, button string }{
		"UserUpdate": {
			{"/details", ""}, {"/email", "value"}, {"/phone", ""}, {"/email/verify", "code"}, {"/phone/verify", "code"}, {"/sessions", "end"},
		},
		"UserResourceRead":    {{"/email", "verify"}, {"/phone", "verify"}, {"/email/verify", "resend"}, {"/phone/verify", "resend"}},
		"UserAccountRecovery": {{"/password", "password"}},
		"UserResourceUpdate": {
			{"/passkeys", "remove"}, {"/second-step", "turn-on"}, {"/authenticator", "code"}, {"/devices", "remove"}, {addPasskey, "skip"},
		},
		"UserAuthentication": {{"/device", "user_code"}, {"/device/confirm", "allow"}},
	} {
		t.Run(category, func(t *testing.T) {
			t.Parallel()
			servertest.EachWith(t, nil, func(t *testing.T, w *servertest.World) {
				for _, page := range pages {
					bounded := servertest.New(t, w.Database(), enough(category))
					s := newShop(t, bounded, nil, nil)
					address := s.own(t, page.path)
					if category == "UserAuthentication" || page.path == addPasskey {
						address = s.page(t, page.path)
					}
					admitted := 0
					for ; admitted < 10; admitted++ {
						if s.visitor(t).send(http.MethodPost, address, url.Values{page.button: {"x"}}).status == http.StatusTooManyRequests {
							break
						}
					}
					want := 2
					if category == "UserAuthentication" { // what is sent there answers challenges
						want = 8
					}
					if admitted != want {
						t.Errorf("of forms to %s with %q %d are admitted, want %d", page.path, page.button, admitted, want)
					}
				}
			})
		})
	}
}

const addPasskey = "/passkeys/add"

// To sign out is no operation, and must always be possible.
func TestFormsThatEndASessionAreNotCounted(t *testing.T) {
	t.Parallel()
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) {
		c.Rates = &config.Rates{Default: "cognito", Categories: []string{"UserUpdate=0.001:1", "UserToken=0.001:1"}}
	})
	s := newShop(t, w, nil, nil)
	for range 3 {
		if v := s.visitor(t).send(http.MethodPost, s.own(t, "/sign-out"), url.Values{}); v.status == http.StatusTooManyRequests {
			t.Error("a form is refused")
		}
	}
}

// Every page that takes a form has a category, but those that say why not.
func TestPagesWithFormsHaveACategory(t *testing.T) {
	t.Parallel()
	if names := login.Boundless(); !slices.Equal(names, []string{"SignOut"}) {
		t.Errorf("pages without a category: %v", names)
	}
}

func TestCategoriesAreOfPagesThatThereAre(t *testing.T) {
	t.Parallel()
	if names := login.Uncounted(); len(names) > 0 {
		t.Errorf("there are no pages %v", names)
	}
}
