package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cardea/feature/federation"
	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/server/servertest"
)

// mall is a shop whose users may come from a provider.
type mall struct {
	*shop
	idp  *upstreamtest.Provider
	name string
}

// eachMall runs body with a mall on both engines, whose provider is of a kind; the changes are to the client.
func eachMall(t *testing.T, kind string, client M, body func(t *testing.T, m *mall)) {
	t.Helper()
	eachMallOf(t, kind, nil, client, body)
}

// eachMallOf is eachMall with changes to the pool.
func eachMallOf(t *testing.T, kind string, pool, client M, body func(t *testing.T, m *mall)) {
	t.Helper()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		m := &mall{shop: newShop(t, w, pool, nil), idp: upstreamtest.StartPlain(t, kind), name: kind}
		w.User(t, m.pool, "ana")
		m.idp.Now = w.Now
		if kind == upstream.OIDC {
			m.name = "Corp"
		}
		if kind == upstream.Apple {
			d := m.idp.Details()
			w.Server.Federation.Social.Apple = federation.Endpoints{
				Issuer: m.idp.URL, AuthorizeURL: d["authorize_url"], TokenURL: d["token_url"], KeysURL: m.idp.URL + "/jwks",
			}
		}
		m.Endpoint(t, m.pool, "") // so that its domain is there
		m.provider(t, m.name, m.idp)
		m.settle(t, servertest.With(M{"SupportedIdentityProviders": []string{"COGNITO", m.name}}, client))
		body(t, m)
	})
}

// provider adds a provider to the pool.
func (s *shop) provider(t testing.TB, name string, idp *upstreamtest.Provider, identifiers ...string) {
	t.Helper()
	in := M{
		"UserPoolId": s.pool, "ProviderName": name, "ProviderType": idp.Kind, "ProviderDetails": idp.Details(),
		"AttributeMapping": M{"email": "email"},
	}
	if len(identifiers) > 0 {
		in["IdpIdentifiers"] = identifiers
	}
	s.Must(t, "CreateIdentityProvider", in)
}

// settle changes the settings of the shop's client.
func (s *shop) settle(t testing.TB, changes M) {
	t.Helper()
	s.Must(t, "UpdateUserPoolClient", servertest.With(shopClient, servertest.With(M{"UserPoolId": s.pool, "ClientId": s.client}, changes)))
}

// approve has the visitor, who was sent to the provider, sign in there and come back.
func (v *visitor) approve(idp *upstreamtest.Provider) *visitor {
	v.t.Helper()
	return v.come(v.leftFor(idp))
}

// leftFor is how the visitor would come back from the provider that they were sent to.
func (v *visitor) leftFor(idp *upstreamtest.Provider) upstreamtest.Callback {
	v.t.Helper()
	if v.page != nil || !strings.HasPrefix(v.address.String(), idp.URL) {
		v.t.Fatalf("the visitor is at %s, and was not sent to the provider", v.address)
	}
	return idp.Approve(v.address.String())
}

// come brings the visitor back from another site as browsers do: without cookies where a form is posted.
func (v *visitor) come(back upstreamtest.Callback) *visitor {
	v.t.Helper()
	before := v.sends
	defer func() { v.sends = before }()
	v.sends = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	if back.Form == nil {
		return v.visit(back.URL)
	}
	v.sends["Cookie"] = nil
	v.send(http.MethodPost, back.URL, back.Form)
	v.sends = before
	if v.page == nil || v.at() != "post-again" {
		return v
	}
	return v.submit()
}

func TestVisitorsSignInThroughAProvider(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		v := m.visitor(t).visit(m.authorize(t, "identity_provider", "Corp"))
		if v.status != http.StatusFound {
			t.Errorf("authorize answers %d", v.status)
		}
		tokens := m.redeem(t, v.approve(m.idp).code())
		if got := payload(t, servertest.Text(tokens, "id_token"))["cognito:username"]; got != "Corp_1234567890" {
			t.Errorf("the user is %v", got)
		}
		// The session that it has begun is one of the provider.
		if !v.reuses(m.authorize(t, "identity_provider", "Corp")) || !v.reuses(m.authorize(t)) {
			t.Error("there is no session")
		}
		if v.visit(m.page(t, "/login") + "&identity_provider=Corp").expect("reuse"); !strings.Contains(v.body, "Corp_1234567890") {
			t.Error("the page does not offer to go on")
		}
		v.visit(m.authorize(t, "identity_provider", "Corp", "prompt", "login"))
		if v.leftFor(m.idp); v.address.Query().Get("prompt") != "login" {
			t.Errorf("the provider is told prompt=%s", v.address.Query().Get("prompt"))
		}
	})
}

func TestApplePostsAndTheFormIsPostedOnceMore(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.Apple, nil, func(t *testing.T, m *mall) {
		v := m.visitor(t).visit(m.authorize(t)).expect("sign-in")
		v.choose("SignInWithApple")
		back := v.leftFor(m.idp)
		if back.Form == nil {
			t.Fatal("Apple does not post")
		}
		v.come(back)
		m.redeem(t, v.code())
	})
}

// choose presses the button of a provider.
func (v *visitor) choose(provider string) *visitor {
	v.t.Helper()
	for _, form := range v.elements("form") {
		if form["class"] != "providers" {
			continue
		}
		query := url.Values{"_provider": {provider}}
		for _, input := range v.elements("input") {
			if input["type"] == "hidden" && input["name"] != "_csrf" {
				query.Set(input["name"], input["value"])
			}
		}
		return v.visit(form["action"] + "?" + query.Encode())
	}
	v.t.Fatalf("there are no providers at %s", v.address)
	return v
}
