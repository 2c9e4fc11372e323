package upstream_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
)

func set(name string, value any) func(map[string]any) {
	return func(claims map[string]any) {
		if value == nil {
			delete(claims, name)
			return
		}
		claims[name] = value
	}
}

func TestIDTokensOfOtherSignInsAreRefused(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	now := time.Now()
	after := func(d time.Duration) int64 { return now.Add(d).Unix() }
	for name, test := range map[string]struct {
		check string
		edit  func(claims map[string]any)
	}{
		"issuer, other":                  {"issuer", set("iss", "https://idp.example.com")},
		"issuer, with a slash":           {"issuer", set("iss", p.URL+"/")},
		"issuer, without its scheme":     {"issuer", set("iss", strings.TrimPrefix(p.URL, "https://"))},
		"issuer, in other letters":       {"issuer", set("iss", strings.ToUpper(p.URL))},
		"issuer, none":                   {"issuer", set("iss", nil)},
		"issuer, list":                   {"issuer", set("iss", []string{p.URL})},
		"audience, other":                {"audience", set("aud", "another-app")},
		"audience, none":                 {"audience", set("aud", nil)},
		"audience, empty":                {"audience", set("aud", []string{})},
		"audience, others":               {"audience", set("aud", []string{"a", "b"})},
		"audience, not texts":            {"audience", set("aud", []any{p.ClientID, 1})},
		"audience, as a part":            {"audience", set("aud", p.ClientID+"x")},
		"audiences without azp":          {"authorized party", set("aud", []string{p.ClientID, "b"})},
		"azp, other":                     {"authorized party", set("azp", "another-app")},
		"azp, empty":                     {"authorized party", set("azp", "")},
		"azp, not a text":                {"authorized party", set("azp", []string{p.ClientID})},
		"expired":                        {"expiry", set("exp", after(-61*time.Second))},
		"expiry, none":                   {"expiry", set("exp", nil)},
		"expiry, text":                   {"expiry", set("exp", "9999999999")},
		"expiry, beyond time":            {"expiry", set("exp", 1e300)},
		"issued in the future":           {"time", set("iat", after(5*time.Minute))},
		"issued, not said":               {"time", set("iat", nil)},
		"not valid yet":                  {"time", set("nbf", after(5*time.Minute))},
		"not valid before a text":        {"time", set("nbf", "x")},
		"nonce, none":                    {"nonce", set("nonce", nil)},
		"nonce, empty":                   {"nonce", set("nonce", "")},
		"nonce, of another sign-in":      {"nonce", set("nonce", "other")},
		"nonce, list":                    {"nonce", func(c map[string]any) { c["nonce"] = []any{c["nonce"]} }},
		"at_hash, of another token":      {"at_hash", set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")},
		"at_hash, not a text":            {"at_hash", set("at_hash", 1)},
		"at_hash, empty":                 {"at_hash", set("at_hash", "")},
		"subject, none":                  {"attributes subject", set("sub", nil)},
		"subject, a number":              {"attributes subject", set("sub", 1234567890)},
		"subject, another than userinfo": {"attributes subject", set("sub", "somebody-else")},
	} {
		t.Run(name, func(t *testing.T) {
			p.EditIDToken(test.edit)
			failed := newVisit(t, p).fails(test.check)
			if !strings.HasPrefix(failed.Word, "Bad id_token ") && test.check != "attributes subject" {
				t.Errorf("the app is told %q", failed.Word)
			}
		})
	}
}

func TestIDTokensWithinTheRulesAreTaken(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	for name, edit := range map[string]func(claims map[string]any){
		"several audiences": func(c map[string]any) { c["aud"], c["azp"] = []string{"b", p.ClientID}, p.ClientID },
		"one in a list":     set("aud", []string{p.ClientID}),
		"late clock":        set("exp", time.Now().Add(-30*time.Second).Unix()),
		"early clock":       set("iat", time.Now().Add(30*time.Second).Unix()),
		"fractions":         set("iat", float64(time.Now().UnixMilli())/1000),
		"no at_hash":        set("at_hash", nil),
		"nbf":               set("nbf", time.Now().Unix()),
	} {
		t.Run(name, func(t *testing.T) {
			p.EditIDToken(edit)
			if _, err := newVisit(t, p).redeem(); err != nil {
				t.Error(err)
			}
		})
	}
	google := upstreamtest.Start(t, upstream.Google)
	google.EditIDToken(set("iss", strings.TrimPrefix(google.URL, "https://")))
	if _, err := newVisit(t, google).redeem(); err != nil {
		t.Errorf("Google's issuer without its scheme: %v", err)
	}
}

func TestSubjectsAreNamesThatCanBeKept(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	p.Handle("/userinfo", func(w http.ResponseWriter, r *http.Request) {})
	for subject, ok := range map[string]bool{
		"":                              false,
		"a\x00b":                        false,
		"a\u202eb":                      false,
		"a\nb":                          false,
		"a\ufffd":                       false, // which "a\ud800" is read as
		strings.Repeat("é", 255):        true,
		strings.Repeat("é", 256):        false,
		"auth0|5f7c8ec7c33c6c004bbaf":   true,
		strings.Repeat("a", 250) + "\n": false,
	} {
		p.SetClaims(map[string]any{"sub": subject})
		v := newVisit(t, p)
		v.config.AuthorizeURL, v.config.TokenURL, v.config.KeysURL = p.URL+"/authorize", p.URL+"/token", p.URL+"/jwks"
		if !ok {
			v.fails("subject")
			continue
		}
		if identity, err := v.redeem(); err != nil || identity.Subject != subject {
			t.Errorf("%q: %v", subject, err)
		}
	}
	if n := p.Calls("/userinfo"); n != 0 {
		t.Errorf("attributes were asked for %d times where none are configured", n)
	}
}

// forge makes tokens that the provider has not signed, or not so.
func TestForgedSignaturesAreRefused(t *testing.T) {
	t.Parallel()
	p, other := upstreamtest.Start(t, upstream.OIDC), upstreamtest.Start(t, upstream.OIDC)
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other.UseKey(jose.ES256, own)
	public := p.Public().(*rsa.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	hmacWith := func(secret []byte) func(map[string]any) string {
		padded := append([]byte{}, secret...)
		return func(claims map[string]any) string {
			for len(padded) < 32 {
				padded = append(padded, 0) // to HMAC the same key
			}
			return upstreamtest.Compact(t, jose.HS256, jose.JSONWebKey{Key: padded, KeyID: p.KeyID()}, claims)
		}
	}
	none := func(alg string) func(map[string]any) string {
		return func(claims map[string]any) string {
			return upstreamtest.Raw(t, map[string]any{"alg": alg, "kid": p.KeyID()}, claims, nil)
		}
	}
	// parts changes the parts of a good token.
	parts := func(change func(parts []string)) func(map[string]any) string {
		return func(claims map[string]any) string {
			parts := strings.Split(p.Sign(claims), ".")
			change(parts)
			return strings.Join(parts, ".")
		}
	}
	header := func(json string) func(map[string]any) string {
		return parts(func(parts []string) {
			parts[0] = base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(json, "KID", p.KeyID())))
		})
	}
	for name, test := range map[string]struct {
		check string
		sign  func(claims map[string]any) string
	}{
		"none":                         {"algorithm", none("none")},
		"None":                         {"algorithm", none("None")},
		"no algorithm":                 {"algorithm", none("")},
		"HS256 by the client secret":   {"algorithm", hmacWith([]byte(p.ClientSecret))},
		"HS256 by the public key, PEM": {"algorithm", hmacWith(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))},
		"HS256 by the public key, DER": {"algorithm", hmacWith(der)},
		"HS256 by the modulus":         {"algorithm", hmacWith(public.N.Bytes())},
		"the key of another provider":  {"key", other.Sign},
		"its key by our id": {"signature", func(c map[string]any) string {
			return upstreamtest.Compact(t, jose.ES256, jose.JSONWebKey{Key: own, KeyID: p.KeyID()}, c)
		}},
		"no kid":                        {"key", func(c map[string]any) string { return upstreamtest.Compact(t, jose.ES256, own, c) }},
		"the key in the header":         {"key", func(c map[string]any) string { return embedded(t, own, c) }},
		"other claims":                  {"signature", parts(func(parts []string) { parts[1] = base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"admin"}`)) })},
		"no signature":                  {"signature", parts(func(parts []string) { parts[2] = "" })},
		"another algorithm of the kind": {"signature", header(`{"alg":"PS256","kid":"KID"}`)},
		"another kind of key":           {"signature", header(`{"alg":"ES256","kid":"KID"}`)},
		"two algorithms":                {"header", header(`{"alg":"RS256","alg":"none","kid":"KID"}`)},
		"critical extension":            {"header", header(`{"alg":"RS256","kid":"KID","crit":["b64"],"b64":false}`)},
		"payload not encoded":           {"header", header(`{"alg":"RS256","kid":"KID","b64":false}`)},
		"an access token":               {"type", header(`{"alg":"RS256","kid":"KID","typ":"at+JWT"}`)},
		"a logout token":                {"type", header(`{"alg":"RS256","kid":"KID","typ":"logout+jwt"}`)},
		"five parts":                    {"header", func(c map[string]any) string { return p.Sign(c) + ".a.b" }},
		"JSON":                          {"header", func(c map[string]any) string { return inJSON(p.Sign(c)) }},
		"not a token":                   {"header", func(map[string]any) string { return "x" }},
		"no token":                      {"missing", func(map[string]any) string { return "" }},
	} {
		t.Run(name, func(t *testing.T) {
			p.SignWith(test.sign)
			newVisit(t, p).fails(test.check)
		})
	}
}

func embedded(t *testing.T, key *ecdsa.PrivateKey, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, &jose.SignerOptions{EmbedJWK: true})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

func inJSON(compact string) string {
	parts := strings.Split(compact, ".")
	return fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, parts[1], parts[0], parts[2])
}

func TestEachAsymmetricAlgorithmIsTaken(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	p.EditIDToken(set("at_hash", nil))
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve := func(c elliptic.Curve) any {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for alg, key := range map[jose.SignatureAlgorithm]any{
		jose.RS256: rsaKey, jose.RS384: rsaKey, jose.RS512: rsaKey, jose.PS256: rsaKey, jose.PS384: rsaKey, jose.PS512: rsaKey,
		jose.ES256: curve(elliptic.P256()), jose.ES384: curve(elliptic.P384()), jose.ES512: curve(elliptic.P521()), jose.EdDSA: edwards,
	} {
		p.UseKey(alg, key)
		if _, err := newVisit(t, p).redeem(); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func TestKeysThatProveNothingAreNotUsed(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	small, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // it is refused
	if err != nil {
		t.Fatal(err)
	}
	edit := func(member string, value any) func(map[string]any) {
		return func(key map[string]any) { set(member, value)(key) }
	}
	good := jose.JSONWebKey{Key: p.Public(), KeyID: p.KeyID(), Algorithm: "RS256", Use: "sig"}
	private := jose.JSONWebKey{Key: small, KeyID: p.KeyID(), Algorithm: "RS256", Use: "sig"}
	for name, test := range map[string]struct {
		check string
		key   jose.JSONWebKey
		edit  func(map[string]any)
	}{
		"as it is":        {"", good, func(map[string]any) {}},
		"without alg":     {"", good, edit("alg", nil)},
		"without use":     {"", good, edit("use", nil)},
		"for encryption":  {"key", good, edit("use", "enc")},
		"of another name": {"key", good, edit("kid", "other")},
		"without a name":  {"key", good, edit("kid", nil)},
		"HMAC": {"key", good, func(k map[string]any) {
			clear(k)
			maps.Copy(k, map[string]any{"kty": "oct", "k": "c2VjcmV0", "kid": p.KeyID()})
		}},
		"of an algorithm":    {"signature", good, edit("alg", "PS256")},
		"for HMAC":           {"key", good, edit("alg", "HS256")},
		"of 1024 bits":       {"key", private.Public(), func(map[string]any) {}},
		"private":            {"key", private, func(map[string]any) {}},
		"of an unknown kind": {"key", good, edit("kty", "XYZ")},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := test.key.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			var members map[string]any
			if err := json.Unmarshal(raw, &members); err != nil {
				t.Fatal(err)
			}
			test.edit(members)
			p.Handle("/jwks", func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{"kty": "strange"}, members}})
			})
			if test.check != "" {
				newVisit(t, p).fails(test.check)
				return
			}
			if _, err := newVisit(t, p).redeem(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Whoever may sign for one issuer must not sign for another that has the same keys, as tenants of one service may have.
func TestIssuersThatShareKeysAreApart(t *testing.T) {
	t.Parallel()
	victim, attacker := upstreamtest.Start(t, upstream.OIDC), upstreamtest.Start(t, upstream.OIDC)
	victim.SignWith(func(claims map[string]any) string {
		claims["iss"] = attacker.URL
		return attacker.Sign(claims)
	})
	v := newVisit(t, victim)
	v.client.HTTP = both(t, victim, attacker)
	v.config.KeysURL = attacker.URL + "/jwks"
	v.fails("issuer")
}

func TestAgeOfASignInIsWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	for name, test := range map[string]struct {
		age, limit time.Duration
		said       bool
		ok         bool
	}{
		"new":             {0, 0, true, true},
		"within":          {4 * time.Minute, 5 * time.Minute, true, true},
		"too old":         {7 * time.Minute, 5 * time.Minute, true, false},
		"not said":        {0, 5 * time.Minute, false, false},
		"from the future": {-2 * time.Minute, 5 * time.Minute, true, false},
		"any":             {time.Hour, -1, true, true},
		"any, not said":   {0, -1, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			p.EditIDToken(func(claims map[string]any) {
				delete(claims, "auth_time")
				if test.said {
					claims["auth_time"] = time.Now().Add(-test.age).Unix()
				}
			})
			v := newVisit(t, p)
			v.depart.MaxAge, v.arrive.MaxAge = test.limit, test.limit
			if !test.ok {
				v.fails("auth_time")
				return
			}
			identity, err := v.redeem()
			if err != nil || identity.AuthTime.IsZero() == test.said {
				t.Errorf("got %+v, %v", identity, err)
			}
		})
	}
}
