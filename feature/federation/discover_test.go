package federation_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/saml/samltest"
)

// corp is a request for an OIDC provider that has to be discovered.
func corp(pool, issuer string) M {
	return M{"UserPoolId": pool, "ProviderName": "Corp", "ProviderType": "OIDC", "ProviderDetails": M{
		"client_id": "id", "client_secret": "sesame", "authorize_scopes": "openid", "oidc_issuer": issuer, "attributes_request_method": "POST",
	}}
}

func TestAddressesThatAreNotGivenAreDiscovered(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		op := upstreamtest.StartPlain(t, upstream.OIDC)
		p := w.Pool(t, nil)
		given := corp(p, op.URL)
		want := servertest.With(given["ProviderDetails"].(M), M{
			"authorize_url": op.URL + "/authorize", "token_url": op.URL + "/token", "attributes_url": op.URL + "/userinfo",
			"jwks_uri": op.URL + "/jwks", "attributes_url_add_attributes": "false",
		})
		got := servertest.At(w.Must(t, "CreateIdentityProvider", given), "IdentityProvider.ProviderDetails")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("created: %s", diff)
		}
		name := M{"UserPoolId": p, "ProviderName": "Corp"}
		described := servertest.At(w.Must(t, "DescribeIdentityProvider", name), "IdentityProvider.ProviderDetails").(M)
		if diff := cmp.Diff(want, described); diff != "" {
			t.Errorf("described: %s", diff)
		}

		// What was given back as it was found is found anew; another address is the administrator's.
		change := servertest.With(name, M{"ProviderDetails": servertest.With(described, M{"attributes_url": op.URL + "/other"})})
		want["attributes_url"] = op.URL + "/other"
		got = servertest.At(w.Must(t, "UpdateIdentityProvider", change), "IdentityProvider.ProviderDetails")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("changed: %s", diff)
		}
		delete(change["ProviderDetails"].(M), "attributes_url")
		change["ProviderDetails"].(M)["client_id"] = "other"
		if got := servertest.Text(w.Must(t, "UpdateIdentityProvider", change), "IdentityProvider.ProviderDetails.attributes_url"); got != op.URL+"/userinfo" {
			t.Errorf("discovered again: %s", got)
		}
	})
}

func TestIssuersThatCannotBeDiscoveredAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		op := upstreamtest.StartPlain(t, upstream.OIDC)
		closed := httptest.NewServer(http.NotFoundHandler())
		closed.Close()
		var followed atomic.Int64
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
		t.Cleanup(elsewhere.Close)
		moved := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
		t.Cleanup(moved.Close)
		p := w.Pool(t, nil)
		const word = "Unable to contact well-known endpoint"
		for name, issuer := range map[string]string{
			"of another": strings.Replace(op.URL, "127.0.0.1", "localhost", 1), "closed": closed.URL, "moved": moved.URL, "private": "http://10.0.0.1",
		} {
			_, err := w.Call("CreateIdentityProvider", corp(p, issuer))
			if err == nil || !strings.Contains(err.Error(), word) || !strings.Contains(err.Error(), invalid) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if followed.Load() != 0 {
			t.Error("a redirect was followed")
		}
		manual := corp(p, closed.URL)
		manual["ProviderDetails"] = servertest.With(manual["ProviderDetails"].(M), M{
			"authorize_url": op.URL + "/authorize", "token_url": op.URL + "/token", "jwks_uri": op.URL + "/jwks",
		})
		w.Must(t, "CreateIdentityProvider", manual)
	})
}

func TestMetadataAreFetched(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		var answer atomic.Value
		answer.Store(metadata)
		idp := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/metadata" {
				http.Redirect(rw, r, "/metadata", http.StatusFound)
				return
			}
			_, _ = rw.Write([]byte(answer.Load().(string)))
		}))
		t.Cleanup(idp.Close)
		p := w.Pool(t, nil)
		given := M{"UserPoolId": p, "ProviderName": "ADFS", "ProviderType": "SAML", "ProviderDetails": M{"MetadataURL": idp.URL + "/metadata"}}
		out := w.Must(t, "CreateIdentityProvider", given)
		certificate := servertest.Text(out, "IdentityProvider.ProviderDetails.ActiveEncryptionCertificate")
		want := M{
			"MetadataURL": idp.URL + "/metadata", "ActiveEncryptionCertificate": certificate,
			"SSORedirectBindingURI": "https://idp.example.com/sso", "SLORedirectBindingURI": "https://idp.example.com/slo",
		}
		name := M{"UserPoolId": p, "ProviderName": "ADFS"}
		if diff := cmp.Diff(want, servertest.At(w.Must(t, "DescribeIdentityProvider", name), "IdentityProvider.ProviderDetails")); diff != "" {
			t.Error(diff)
		}

		other := samltest.New("https://other.example.com")
		other.SLO = ""
		answer.Store(string(other.Metadata()))
		want["SSORedirectBindingURI"] = other.SSO
		delete(want, "SLORedirectBindingURI")
		update := servertest.With(name, M{"ProviderDetails": given["ProviderDetails"]})
		if diff := cmp.Diff(want, servertest.At(w.Must(t, "UpdateIdentityProvider", update), "IdentityProvider.ProviderDetails")); diff != "" {
			t.Errorf("updated: %s", diff)
		}

		answer.Store("nothing")
		w.Fails(t, "UpdateIdentityProvider", update, invalid, "")
		for _, address := range []string{idp.URL + "/moved", "http://10.0.0.1/metadata", "http://127.0.0.1:1/metadata"} {
			update["ProviderDetails"] = M{"MetadataURL": address}
			w.Fails(t, "UpdateIdentityProvider", update, invalid, "Error retrieving metadata from "+address)
		}
		if diff := cmp.Diff(want, servertest.At(w.Must(t, "DescribeIdentityProvider", name), "IdentityProvider.ProviderDetails")); diff != "" {
			t.Errorf("after failures: %s", diff)
		}
	})
}

func TestExpiredCertificatesAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		idp := samltest.New("https://idp.example.com")
		current := string(idp.Metadata())
		idp.Certificate = samltest.Certificate("old", idp.Key, w.Now().AddDate(0, 0, -1))
		old := string(idp.Metadata())
		begin, end := strings.Index(old, "<md:KeyDescriptor"), strings.Index(old, "</md:KeyDescriptor>")+len("</md:KeyDescriptor>")
		both := strings.Replace(current, "<md:KeyDescriptor", old[begin:end]+"<md:KeyDescriptor", 1)
		p := w.Pool(t, nil)
		for name, text := range map[string]string{"alone": old, "beside another": both} {
			_, err := w.Call("CreateIdentityProvider", M{
				"UserPoolId": p, "ProviderName": "ADFS", "ProviderType": "SAML", "ProviderDetails": M{"MetadataFile": text},
			})
			if err == nil || !strings.Contains(err.Error(), "expired") {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}

func TestSocialProvidersAreWhereTheConfigurationSays(t *testing.T) {
	t.Parallel()
	change := func(c *server.Config) {
		c.Federation.Facebook = config.SocialProvider{AuthorizeURL: "https://facebook.example/{version}/dialog", TokenURL: "http://localhost:1/{version}/token"}
		c.Federation.Google = config.SocialProvider{Issuer: "https://google.example"}
	}
	servertest.EachWith(t, change, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		for kind, want := range map[string]M{
			"Facebook": {
				"authorize_url": "https://facebook.example/v19.0/dialog", "token_url": "http://localhost:1/v19.0/token",
				"attributes_url": "https://graph.facebook.com/v19.0/me?fields=",
			},
			"Google":          {"oidc_issuer": "https://google.example", "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth"},
			"LoginWithAmazon": {"authorize_url": "https://www.amazon.com/ap/oa"},
		} {
			// What is given of it does not count.
			given := of(p, kind)
			given["ProviderDetails"] = servertest.With(given["ProviderDetails"].(M), M{"authorize_url": "https://evil.example"})
			details := servertest.At(w.Must(t, "CreateIdentityProvider", given), "IdentityProvider.ProviderDetails").(M)
			for name, value := range want {
				if details[name] != value {
					t.Errorf("%s of %s is %v, want %v", name, kind, details[name], value)
				}
			}
		}
		given := of(p, "Facebook")
		delete(given["ProviderDetails"].(M), "api_version")
		update := M{"UserPoolId": p, "ProviderName": "Facebook", "ProviderDetails": given["ProviderDetails"]}
		if got := servertest.Text(w.Must(t, "UpdateIdentityProvider", update), "IdentityProvider.ProviderDetails.authorize_url"); got != "https://facebook.example/v17.0/dialog" {
			t.Errorf("without a version: %s", got)
		}
	})
}
