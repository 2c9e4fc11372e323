package upstreamtest

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"cardea/outbound/upstream"
	"cardea/spec/oauth2"
)

// ServeHTTP implements [http.Handler].
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls[r.URL.Path]++
	handler := p.handlers[r.URL.Path]
	p.mu.Unlock()
	if handler != nil {
		handler(w, r)
		return
	}
	oidc := p.Kind == upstream.OIDC || p.Kind == upstream.Google || p.Kind == upstream.Apple
	switch path := r.URL.Path; {
	case path == "/.well-known/openid-configuration" && oidc:
		p.serveDiscovery(w, r)
	case path == "/jwks" && oidc:
		p.serveKeys(w, r)
	case path == "/authorize":
		p.serveAuthorize(w, r)
	case path == "/token":
		p.serveToken(w, r)
	case path == attributesPath[p.Kind]:
		p.serveAttributes(w, r)
	default:
		http.NotFound(w, r)
	}
}

var attributesPath = map[string]string{
	upstream.OIDC: "/userinfo", upstream.Google: "/v1/people/me", upstream.Facebook: "/me", upstream.Amazon: "/user/profile",
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client is gone
}

func (p *Provider) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/jwks",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post"},
	}
	if p.Kind == upstream.OIDC {
		document["userinfo_endpoint"] = p.URL + "/userinfo"
	}
	answer(w, http.StatusOK, document)
}

// serveAuthorize signs the person in and sends the browser back at once; Apple's page posts.
func (p *Provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect, state := q.Get("redirect_uri"), q.Get("state")
	formPost := q.Get("response_mode") == "form_post"
	switch {
	case q.Get("client_id") != p.ClientID, redirect == "", state == "", q.Get("response_type") != "code",
		q.Has("code_challenge") && (q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43),
		p.Kind == upstream.OIDC && !strings.Contains(" "+q.Get("scope")+" ", " openid "),
		p.Kind == upstream.Apple && q.Get("scope") != "" && !formPost:
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	code := rand.Text()
	p.codes[code] = grant{redirect, q.Get("nonce"), q.Get("code_challenge"), q.Has("max_age"), maps.Clone(p.claims)}
	first := p.first
	p.first = false
	name, _ := p.claims["name"].(string)
	p.mu.Unlock()

	values := url.Values{"code": {code}, "state": {state}}
	if p.Kind == upstream.OIDC {
		values.Set("iss", p.URL)
	}
	if !formPost {
		http.Redirect(w, r, redirect+"?"+values.Encode(), http.StatusFound)
		return
	}
	if given, family, _ := strings.Cut(name, " "); first && name != "" {
		user, _ := json.Marshal(map[string]any{"name": map[string]string{"firstName": given, "lastName": family}, "email": "forged@example.com"})
		values.Set("user", string(user))
	}
	p.servePost(w, redirect, values)
}

// serveToken answers a code that was given for the client, once, to whoever has its secret and the verifier.
func (p *Provider) serveToken(w http.ResponseWriter, r *http.Request) {
	method := http.MethodPost
	if p.Kind == upstream.Facebook {
		method = http.MethodGet
	}
	if r.Method != method || r.ParseForm() != nil || r.Header.Get("Authorization") != "" {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
		return
	}
	if r.Form.Get("client_id") != p.ClientID || !p.authenticates(r.Form.Get("client_secret")) {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "The client secret is wrong."})
		return
	}
	p.mu.Lock()
	g, found := p.codes[r.Form.Get("code")]
	delete(p.codes, r.Form.Get("code"))
	p.mu.Unlock()
	if !found || r.Form.Get("grant_type") != "authorization_code" || r.Form.Get("redirect_uri") != g.redirect || !oauth2.Verifies(g.challenge, r.Form.Get("code_verifier")) {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "The code is not good."})
		return
	}
	p.mu.Lock()
	access := rand.Text()
	p.tokens[access] = g
	edit := p.editTokens
	p.mu.Unlock()
	response := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 3600}
	if p.Kind != upstream.Facebook && p.Kind != upstream.Amazon {
		response["id_token"] = p.idToken(g, access)
	}
	if p.Kind != upstream.Facebook {
		response["refresh_token"] = rand.Text()
	}
	if edit != nil {
		edit(response)
	}
	answer(w, http.StatusOK, response)
}

// authenticates checks a client's secret. Apple's clients sign theirs.
func (p *Provider) authenticates(secret string) bool {
	if p.Kind != upstream.Apple {
		return secret == p.ClientSecret
	}
	signed, err := jose.ParseSignedCompact(secret, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || signed.Signatures[0].Header.KeyID != "KEY1234567" {
		return false
	}
	payload, err := signed.Verify(p.apple.Public())
	if err != nil {
		return false
	}
	var claims struct {
		Iss, Sub, Aud string
		Iat, Exp      int64
	}
	now := p.Now().Unix()
	return json.Unmarshal(payload, &claims) == nil && claims.Iss == "TEAM123456" && claims.Sub == p.ClientID && claims.Aud == p.URL &&
		claims.Iat <= now && claims.Exp > now && claims.Exp-claims.Iat <= 15777000
}

// idToken makes the ID token of a grant.
func (p *Provider) idToken(g grant, access string) string {
	now := p.Now()
	claims := maps.Clone(g.claims)
	for name := range claims {
		if peopleNames[name] {
			delete(claims, name)
		}
	}
	maps.Copy(claims, map[string]any{
		"iss": p.URL, "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "at_hash": atHash(access),
	})
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	if g.maxAge {
		claims["auth_time"] = now.Unix()
	}
	if p.Kind == upstream.Google {
		claims["azp"] = p.ClientID
	}
	if p.Kind == upstream.Apple {
		delete(claims, "name")
		if verified, ok := claims["email_verified"].(bool); ok && verified {
			claims["email_verified"] = "true" // a text, as Apple has it at times
		}
		claims["nonce_supported"] = true
	}
	p.mu.Lock()
	edit, sign := p.editIDToken, p.sign
	p.mu.Unlock()
	if edit != nil {
		edit(claims)
	}
	if sign != nil {
		return sign(claims)
	}
	return p.Sign(claims)
}
