package upstream

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// skew is how far a provider's clock may be from this server's.
const skew = time.Minute

// verifyIDToken verifies the ID token of a token response (OpenID Connect Core §3.1.3.7).
func (r *redemption) verifyIDToken(ctx context.Context) error {
	compact := text(r.token, idToken)
	if compact == "" {
		return badToken("missing", "The provider gives an ID token only for the scope openid: add it to authorize_scopes.", "there is no ID token in the token response")
	}
	header, err := readHeader(compact)
	if err != nil {
		return err
	}
	payload, err := r.verifySignature(ctx, compact, header)
	if err != nil {
		return err
	}
	claims, err := readObject(payload)
	if err != nil {
		return badToken("payload", "", "the claims of the ID token: %w", err)
	}
	if err := r.checkClaims(claims, header.alg); err != nil {
		return err
	}
	r.claims = claims
	return nil
}

// header is what an ID token says of its signature.
type header struct {
	alg jose.SignatureAlgorithm
	kid string
}

// readHeader reads the header. Members that lead to a key, such as jwk and jku, are not read at all.
func readHeader(compact string) (h header, err error) {
	const advice = "The provider has to sign ID tokens with a key of its key set, by RS256 or another asymmetric algorithm, and to name the key by kid."
	first, _, _ := strings.Cut(compact, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil || strings.Count(compact, ".") != 2 {
		return h, badToken("header", advice, "the ID token is not a signed token")
	}
	members, err := readObject(raw)
	if err != nil {
		return h, badToken("header", advice, "the header of the ID token: %w", err)
	}
	h = header{alg: jose.SignatureAlgorithm(text(members, "alg")), kid: text(members, "kid")}
	if !slices.Contains(asymmetric, h.alg) {
		return h, badToken("algorithm", advice, "the algorithm %q is not accepted", string(h.alg))
	}
	if h.kid == "" {
		return h, badToken("key", advice, "the ID token has no kid")
	}
	for _, name := range []string{"crit", "b64"} {
		if _, found := members[name]; found {
			return h, badToken("header", advice, "the header of the ID token has %s", name)
		}
	}
	if typ := strings.ToLower(text(members, "typ")); strings.HasSuffix(typ, "+jwt") {
		return h, badToken("type", advice, "the ID token is of the type %q", typ)
	}
	return h, nil
}

// verifySignature verifies the signature of the ID token.
func (r *redemption) verifySignature(ctx context.Context, compact string, h header) ([]byte, error) {
	payload, err := r.c.verifySignature(ctx, r.p.KeysURL, compact, h, r.j)
	if err != nil {
		return nil, err
	}
	r.passed("signature", map[string]string{"algorithm": string(h.alg), "kid": clean(h.kid)})
	return payload, nil
}

// verifySignature verifies by the key of a provider's set that the token names, and answers the payload. A set without the key is
// fetched once more, since providers change their keys.
func (c *Client) verifySignature(ctx context.Context, address, compact string, h header, j *Journal) ([]byte, error) {
	set, err := c.keys(ctx, address, false, j)
	if err != nil {
		return nil, err
	}
	if len(set[h.kid]) == 0 {
		if set, err = c.keys(ctx, address, true, j); err != nil {
			return nil, err
		}
	}
	if len(set[h.kid]) == 0 {
		return nil, badToken("key", "jwks_uri has to be the key set of the issuer.", "the provider's key set has no key %q", h.kid)
	}
	parsed, err := jose.ParseSignedCompact(compact, asymmetric)
	if err != nil {
		return nil, badToken("signature", "", "the ID token is not a signed token")
	}
	for _, k := range set[h.kid] {
		if !slices.Contains(k.algorithms, h.alg) {
			continue
		}
		if payload, err := parsed.Verify(k.public); err == nil {
			return payload, nil
		}
	}
	return nil, badToken("signature", "jwks_uri has to be the key set of the issuer, and the key's algorithm that of its tokens.",
		"no key %q of the provider verifies a signature by %s", h.kid, string(h.alg))
}

// checkClaims checks that the token is of this provider, for this client, for this sign-in, and of now.
func (r *redemption) checkClaims(claims map[string]any, alg jose.SignatureAlgorithm) error {
	if iss := text(claims, "iss"); iss != r.p.Issuer && !(r.p.Type == Google && "https://"+iss == r.p.Issuer) {
		e := badToken("issuer", issuerAdvice(r.p.Issuer, iss), "iss is %q, not %q", iss, r.p.Issuer)
		e.Word = strings.TrimSpace(e.Word + " " + clean(iss))
		return e
	}
	r.passed("issuer", nil)
	if err := r.checkAudience(claims); err != nil {
		return err
	}
	if err := r.checkTime(claims); err != nil {
		return err
	}
	if nonce := text(claims, "nonce"); !same(r.a.Nonce, nonce) {
		return badToken("nonce", "The provider has to repeat the nonce of the authorization request. If it does, the token was made for another sign-in.",
			"the nonce is not that of the authorization request")
	}
	r.passed("nonce", nil)
	if hash, found := claims["at_hash"]; found {
		if said, _ := hash.(string); !same(halfHash(alg, text(r.token, accessToken)), said) {
			return badToken("at_hash", "", "the access token is not the one that the ID token was made with")
		}
		r.passed("at_hash", nil)
	}
	return nil
}

func (r *redemption) checkAudience(claims map[string]any) error {
	const advice = "client_id has to be that of the client that the provider gives tokens to."
	var audiences []string
	switch aud := claims["aud"].(type) {
	case string:
		audiences = []string{aud}
	case []any:
		for _, member := range aud {
			one, ok := member.(string)
			if !ok {
				return badToken("audience", advice, "aud is not a list of texts")
			}
			audiences = append(audiences, one)
		}
	}
	if r.p.ClientID == "" || !slices.Contains(audiences, r.p.ClientID) {
		return badToken("audience", advice, "aud is %q, not %q", strings.Join(audiences, " "), r.p.ClientID)
	}
	azp, found := claims["azp"]
	if said, _ := azp.(string); (found || len(audiences) > 1) && said != r.p.ClientID {
		return badToken("authorized party", advice, "azp is %q, not %q", said, r.p.ClientID)
	}
	r.passed("audience", nil)
	return nil
}

const clockAdvice = "The clocks of the provider and of this server differ: both should follow a time server."

func (r *redemption) checkTime(claims map[string]any) error {
	now := r.c.now()
	expires, ok := when(claims, "exp")
	if !ok || !now.Before(expires.Add(skew)) {
		return badToken("expiry", clockAdvice, "exp is %s, and it is %s", moment(expires), moment(now))
	}
	issued, ok := when(claims, "iat")
	if !ok || issued.After(now.Add(skew)) {
		return badToken("time", clockAdvice, "iat is %s, and it is %s", moment(issued), moment(now))
	}
	if _, found := claims["nbf"]; found {
		if from, ok := when(claims, "nbf"); !ok || from.After(now.Add(skew)) {
			return badToken("time", clockAdvice, "nbf is %s, and it is %s", moment(from), moment(now))
		}
	}
	r.passed("time", nil)
	if r.p.Type != OIDC || r.a.MaxAge < 0 {
		return nil
	}
	proven, ok := when(claims, "auth_time")
	if !ok || proven.After(now.Add(skew)) || now.Sub(proven) > r.a.MaxAge+skew {
		return badToken("auth_time", "The provider was asked for a sign-in that is not older than max_age, and does not say that it is.",
			"auth_time is %s, and it is %s", moment(proven), moment(now))
	}
	r.passed("auth_time", nil)
	return nil
}

// when reads a time in seconds since 1970.
func when(claims map[string]any, name string) (time.Time, bool) {
	number, ok := claims[name].(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := number.Float64()
	if err != nil || math.IsNaN(seconds) || seconds < 0 || seconds > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// moment is a time for the journal.
func moment(t time.Time) string {
	if t.IsZero() {
		return "not said"
	}
	return t.UTC().Format(time.RFC3339)
}
