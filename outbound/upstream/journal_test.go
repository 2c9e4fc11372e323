package upstream_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
)

func TestTheJournalHasAStepForEachRequestAndCheck(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	v := newVisit(t, p)
	v.config.AuthorizeURL = p.URL + "/authorize" // so that the document is fetched when the code is redeemed
	v.config.AttributesURL = p.URL + "/userinfo"
	identity, err := v.redeem()
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range v.journal.Steps {
		if s.At.IsZero() || s.Failed != "" {
			t.Errorf("%+v", s)
		}
		steps = append(steps, strings.Join(strings.Fields(s.Kind+" "+s.Name+" "+s.Detail["method"]+" "+strings.TrimPrefix(s.Detail["url"], p.URL)+" "+s.Detail["status"]), " "))
		if _, timed := s.Detail["took"]; timed != (s.Kind == "sent") {
			t.Errorf("%+v", s)
		}
	}
	want := []string{
		"sent discovery GET /.well-known/openid-configuration 200", "sent token POST /token 200", "sent keys GET /jwks 200",
		"check signature", "check issuer", "check audience", "check time", "check nonce", "check at_hash",
		"sent attributes GET /userinfo 200", "check attributes subject", "check subject",
	}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, name := range []string{"access_token", "id_token", "refresh_token"} {
		if !slices.Contains(v.journal.Hidden, identity.Claims[name]) {
			t.Errorf("the %s is not hidden", name)
		}
	}
	for _, secret := range []string{v.arrive.Code, v.arrive.Verifier, v.config.ClientSecret} {
		if !slices.Contains(v.journal.Hidden, secret) {
			t.Errorf("%s is not hidden", secret)
		}
	}
}
