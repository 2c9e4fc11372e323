package federated_test

import (
	"errors"
	"testing"
	"time"

	"cardea/engine/federated"
	"cardea/engine/identitytoken"
	"cardea/outbound/upstream"
	"cardea/record/trustprovider"
)

func (w *world) web(t *testing.T, provider, given string) (*federated.Token, error) {
	t.Helper()
	return w.v.VerifyWebIdentity(t.Context(), provider, given)
}

func TestWebIdentitiesAreFoundByTheirIssuer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		arn := w.identities.OpenIdConnectProviderARNs[0]
		got, err := w.web(t, "", p.Sign(w.claims(p, nil)))
		if err != nil || got.ARN != arn || got.Provider != bare(p) || got.Audience != "app" {
			t.Errorf("%+v, %v", got, err)
		}
		for name, c := range map[string]struct {
			provider, given string
			want            error
		}{
			"unknown issuer": {"", p.Sign(w.claims(p, M{"iss": "https://evil.example"})), federated.ErrNoProvider},
			"no issuer":      {"", p.Sign(w.claims(p, M{"iss": nil})), federated.ErrNotIdentity},
			"long issuer":    {"", p.Sign(w.claims(p, M{"iss": "https://" + string(make([]byte, 300))})), federated.ErrNotIdentity},
			"other client":   {"", p.Sign(w.claims(p, M{"aud": "other"})), federated.ErrUnsupported},
			"other provider": {"idp.example", p.Sign(w.claims(p, nil)), federated.ErrUnbuilt},
			"no token":       {"", "garbage", federated.ErrNotIdentity},
			"unregistered":   {"", w.idToken(t), federated.ErrNoProvider},
		} {
			if _, err := w.web(t, c.provider, c.given); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		google := w.upstream(t, upstream.Google)
		w.v.Social.Google = google.URL
		if got, err := w.web(t, "", google.Sign(w.claims(google, M{"aud": "any"}))); err != nil || got.Provider != federated.Google || got.Audience != "any" {
			t.Errorf("Google: %+v, %v", got, err)
		}
	})
}

func TestUserPoolsAreWebIdentitiesIfIAMHasThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		name := "localhost:9229/" + w.pool
		arn := "arn:aws:iam::123456789012:oidc-provider/" + name
		w.register(t, trustprovider.Provider{ARN: arn, Kind: trustprovider.OIDC, Doc: trustprovider.Doc{URL: name, ClientIDs: []string{w.client}}})
		got, err := w.web(t, "", w.idToken(t))
		if err != nil || got.ARN != arn || got.Provider != name || got.Audience != w.client {
			t.Errorf("%+v, %v", got, err)
		}
		other := w.Client(t, w.pool, nil)
		tokens := w.SignIn(t, other, "alice")
		if _, err := w.web(t, "", tokens["IdToken"].(string)); !errors.Is(err, federated.ErrUnsupported) {
			t.Errorf("another client: %v", err)
		}
	})
}

func TestTokensOfIdentityPoolsAreOurs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		now := w.Now()
		jwt, err := w.v.Identities.Sign(t.Context(), identitytoken.Claims{
			Pool: w.identities.IdentityPoolId, Identity: "us-east-1:x", Methods: []string{"authenticated"}, Tags: map[string]string{"a": "b"}, Transitive: []string{"a"},
			Issued: now, Expires: now.Add(10 * time.Minute),
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.web(t, "", jwt)
		if err != nil || got.Provider != federated.Own || got.Subject != "us-east-1:x" || got.Audience != w.identities.IdentityPoolId || got.Own.Tags["a"] != "b" || got.Own.Transitive[0] != "a" {
			t.Errorf("%+v, %v", got, err)
		}
		for name, forged := range map[string]string{
			"another identity": changed(t, jwt, func(_, c M) { c["sub"] = "us-east-1:y" }),
			"another pool":     changed(t, jwt, func(_, c M) { c["aud"] = "us-east-1:y" }),
			"RS256":            changed(t, jwt, func(h, _ M) { h["alg"] = "RS256" }),
			"none":             changed(t, jwt, func(h, _ M) { h["alg"] = "none" }),
			"a user pool's": changed(t, w.idToken(t), func(_, c M) {
				c["iss"] = w.v.Identities.Issuer()
			}),
		} {
			if _, err := w.web(t, "", forged); !errors.Is(err, federated.ErrSignature) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.Advance(10 * time.Minute)
		var expired *federated.ExpiredError
		if _, err := w.web(t, "", jwt); !errors.As(err, &expired) {
			t.Errorf("expired: %v", err)
		}
	})
}
