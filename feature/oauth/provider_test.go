package oauth_test

import (
	"net/url"
	"testing"
)

func TestARequestMayNameAProviderThatTheAppOffers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		provider := func(name, identifier string) {
			t.Helper()
			w.Must(t, "CreateIdentityProvider", M{
				"UserPoolId": w.pool, "ProviderName": name, "ProviderType": "OIDC", "IdpIdentifiers": []string{identifier},
				"ProviderDetails": M{
					"client_id": "id", "authorize_scopes": "openid", "oidc_issuer": "https://op.example", "attributes_request_method": "GET",
					"authorize_url": "https://op.example/a", "token_url": "https://op.example/t", "attributes_url": "https://op.example/u", "jwks_uri": "https://op.example/k",
				},
			})
		}
		provider("Offered", "offered.example")
		provider("Deleted", "deleted.example")
		provider("Other", "other.example")
		a := w.web(t, M{"SupportedIdentityProviders": []string{"COGNITO", "Offered", "Deleted"}})
		own := w.web(t, nil)
		w.Must(t, "DeleteIdentityProvider", M{"UserPoolId": w.pool, "ProviderName": "Deleted"})

		const none = "Login option is not available. Please try another one"
		for name, c := range map[string]struct {
			query string
			ok    bool
		}{
			"offered":                        {query(a, "identity_provider", "Offered"), true},
			"in other letters":               {query(a, "identity_provider", "offered"), false},
			"deleted":                        {query(a, "identity_provider", "Deleted"), false},
			"not offered":                    {query(a, "identity_provider", "Other"), false},
			"unknown":                        {query(a, "identity_provider", "Nobody"), false},
			"by identifier":                  {query(a, "idp_identifier", "offered.example"), true},
			"by identifier and name":         {query(a, "idp_identifier", "offered.example", "identity_provider", "Offered"), true},
			"by another's name":              {query(a, "idp_identifier", "offered.example", "identity_provider", "COGNITO"), false},
			"by identifier, not offered":     {query(a, "idp_identifier", "other.example"), false},
			"by identifier, deleted":         {query(a, "idp_identifier", "deleted.example"), false},
			"by identifier, unknown":         {query(a, "idp_identifier", "nobody.example"), false},
			"of an app without any":          {query(own, "identity_provider", "Offered"), false},
			"of an app without any, by name": {query(own, "idp_identifier", "offered.example"), false},
		} {
			answer := w.open(t, "/oauth2/authorize", c.query+"&prompt=none")
			// Without a session prompt=none is refused, too, but in other words: the provider was accepted.
			got, err := url.Parse(answer.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			want := "invalid_request"
			if c.ok {
				want = "login_required"
			}
			if got.Query().Get("error") != want || !c.ok && got.Query().Get("error_description") != none {
				t.Errorf("%s: got %v, want %s", name, got, want)
			}
		}
	})
}
