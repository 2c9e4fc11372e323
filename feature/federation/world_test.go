package federation_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"cardea/engine/hosted"
	"cardea/engine/issuer"
	"cardea/feature/federation"
	"cardea/outbound/trigger/triggertest"
	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/caller"
	"cardea/server/servertest"
	"cardea/spec/oauth2"
)

const callback = "https://app.example.com/cb"

// world is a pool with one provider, an app whose users come from there, and a browser.
type world struct {
	*servertest.World
	pool, app string
	name      string // of the provider
	idp       *upstreamtest.Provider
	function  *triggertest.Function
	ip        string // the visitor's
}

// with are the settings of a world.
type with struct {
	kind    string // of the provider; empty: OIDC
	pool    M
	client  M
	mapping M
	levels  M
}

// each runs body in worlds on both engines.
func each(t *testing.T, s with, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, f *servertest.World, fn *triggertest.Function) {
		body(t, furnish(t, f, fn, s))
	})
}

func furnish(t *testing.T, s *servertest.World, fn *triggertest.Function, o with) *world {
	t.Helper()
	if o.kind == "" {
		o.kind = upstream.OIDC
	}
	w := &world{World: s, function: fn, idp: upstreamtest.StartPlain(t, o.kind), name: o.kind}
	if o.kind == upstream.OIDC {
		w.name = "Corp"
	}
	w.idp.Now = s.Now
	w.Server.Federation.Social = socialAt(w.idp)
	w.pool = s.Pool(t, o.pool)
	w.provider(t, w.name, w.idp, o)
	w.app = s.Client(t, w.pool, servertest.With(M{
		"AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code", "implicit"}, "CallbackURLs": []string{callback},
		"AllowedOAuthScopes":         []string{"openid", "email", "profile", "phone", "aws.cognito.signin.user.admin"},
		"SupportedIdentityProviders": []string{"COGNITO", w.name},
	}, o.client))
	return w
}

// socialAt has a social provider's endpoints at the provider of a test.
func socialAt(idp *upstreamtest.Provider) (social federation.Social) {
	d := idp.Details()
	e := federation.Endpoints{
		Issuer: idp.URL, AuthorizeURL: d["authorize_url"], TokenURL: d["token_url"], AttributesURL: d["attributes_url"], KeysURL: idp.URL + "/jwks",
	}
	switch idp.Kind {
	case upstream.Google:
		social.Google = e
	case upstream.Apple:
		social.Apple = e
	case upstream.Facebook:
		social.Facebook = e
	case upstream.Amazon:
		social.Amazon = e
	}
	return social
}

// provider configures a provider of the pool.
func (w *world) provider(t testing.TB, name string, idp *upstreamtest.Provider, o with) {
	t.Helper()
	in := M{
		"UserPoolId": w.pool, "ProviderName": name, "ProviderType": idp.Kind, "ProviderDetails": idp.Details(),
		"AttributeMapping": M{"email": "email"},
	}
	if o.mapping != nil {
		in["AttributeMapping"] = o.mapping
	}
	if o.levels != nil {
		in["AcrMapping"] = o.levels
	}
	w.Must(t, "CreateIdentityProvider", in)
}

func (w *world) site(t testing.TB) *issuer.Site {
	t.Helper()
	base := w.Endpoint(t, w.pool, "")
	path := strings.TrimPrefix(base, w.URL)
	return &issuer.Site{
		Pool: poolID(w.pool), Domain: strings.TrimPrefix(path, "/_domains/"), Version: 2, BaseURL: base, Path: path,
	}
}

// request is an authorization request of the app; pairs are changed parameters.
func (w *world) request(pairs ...string) oauth2.Values {
	v := oauth2.Values{}.With("client_id", w.app).With("response_type", "code").With("redirect_uri", callback).
		With("scope", "openid").With("state", "st")
	for i := 0; i+1 < len(pairs); i += 2 {
		v = v.With(pairs[i], pairs[i+1])
	}
	return v
}

// trip is a way to the provider and back.
type trip struct {
	*federation.Departure
	in federation.Return
}

// depart begins a trip, up to where the provider sends the browser back.
func (w *world) depart(t testing.TB, pairs ...string) trip {
	t.Helper()
	out, err := w.departure(t, w.name, pairs...)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	return w.back(t, out, w.idp)
}

func (w *world) departure(t testing.TB, provider string, pairs ...string) (*federation.Departure, error) {
	t.Helper()
	site := w.site(t)
	return w.Server.Federation.Start(t.Context(), federation.Visit{
		Site: site, Values: w.request(pairs...),
	}, provider)
}

// back has the person sign in at the provider.
func (w *world) back(t testing.TB, out *federation.Departure, idp *upstreamtest.Provider) trip {
	t.Helper()
	site := w.site(t)
	came := idp.Approve(out.Location)
	want := site.BaseURL + federation.OAuthCallback
	if got, _, _ := strings.Cut(came.URL, "?"); got != want {
		t.Fatalf("the provider sends the browser to %s, want %s", got, want)
	}
	return trip{out, federation.Return{
		Site: site, Browser: hosted.Browser{Domain: site.Domain}, Path: federation.OAuthCallback,
		Values: valuesOf(t, came.Values()), Trip: &out.Trip,
	}}
}

func valuesOf(t testing.TB, v url.Values) oauth2.Values {
	t.Helper()
	values, err := oauth2.Parse(v.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// land ends a trip.
func (w *world) land(t testing.TB, tr trip) (*federation.Arrived, error) {
	return w.Server.Federation.Return(caller.With(t.Context(), caller.Caller{IP: w.ip}), tr.in)
}

// signIn goes all the way, and answers what the app gets for its code.
func (w *world) signIn(t testing.TB, pairs ...string) M {
	t.Helper()
	out, err := w.land(t, w.depart(t, pairs...))
	if err != nil {
		t.Fatalf("return: %v", err)
	}
	return w.exchange(t, out)
}

// exchange redeems the code of a finished sign-in.
func (w *world) exchange(t testing.TB, out *federation.Arrived) M {
	t.Helper()
	back, err := url.Parse(out.Finished.Location.String())
	if err != nil || back.Query().Get("code") == "" || back.Query().Get("state") != "st" {
		t.Fatalf("the browser is sent to %s, %v", out.Finished.Location.String(), err)
	}
	a := w.Post(t, w.Endpoint(t, w.pool, "/oauth2/token"), "grant_type", "authorization_code", "client_id", w.app,
		"code", back.Query().Get("code"), "redirect_uri", callback)
	if a.Status != 200 {
		t.Fatalf("the code gives %d %s", a.Status, a.Text)
	}
	return a.Body
}

// refused goes all the way and expects to be sent back with an error.
func (w *world) refused(t testing.TB, want string, pairs ...string) {
	t.Helper()
	_, err := w.land(t, w.depart(t, pairs...))
	told(t, err, want)
}

// told checks what the app is told of an error.
func told(t testing.TB, err error, want string) {
	t.Helper()
	back, registered := errors.AsType[*hosted.RedirectError](err)
	if !registered {
		t.Fatalf("got %v, want the app to be told %q", err, want)
	}
	word, ok := errors.AsType[*oauth2.Error](back.Err)
	if got := err.Error(); !ok {
		if !strings.Contains(got, want) {
			t.Errorf("the app is told of %v, want %q", err, want)
		}
	} else if word.Error() != want {
		t.Errorf("the app is told %q, want %q", word.Error(), want)
	}
}

// user is what AdminGetUser shows, with the attributes as a map.
func (w *world) user(t testing.TB, name string) (out M, attributes map[string]string) {
	t.Helper()
	out = w.Must(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": name})
	return out, attributesOf(out["UserAttributes"])
}

func attributesOf(list any) map[string]string {
	all := map[string]string{}
	items, _ := list.([]any)
	for _, item := range items {
		one, _ := item.(M)
		name, _ := one["Name"].(string)
		all[name], _ = one["Value"].(string)
	}
	return all
}

// claims are those of a token.
func claims(t testing.TB, jwt any) M {
	t.Helper()
	text, _ := jwt.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("not a token: %v", jwt)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var all M
	if err := json.Unmarshal(payload, &all); err != nil {
		t.Fatal(err)
	}
	return all
}
