package federated_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"cardea/engine/federated"
	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/db"
	"cardea/record/trustprovider"
)

func bare(p *upstreamtest.Provider) string { return strings.TrimPrefix(p.URL, "https://") }

func TestTokensOfRegisteredProvidersAreVerified(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		arn := w.identities.OpenIdConnectProviderARNs[0]
		for name, change := range map[string]M{
			"as it is":         nil,
			"aud in a list":    {"aud": []string{"other", "app"}},
			"azp before aud":   {"azp": "app", "aud": "other"},
			"just expired":     {"exp": w.Now().Add(-4 * time.Minute).Unix()},
			"a little ahead":   {"iat": w.Now().Add(4 * time.Minute).Unix(), "nbf": w.Now().Add(4 * time.Minute).Unix()},
			"without iat":      {"iat": nil},
			"floating seconds": {"exp": float64(w.Now().Unix()) + 60.5},
		} {
			got, err := w.verify(t, bare(p), p.Sign(w.claims(p, change)))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got.Provider != bare(p) || got.ARN != arn || got.Subject != "jane" || got.Audience != "app" || got.Detail != arn+":OIDC:jane" || got.Mapping() != arn {
				t.Errorf("%s: got %+v", name, got)
			}
		}
		p.UseES256()
		w.Advance(time.Minute)
		if _, err := w.verify(t, bare(p), p.Sign(w.claims(p, nil))); err != nil {
			t.Errorf("ES256: %v", err)
		}
	})
}

// However somebody calls a provider, they are the same user.
func TestAProviderHasOneName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		for _, name := range []string{bare(p), bare(p) + "/"} {
			got, err := w.verify(t, name, p.Sign(w.claims(p, nil)))
			if err != nil || got.Provider != bare(p) {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
		}
		w.fails(t, bare(p)+"//", p.Sign(w.claims(p, nil)), federated.ErrUnsupported)
	})
}

func TestClaimsOfForeignTokensAreJudged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		missing, expired := &federated.ClaimError{}, &federated.ExpiredError{}
		for name, c := range map[string]struct {
			change M
			want   error
			as     any
		}{
			"another issuer":     {M{"iss": "https://evil.example"}, federated.ErrIssuer, nil},
			"plain http":         {M{"iss": "http://" + bare(p)}, federated.ErrIssuer, nil},
			"a path more":        {M{"iss": p.URL + "/x"}, federated.ErrIssuer, nil},
			"another client":     {M{"aud": "other"}, federated.ErrUnsupported, nil},
			"for another client": {M{"azp": "other"}, federated.ErrUnsupported, nil},
			"no aud":             {M{"aud": nil}, nil, &missing},
			"no sub":             {M{"sub": nil}, federated.ErrNotIdentity, nil},
			"a control in sub":   {M{"sub": "a\x00b"}, federated.ErrNotIdentity, nil},
			"a long sub":         {M{"sub": strings.Repeat("a", 1025)}, federated.ErrNotIdentity, nil},
			"no exp":             {M{"exp": nil}, nil, &missing},
			"expired":            {M{"exp": w.Now().Add(-5 * time.Minute).Unix()}, nil, &expired},
			"of tomorrow":        {M{"iat": w.Now().Add(6 * time.Minute).Unix()}, federated.ErrEarly, nil},
			"not before":         {M{"nbf": w.Now().Add(6 * time.Minute).Unix()}, federated.ErrEarly, nil},
			"no time at all":     {M{"nbf": "now"}, federated.ErrEarly, nil},
		} {
			_, err := w.verify(t, bare(p), p.Sign(w.claims(p, c.change)))
			if c.as != nil && !errors.As(err, c.as) || c.as == nil && !errors.Is(err, c.want) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if calls := p.Calls("/jwks") + p.Calls("/.well-known/openid-configuration"); calls != 0 {
			t.Errorf("%d calls for tokens that are wrong by what they say", calls)
		}
	})
}

func TestOnlyKeysOfTheProviderVerifyItsTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		claims := w.claims(p, nil)
		if _, err := w.verify(t, bare(p), p.Sign(claims)); err != nil {
			t.Fatal(err)
		}
		elsewhere := 0
		p.Handle("/mine", func(http.ResponseWriter, *http.Request) { elsewhere++ })
		embedded := jose.JSONWebKey{Key: foreign.Public(), KeyID: "mine"}
		for name, jwt := range map[string]string{
			"none":        upstreamtest.Raw(t, M{"alg": "none", "kid": p.KeyID()}, claims, []byte("x")),
			"HS256":       hs256(t, p, claims),
			"foreign kid": upstreamtest.Compact(t, jose.ES256, jose.JSONWebKey{Key: foreign, KeyID: "foreign"}, claims),
			"stolen kid":  upstreamtest.Compact(t, jose.ES256, jose.JSONWebKey{Key: foreign, KeyID: p.KeyID()}, claims),
			"jku, jwk":    upstreamtest.Raw(t, M{"alg": "ES256", "kid": "mine", "jku": p.URL + "/mine", "x5u": p.URL + "/mine", "jwk": embedded}, claims, []byte(strings.Repeat("x", 64))),
		} {
			if _, err := w.verify(t, bare(p), jwt); !errors.Is(err, federated.ErrSignature) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if elsewhere > 0 {
			t.Error("an address in a token was called")
		}
	})
}

// hs256 signs with the public key as a shared secret, as who knows no more than that may try.
func hs256(t *testing.T, p *upstreamtest.Provider, claims map[string]any) string {
	t.Helper()
	public, err := x509.MarshalPKIXPublicKey(p.Public())
	if err != nil {
		t.Fatal(err)
	}
	unsigned := upstreamtest.Raw(t, M{"alg": "HS256", "kid": p.KeyID()}, claims, nil)
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte(strings.TrimSuffix(unsigned, ".")))
	return upstreamtest.Raw(t, M{"alg": "HS256", "kid": p.KeyID()}, claims, mac.Sum(nil))
}

func TestUnknownKeysAreLookedForOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		if _, err := w.verify(t, bare(p), p.Sign(w.claims(p, nil))); err != nil {
			t.Fatal(err)
		}
		p.Rotate()
		if _, err := w.verify(t, bare(p), p.Sign(w.claims(p, nil))); err != nil {
			t.Fatalf("after a change of keys: %v", err)
		}
		p.Rotate()
		before := p.Calls("/jwks")
		for range 20 {
			w.fails(t, bare(p), p.Sign(w.claims(p, nil)), federated.ErrSignature)
		}
		if got := p.Calls("/jwks") - before; got != 0 {
			t.Errorf("%d more fetches within the minute", got)
		}
		w.Advance(time.Minute)
		if _, err := w.verify(t, bare(p), p.Sign(w.claims(p, nil))); err != nil {
			t.Errorf("a minute later: %v", err)
		}
	})
}

func TestProvidersMayBeAwayForADay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		if _, err := w.verify(t, bare(p), p.Sign(w.claims(p, nil))); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/jwks", "/.well-known/openid-configuration"} {
			p.Handle(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		}
		w.Advance(23 * time.Hour)
		if _, err := w.verify(t, bare(p), p.Sign(w.claims(p, M{"jti": "a"}))); err != nil {
			t.Errorf("a day later: %v", err)
		}
		w.Advance(2 * time.Hour)
		var unreachable *federated.UnreachableError
		if _, err := w.verify(t, bare(p), p.Sign(w.claims(p, M{"jti": "b"}))); !errors.As(err, &unreachable) {
			t.Errorf("two days later: %v", err)
		}
	})
}

func TestVerifiedTokensAreRememberedForMinutes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		jwt := p.Sign(w.claims(p, nil))
		if _, err := w.verify(t, bare(p), jwt); err != nil {
			t.Fatal(err)
		}
		p.Rotate()
		w.Advance(4 * time.Minute)
		if _, err := w.verify(t, bare(p), jwt); err != nil {
			t.Errorf("four minutes later: %v", err)
		}
		w.Advance(7 * time.Minute) // the set of keys is read anew after ten
		w.fails(t, bare(p), jwt, federated.ErrSignature)
	})
}

func TestProvidersThatIAMForgotAreNoMore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		jwt := p.Sign(w.claims(p, nil))
		if _, err := w.verify(t, bare(p), jwt); err != nil {
			t.Fatal(err)
		}
		arn := w.identities.OpenIdConnectProviderARNs[0]
		if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return trustprovider.Delete(tx, arn) }); err != nil {
			t.Fatal(err)
		}
		w.fails(t, bare(p), jwt, federated.ErrUnsupported)
	})
}

// A provider that is registered under the name of a user pool of this server is never believed, and never asked.
func TestUserPoolsBeatProvidersOfTheirName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.upstream(t, upstream.OIDC)
		arn := "arn:aws:iam::123456789012:oidc-provider/" + w.name
		w.register(t, trustprovider.Provider{ARN: arn, Kind: trustprovider.OIDC, Doc: trustprovider.Doc{URL: w.name, ClientIDs: []string{"app"}}})
		w.identities.OpenIdConnectProviderARNs = append(w.identities.OpenIdConnectProviderARNs, arn)
		w.fails(t, w.name, p.Sign(w.claims(p, M{"iss": "https://" + w.name})), federated.ErrIssuer)
		w.fails(t, w.name, p.Sign(w.claims(p, M{"iss": w.URL + "/" + w.pool, "aud": w.client, "token_use": "id"})), federated.ErrSignature)
	})
}
