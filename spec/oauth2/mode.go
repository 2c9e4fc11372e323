package oauth2

import (
	"slices"
	"strings"
)

// Response modes: where the parameters of an answer are (OAuth 2.0 Multiple Response Type Encoding Practices and OAuth 2.0
// Form Post Response Mode).
const (
	ModeQuery    = "query"
	ModeFragment = "fragment"
	ModeForm     = "form_post"
)

// Mode is how a request is answered when it does not say. It is known even of one that is wrong otherwise.
func Mode(v Values) string {
	if v.Get("response_type") == Token {
		return ModeFragment
	}
	return ModeQuery
}

// ReadMode is how a request is answered that may say so, by one of the modes that the server supports. Tokens are never in a
// query, and a form is posted to the web only, since elsewhere nobody could read it. With an *Error it gives the mode in which
// that is answered.
func ReadMode(v Values, uri string, supported []string) (string, error) {
	mode, usual := v.Get("response_mode"), Mode(v)
	switch {
	case mode == "":
		return usual, nil
	case !slices.Contains(supported, mode), mode == ModeQuery && usual == ModeFragment, mode == ModeForm && !isWeb(uri):
		return usual, &Error{Code: InvalidRequest, Description: "response_mode is not supported"}
	}
	return mode, nil
}

// isWeb reports whether an address is one of http or https.
func isWeb(uri string) bool {
	scheme, _, _ := strings.Cut(uri, "://")
	return strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http")
}
