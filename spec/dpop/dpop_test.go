package dpop_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"testing"
	"time"

	"cardea/spec/dpop"
)

const (
	// The proof of RFC 9449 §4.1, its thumbprint (RFC 9449 §6.1), and a token with its hash (RFC 9449 §7.1).
	rfcProof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
	rfcKey   = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	rfcToken = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
	rfcHash  = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
)

var rfcTime = time.Unix(1562262616, 0)

func TestProofOfTheStandardIsGood(t *testing.T) {
	t.Parallel()
	request := dpop.Request{Method: "POST", URL: "https://server.example.com/token"}
	got, err := dpop.Check(rfcProof, request, rfcTime)
	if err != nil || got.Key != rfcKey || got.ID != "-BwC3ESc6acc2lTc" || got.Until.Before(rfcTime.Add(dpop.Window)) {
		t.Errorf("got %+v, %v", got, err)
	}
	changed := []byte(rfcProof)
	changed[len(changed)-4] ^= 1
	if _, err := dpop.Check(string(changed), request, rfcTime); !errors.Is(err, dpop.ErrProof) {
		t.Errorf("with another signature: %v", err)
	}
}

// maker makes proofs with one key.
type maker struct{ key *ecdsa.PrivateKey }

func newMaker(t testing.TB) maker {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return maker{key}
}

func (m maker) jwk(t testing.TB) map[string]any {
	t.Helper()
	point, err := m.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
}

// proof signs a header and claims.
func (m maker) proof(t testing.TB, header, claims map[string]any) string {
	t.Helper()
	encode := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := encode(header) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, m.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(append(fixed(r), fixed(s)...))
}

func fixed(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }

func TestProofsAreForOneRequest(t *testing.T) {
	t.Parallel()
	m := newMaker(t)
	now := time.Unix(1_800_000_000, 0)
	at := func(d time.Duration) float64 { return float64(now.Add(d).Unix()) }
	for name, c := range map[string]struct {
		header, claims map[string]any // what they change; nil removes a member
		request        dpop.Request
		good           bool
	}{
		"right":                     {good: true},
		"with query and fragment":   {claims: map[string]any{"htu": "https://a.example.com/token?x=y#z"}, good: true},
		"with the scheme's port":    {claims: map[string]any{"htu": "HTTPS://A.example.com:443/token"}, good: true},
		"a little late":             {claims: map[string]any{"iat": at(-dpop.Window)}, good: true},
		"a little early":            {claims: map[string]any{"iat": at(dpop.Window)}, good: true},
		"late":                      {claims: map[string]any{"iat": at(-dpop.Window - time.Second)}},
		"early":                     {claims: map[string]any{"iat": at(dpop.Window + time.Second)}},
		"without a time":            {claims: map[string]any{"iat": nil}},
		"of no time":                {claims: map[string]any{"iat": 1e300}},
		"a time in words":           {claims: map[string]any{"iat": "1800000000"}},
		"another method":            {claims: map[string]any{"htm": "GET"}},
		"the method in lower case":  {claims: map[string]any{"htm": "post"}},
		"no method":                 {claims: map[string]any{"htm": nil, "HTM": "POST"}},
		"another host":              {claims: map[string]any{"htu": "https://b.example.com/token"}},
		"another path":              {claims: map[string]any{"htu": "https://a.example.com/Token"}},
		"another scheme":            {claims: map[string]any{"htu": "http://a.example.com/token"}},
		"another port":              {claims: map[string]any{"htu": "https://a.example.com:8443/token"}},
		"with a user":               {claims: map[string]any{"htu": "https://x@a.example.com/token"}},
		"a path alone":              {claims: map[string]any{"htu": "/token"}},
		"no id":                     {claims: map[string]any{"jti": ""}},
		"a long id":                 {claims: map[string]any{"jti": string(bytes.Repeat([]byte("x"), 257))}},
		"a number as id":            {claims: map[string]any{"jti": 7}},
		"another type":              {header: map[string]any{"typ": "JWT"}},
		"no type":                   {header: map[string]any{"typ": nil}},
		"no algorithm":              {header: map[string]any{"alg": "none"}},
		"a secret's algorithm":      {header: map[string]any{"alg": "HS256"}},
		"another curve's algorithm": {header: map[string]any{"alg": "ES384"}},
		"no key":                    {header: map[string]any{"jwk": nil}},
		"a critical member":         {header: map[string]any{"crit": []string{"x"}}},
		"a token":                   {claims: map[string]any{"ath": rfcHash}, request: dpop.Request{Token: rfcToken}, good: true},
		"another token":             {claims: map[string]any{"ath": rfcHash}, request: dpop.Request{Token: rfcToken + "x"}},
		"no token's hash":           {request: dpop.Request{Token: rfcToken}},
		"a hash without need":       {claims: map[string]any{"ath": rfcHash}, good: true},
	} {
		header := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": m.jwk(t)}
		claims := map[string]any{"jti": "1", "htm": "POST", "htu": "https://a.example.com/token", "iat": at(0)}
		for into, changes := range map[*map[string]any]map[string]any{&header: c.header, &claims: c.claims} {
			for member, value := range changes {
				(*into)[member] = value
				if value == nil {
					delete(*into, member)
				}
			}
		}
		request := dpop.Request{Method: "POST", URL: "https://a.example.com/token", Token: c.request.Token}
		_, err := dpop.Check(m.proof(t, header, claims), request, now)
		if (err == nil) != c.good || err != nil && !errors.Is(err, dpop.ErrProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestThumbprintsAreKnown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{rfcKey: true, rfcKey[1:]: false, rfcKey + "A": false, "": false, rfcKey[:42] + "!": false, rfcKey[:42] + "\n": false} {
		if dpop.IsThumbprint(text) != want {
			t.Errorf("%q: want %t", text, want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(rfcProof)
	f.Fuzz(func(t *testing.T, text string) {
		proof, err := dpop.Check(text, dpop.Request{Method: "POST", URL: "https://server.example.com/token"}, rfcTime)
		if err == nil && (!dpop.IsThumbprint(proof.Key) || proof.ID == "") {
			t.Errorf("%+v of %q", proof, text)
		}
	})
}
