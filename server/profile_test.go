package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

func TestProfilesAreOnTheOperatorsAddressAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		addr       string
		everywhere bool
		want       bool
	}{
		{"127.0.0.1:9230", false, true}, {"[::1]:9230", false, true}, {"localhost:9230", false, true},
		{":9230", false, false}, {"0.0.0.0:9230", false, false}, {"10.1.2.3:9230", false, false}, {"", false, false},
		{":9230", true, true},
	} {
		w := servertest.New(t, dbtest.SQLite(t), func(config *server.Config) {
			config.AdminAddr, config.AdminPprof = c.addr, c.everywhere
		})
		for path, want := range map[string]bool{
			"/debug/pprof/": c.want, "/debug/pprof/heap": c.want, "/debug/pprof/cmdline": false, "/metrics": true,
		} {
			answer := httptest.NewRecorder()
			w.Server.Admin.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
			if (answer.Code == http.StatusOK) != want {
				t.Errorf("%s, %t: %s answers %d", c.addr, c.everywhere, path, answer.Code)
			}
		}
		if status, _ := w.Get(t, "/debug/pprof/"); status == http.StatusOK {
			t.Errorf("%s: the API's address has profiles", c.addr)
		}
	}
}
