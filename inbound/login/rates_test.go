package login_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

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
