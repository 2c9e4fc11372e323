package upstream

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// requestAttributes asks the provider what else it says of the user, with the access token that it has just given: since the token
// came with our own code, it is no other client's, and needs no check of its own.
func (r *redemption) requestAttributes(ctx context.Context) error {
	if r.p.Type == Apple {
		r.userInfo = appleUser(r.a.User, r.j)
		return nil
	}
	var fields []string
	if r.p.AddAttributes {
		fields = r.fields()
	}
	if r.p.AttributesURL == "" || r.p.AddAttributes && len(fields) == 0 {
		if !r.p.kind().idToken {
			return fail("attributes", r.p.Name+" Error - attributes_url", "attributes_url of the provider is missing.", "the provider has no attributes_url")
		}
		return nil
	}
	object, err := r.askAttributes(ctx, fields)
	if err != nil {
		return err
	}
	if r.p.Type == Google && r.p.AddAttributes {
		return r.readPeople(object)
	}
	return r.readAttributes(object)
}

// fields are what the provider has to be asked for by name.
func (r *redemption) fields() []string {
	if r.p.Type == Google {
		return r.peopleFields()
	}
	fields := []string{r.p.kind().subject}
	for _, name := range r.p.Attributes {
		if isField(name) && !slices.Contains(fields, name) && !Secret(name) {
			fields = append(fields, name)
		}
	}
	return fields
}

// isField reports whether a name may be added to a list of fields: Facebook reads braces and parentheses as requests for more.
func isField(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_')
	})
}

func (r *redemption) askAttributes(ctx context.Context, fields []string) (map[string]any, error) {
	word := r.p.Name + " Error - error getting user info"
	q := call{
		name: "attributes", method: http.MethodGet, url: r.p.AttributesURL, bearer: text(r.token, accessToken), words: words{"Read timed out", word},
	}
	if strings.EqualFold(r.p.AttributesMethod, http.MethodPost) {
		q.method = http.MethodPost
	}
	if r.p.AddAttributes {
		q.url += url.QueryEscape(strings.Join(fields, ","))
	}
	if r.p.Type == Facebook { // asked for by apps that are set up to
		mac := hmac.New(sha256.New, []byte(r.p.ClientSecret))
		mac.Write([]byte(q.bearer))
		q.form = url.Values{"appsecret_proof": {hex.EncodeToString(mac.Sum(nil))}}
	}
	got, err := r.c.send(ctx, q, r.j)
	if err != nil {
		return nil, err
	}
	if got.status < 200 || got.status > 299 {
		return nil, fail("attributes", fmt.Sprintf("%s Error - %d error getting user info", r.p.Name, got.status),
			"Is attributes_url right, and is attributes_request_method the one that it wants?", "the attributes are answered with status %d", got.status)
	}
	if strings.HasPrefix(got.kind, "application/jwt") || looksSigned(got.body) {
		return nil, fail("attributes", word, "The provider signs or encrypts its answer. Have it answer this client in JSON (userinfo_signed_response_alg).",
			"the attributes are a token, not JSON")
	}
	object, err := readObject(got.body)
	if err != nil {
		return nil, fail("attributes", word, "Is attributes_url right? It has to answer JSON.", "the attributes: %w", err)
	}
	return object, nil
}

func looksSigned(body []byte) bool { return strings.HasPrefix(string(body), "eyJ") }

// readAttributes takes attributes whose subject is that of the ID token.
func (r *redemption) readAttributes(object map[string]any) error {
	name := r.p.kind().subject
	subject, ok := object[name].(string)
	if !ok || r.claims != nil && !same(text(r.claims, "sub"), subject) {
		return fail("attributes subject", "Invalid subject from identity provider", "attributes_url has to answer about the user of the access token, by the same "+name+" as the ID token.",
			"%s of the attributes is not the user's of the ID token", name)
	}
	r.userInfo = texts(object)
	r.passed("attributes subject", nil)
	return nil
}
