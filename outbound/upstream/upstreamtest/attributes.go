package upstreamtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"cardea/outbound/upstream"
)

// peopleNames are claims that Google's People API has and ID tokens do not.
var peopleNames = map[string]bool{"birthdays": true, "genders": true, "phoneNumbers": true, "names": true, "photos": true, "addresses": true}

func atHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// serveAttributes answers about the person of an access token, in the form of the kind.
func (p *Provider) serveAttributes(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	g, found := p.tokens[token]
	edit := p.editUserInfo
	p.mu.Unlock()
	if !found || r.Method != http.MethodGet && (r.Method != http.MethodPost || p.Kind != upstream.OIDC) {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	claims := maps.Clone(g.claims)
	for name := range peopleNames {
		delete(claims, name)
	}
	switch p.Kind {
	case upstream.Google:
		claims = p.person(g.claims, r.URL.Query().Get("personFields"))
	case upstream.Facebook:
		claims["id"] = claims["sub"]
		delete(claims, "email_verified")
		if !p.proves(r.URL.Query().Get("appsecret_proof"), token) {
			answer(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"message": "Invalid appsecret_proof", "type": "GraphMethodException", "code": 100}})
			return
		}
		claims = only(claims, r.URL.Query().Get("fields"))
	case upstream.Amazon:
		claims["user_id"] = claims["sub"]
		claims = only(claims, "user_id,name,email,postal_code")
	}
	if edit != nil {
		edit(claims)
	}
	answer(w, http.StatusOK, claims)
}

// proves reports whether a proof is of the app's secret.
func (p *Provider) proves(proof, token string) bool {
	mac := hmac.New(sha256.New, []byte(p.ClientSecret))
	mac.Write([]byte(token))
	return proof == hex.EncodeToString(mac.Sum(nil))
}

func only(claims map[string]any, names string) map[string]any {
	some := map[string]any{}
	for name := range strings.SplitSeq(names, ",") {
		if value, found := claims[name]; found {
			some[name] = value
		}
	}
	return some
}

// person is an answer of the People API.
func (p *Provider) person(claims map[string]any, fields string) map[string]any {
	sub, _ := claims["sub"].(string)
	answer := map[string]any{"resourceName": "people/" + sub, "etag": "%EgUBAgk="}
	maps.Copy(answer, only(claims, fields))
	if name, ok := claims["name"].(string); ok && strings.Contains(fields, "names") {
		given, family, _ := strings.Cut(name, " ")
		answer["names"] = []any{map[string]any{"metadata": map[string]any{"primary": true}, "displayName": name, "givenName": given, "familyName": family}}
	}
	return answer
}

var postPage = template.Must(template.New("").Parse(`<!doctype html><title>Sign in</title>
<body onload="document.forms[0].submit()"><form method="post" action="{{.Action}}">
{{range $name, $values := .Values}}<input type="hidden" name="{{$name}}" value="{{index $values 0}}">{{end}}
<noscript><button>Continue</button></noscript></form>
`))

// servePost answers a page that posts to the client, as Apple does.
func (p *Provider) servePost(w http.ResponseWriter, action string, values url.Values) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = postPage.Execute(w, struct {
		Action string
		Values url.Values
	}{action, values}) // the client is gone
}
