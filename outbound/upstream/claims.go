package upstream

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The tokens of a provider, which may be mapped to attributes like claims.
const (
	accessToken  = "access_token"
	idToken      = "id_token"
	refreshToken = "refresh_token"
)

// Secret reports whether a claim, or a member of a token response, is a token of the provider: whoever has it may act there as the
// user. It is stored where it is mapped, and written nowhere else.
func Secret(name string) bool {
	return name == accessToken || name == idToken || name == refreshToken
}

// texts are the members of an object in the form in which they are stored (docs/cognito/federation.md, "Values"). A null is no value.
func texts(object map[string]any) map[string]string {
	values := make(map[string]string, len(object))
	for name, value := range object {
		if text, ok := stored(value); ok {
			values[name] = text
		}
	}
	return values
}

// stored is the form of one value.
func stored(value any) (text string, ok bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		return value.String(), true
	case []any:
		elements := make([]string, 0, len(value))
		for _, element := range value {
			if text, ok := listed(element); ok {
				elements = append(elements, text)
			}
		}
		return List(elements), true
	case map[string]any:
		return document(value), true
	}
	return "", false
}

// listed is an element of a list before List encodes it. A list within a list is kept as JSON.
func listed(value any) (text string, ok bool) {
	if _, list := value.([]any); list {
		return document(value), true
	}
	return stored(value)
}

// document is a value as JSON without spaces, its names in order.
func document(value any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "" // what readObject has read can be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// List is the form in which several values of one claim are stored: [a, b], each encoded as in a form of HTML, so that letters,
// digits and . - * _ stay, a space is a plus sign, and no value holds a comma (docs/cognito/federation.md, "Values").
func List(values []string) string {
	encoded := make([]string, len(values))
	for i, value := range values {
		encoded[i] = strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(value), "%2A", "*"), "~", "%7E")
	}
	return "[" + strings.Join(encoded, ", ") + "]"
}

// aboutToken are the claims of an ID token that say of the token or the sign-in, not of the user. Nothing else may say them.
var aboutToken = []string{
	"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "auth_time", "acr", "amr", "sid",
	accessToken, idToken, refreshToken,
}

// verified are the claims that say of another that it was checked. Either counts for the value of the same source alone.
var verified = map[string]string{"email": "email_verified", "phone_number": "phone_number_verified"}

// merge adds what a provider said of a user beside the ID token. The later word counts, but a mark of a check never moves to a value
// that it was not said of.
func merge(claims, said map[string]string) {
	for name, mark := range verified {
		if _, again := said[name]; again {
			delete(claims, mark)
		} else if _, first := claims[name]; first {
			said = without(said, mark)
		}
	}
	for name, value := range said {
		if !slices.Contains(aboutToken, name) {
			claims[name] = value
		}
	}
}

func without(values map[string]string, name string) map[string]string {
	rest := make(map[string]string, len(values))
	for n, value := range values {
		if n != name {
			rest[n] = value
		}
	}
	return rest
}
