package caller_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/platform/caller"
)

func TestCallersAreWhatHTTPTells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ remote, agent, ip, kept string }{
		{"192.0.2.1:4711", "curl/8.0", "192.0.2.1", "curl/8.0"},
		{"[2001:db8::1]:4711", "", "2001:db8::1", ""},
		{"pipe", "a\xffb\xfe", "pipe", "ab"},
		{"192.0.2.1:1", strings.Repeat("x", 511) + "ü", "192.0.2.1", strings.Repeat("x", 511)},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("User-Agent", c.agent)
		got := caller.Of(r, "id")
		if got.IP != c.ip || got.UserAgent != c.kept || got.RequestID != "id" {
			t.Errorf("%s, %q: got %+v", c.remote, c.agent, got)
		}
	}
}

func TestContextCarriesTheCaller(t *testing.T) {
	t.Parallel()
	want := caller.Caller{Region: "us-east-1", IP: "192.0.2.1"}
	if got := caller.From(caller.With(t.Context(), want)); got != want {
		t.Errorf("got %+v", got)
	}
	if got := caller.From(t.Context()); got != (caller.Caller{}) {
		t.Errorf("got %+v", got)
	}
}
