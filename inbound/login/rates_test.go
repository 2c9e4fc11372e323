package login_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cardea/inbound/login"
	"cardea/platform/config"
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

func TestCategoriesAreOfPagesThatThereAre(t *testing.T) {
	t.Parallel()
	if names := login.Uncounted(); len(names) > 0 {
		t.Errorf("there are no pages %v", names)
	}
}
