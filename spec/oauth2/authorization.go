package oauth2

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Response types.
const (
	Code  = "code"
	Token = "token" // the implicit grant
)

// Values of prompt (OpenID Connect Core §3.1.2.1).
const (
	PromptNone    = "none"
	PromptLogin   = "login"
	PromptSelect  = "select_account"
	PromptConsent = "consent"
)

// Authorization is an authorization request, as far as its form is concerned.
type Authorization struct {
	ResponseType string
	State        string
	Nonce        string
	Scopes       []string // each once; nil: whatever the client may have
	Challenge    string   // by S256; empty: none
	Prompt       []string
	MaxAge       *time.Duration // how old a sign-in may be; nil: any age
	Levels       []string       // of authentication that would do, as acr_values names them; nil: any
	Resource     string
	Provider     string // the identity provider's name, "COGNITO" for the pool itself
}

// ReadAuthorization reads the parameters besides client_id and redirect_uri, which decide where an error goes and have to be
// checked before. What is wrong with the form is an *Error.
func ReadAuthorization(v Values) (Authorization, error) {
	a := Authorization{
		ResponseType: v.Get("response_type"),
		State:        v.Get("state"),
		Nonce:        v.Get("nonce"),
		Scopes:       Scopes(v.Get("scope")),
		Challenge:    v.Get("code_challenge"),
		Prompt:       Scopes(v.Get("prompt")),
		Levels:       Scopes(v.Get("acr_values")),
		Resource:     v.Get("resource"),
		Provider:     v.Get("identity_provider"),
	}
	if v.Repeated("state") || len(a.State) > maxState {
		a.State = "" // there is none that could be echoed
	}
	if err := v.Check(); err != nil {
		return a, err
	}
	maxAge, known := seconds(v.Get("max_age"))
	a.MaxAge = maxAge
	switch {
	case a.ResponseType == "" || !v.short() || !known:
		return a, &Error{Code: InvalidRequest}
	case a.ResponseType != Code && a.ResponseType != Token:
		return a, &Error{Code: UnsupportedResponseType}
	case !proves(a.Challenge, v.Get("code_challenge_method")), !promptable(a.Prompt):
		return a, &Error{Code: InvalidRequest}
	case a.Resource != "" && !isResource(a.Resource):
		return a, &Error{Code: InvalidTarget}
	}
	return a, nil
}

// Prompts reports whether prompt has a value.
func (a *Authorization) Prompts(value string) bool { return slices.Contains(a.Prompt, value) }

// Fresh reports whether a sign-in of an age serves the request (OpenID Connect Core §3.1.2.1). One of whatever age is too old
// for a max_age of 0, which is the same as prompt=login.
func (a *Authorization) Fresh(age time.Duration) bool { return a.MaxAge == nil || age < *a.MaxAge }

// seconds reads a number of seconds, of which there may be none.
func seconds(text string) (*time.Duration, bool) {
	if text == "" {
		return nil, true
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return nil, false
	}
	return new(time.Duration(n) * time.Second), true
}

// Scopes splits a list of scopes, and drops those that it has already.
func Scopes(text string) (list []string) {
	for scope := range strings.SplitSeq(text, " ") {
		if scope != "" && !slices.Contains(list, scope) {
			list = append(list, scope)
		}
	}
	return list
}

// proves reports whether challenge and method are both absent, or both right.
func proves(challenge, method string) bool {
	if challenge == "" {
		return method == ""
	}
	return method == "S256" && isChallenge(challenge)
}

// promptable reports whether the values of prompt are known, and none stands alone.
func promptable(prompt []string) bool {
	for _, value := range prompt {
		if !slices.Contains([]string{PromptNone, PromptLogin, PromptSelect, PromptConsent}, value) {
			return false
		}
	}
	return len(prompt) < 2 || !slices.Contains(prompt, PromptNone)
}

// isResource reports whether a text may be a resource indicator: an absolute URI without a fragment, by https, by http on
// this machine only, or with the scheme of an app (docs/cognito/oauth.md, "Authorize").
func isResource(text string) bool {
	scheme, rest, found := strings.Cut(text, ":")
	if !found || scheme == "" || rest == "" || strings.Contains(text, "#") || !isVisible(text) {
		return false
	}
	if !strings.EqualFold(scheme, "http") {
		return isScheme(scheme)
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
	host, _, _ = strings.Cut(host, ":")
	return host == "localhost"
}

func isScheme(text string) bool {
	for i, r := range text {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)) {
			return false
		}
	}
	return true
}
