package login_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/db/dbtest"
	"cardea/spec/saml/samltest"
)

// federate adds a SAML provider to the pool.
func (s *shop) federate(t *testing.T, name string, idp *samltest.IdP, identifiers ...string) {
	t.Helper()
	in := M{
		"UserPoolId": s.pool, "ProviderName": name, "ProviderType": "SAML", "ProviderDetails": M{"MetadataFile": string(idp.Metadata())},
	}
	if len(identifiers) > 0 {
		in["IdpIdentifiers"] = identifiers
	}
	s.Must(t, "CreateIdentityProvider", in)
}

// A provider of SAML posts from its own site, so that the form comes without cookies: it is posted once more, with them.
func TestAssertionsArePostedOnceMore(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		idp := samltest.New("https://idp.example")
		m.federate(t, "Staff", idp)
		m.settle(t, M{"SupportedIdentityProviders": []string{"COGNITO", "Staff"}})
		v := m.visitor(t).visit(m.authorize(t)).expect("sign-in").choose("Staff")
		if v.page != nil || !strings.HasPrefix(v.address.String(), "https://idp.example") {
			t.Fatalf("the visitor is at %s", v.address)
		}
		asked, err := samltest.ReadRedirect(v.address.String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		acs := m.Endpoint(t, m.pool, "/saml2/idpresponse")
		form := url.Values{
			"RelayState":   {v.address.Query().Get("RelayState")},
			"SAMLResponse": {idp.Response(m.Now(), "urn:amazon:cognito:sp:"+m.pool, acs, asked.ID).Encoded()},
		}
		before := dbtest.Rows(t, m.DB)
		v.sends = http.Header{"Sec-Fetch-Site": {"cross-site"}, "Cookie": nil}
		v.send(http.MethodPost, acs, form).expect("post-again")
		m.visitor(t).send(http.MethodPost, acs+"?again=1", form).lost("another browser")

		// What has begun at the provider is not posted again: it is refused, unless the provider may begin.
		unsolicited := url.Values{"RelayState": {"client_id=" + m.client}, "SAMLResponse": form["SAMLResponse"]}
		if v := m.visitor(t).send(http.MethodPost, acs, unsolicited); v.page == nil || v.at() != "error" {
			t.Errorf("unsolicited: the visitor is at %s", v.address)
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, m.DB)); diff != "" {
			t.Errorf("the database has changed:\n%s", diff)
		}

		v.sends = nil
		m.redeem(t, v.come(upstreamtest.Callback{URL: acs, Form: form}).code())
		v.come(upstreamtest.Callback{URL: acs, Form: form}).lost("the same once more")
	})
}

func TestProvidersOfSAMLWithDomainsHaveNoButtons(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		m.federate(t, "Acme", samltest.New("https://idp.example"), "acme.example")
		m.federate(t, "Staff", samltest.New("https://staff.example"))
		for _, c := range []struct{ own, buttons []string }{
			{[]string{"Acme", "Corp"}, []string{"Corp"}}, {[]string{"Acme", "Staff"}, []string{"Acme", "Staff"}}, {[]string{"Acme"}, nil},
		} {
			m.settle(t, M{"SupportedIdentityProviders": c.own})
			v := m.visitor(t).visit(m.authorize(t)).expect("sign-in")
			if names, _ := v.providers(); !slices.Equal(names, c.buttons) {
				t.Errorf("%v: buttons %v, want %v", c.own, names, c.buttons)
			}
			if v.submit("username", "jane@acme.example"); v.page != nil || v.address.Host != "idp.example" {
				t.Errorf("%v: the visitor is at %s", c.own, v.address)
			}
		}
	})
}
