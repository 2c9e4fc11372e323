package oauth2

import (
	"net/url"
	"slices"
	"strings"

	"cardea/spec/awsjson"
)

// Bounds of a registration.
const (
	MaxRegistration = 32 << 10 // bytes
	maxURIs         = 100
	maxURI          = 1 << 10
	maxName         = 128
)

// Grant types, as metadata of clients names them.
const (
	GrantCode    = "authorization_code"
	GrantRefresh = "refresh_token"
	GrantClient  = "client_credentials"
)

// Methods by which clients authenticate at the token endpoint.
const (
	AuthNone  = "none"
	AuthBasic = "client_secret_basic"
	AuthPost  = "client_secret_post"
)

// Metadata is what an app that registers itself says of itself (RFC 7591 §2), with the defaults of what it leaves out. Members
// that are not here have no effect.
type Metadata struct {
	Name          string
	RedirectURIs  []string
	LogoutURIs    []string
	GrantTypes    []string
	ResponseTypes []string
	AuthMethod    string
	Scopes        []string // nil: the app names none
}

// ParseMetadata reads the body of a registration, and checks what can be checked without knowing the pool. What is wrong is an
// *Error.
func ParseMetadata(body []byte) (m Metadata, err error) {
	root, err := awsjson.Parse(body)
	if err != nil || root.Type != awsjson.Object {
		return m, badMetadata("The body must be a JSON object.")
	}
	r := reader{root: &root}
	m = Metadata{
		Name: r.text("client_name"), RedirectURIs: r.list("redirect_uris"), LogoutURIs: r.list("post_logout_redirect_uris"),
		GrantTypes: r.list("grant_types"), ResponseTypes: r.list("response_types"),
		AuthMethod: r.text("token_endpoint_auth_method"), Scopes: Scopes(r.text("scope")),
	}
	if r.err != nil {
		return m, r.err
	}
	m.complete()
	return m, m.check()
}

// complete fills in the defaults.
func (m *Metadata) complete() {
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = []string{GrantCode}
	}
	if m.AuthMethod == "" {
		m.AuthMethod = AuthBasic
	}
	if len(m.ResponseTypes) == 0 && m.Grants(GrantCode) {
		m.ResponseTypes = []string{Code}
	}
	m.Name = shownName(m.Name)
}

// Grants reports whether a grant type is among those asked for.
func (m *Metadata) Grants(kind string) bool { return slices.Contains(m.GrantTypes, kind) }

// check checks that the members agree with each other.
func (m *Metadata) check() error {
	for _, kind := range m.GrantTypes {
		if kind != GrantCode && kind != GrantRefresh && kind != GrantClient {
			return badMetadata("The grant type is not supported.")
		}
	}
	alone := len(m.GrantTypes) == 1
	switch {
	case m.Grants(GrantClient) && !alone, m.Grants(GrantRefresh) && !m.Grants(GrantCode):
		return badMetadata("The grant types do not go together.")
	case !slices.Contains([]string{AuthNone, AuthBasic, AuthPost}, m.AuthMethod):
		return badMetadata("The token_endpoint_auth_method is not supported.")
	case m.Grants(GrantClient) && m.AuthMethod == AuthNone:
		return badMetadata("client_credentials needs a client secret.")
	case slices.ContainsFunc(m.ResponseTypes, func(kind string) bool { return kind != Code }), len(m.ResponseTypes) > 0 && !m.Grants(GrantCode):
		return badMetadata("The response_types are not those of the grant types.")
	case m.Grants(GrantCode) && len(m.RedirectURIs) == 0:
		return &Error{Code: InvalidRedirectURI, Description: "redirect_uris is required."}
	}
	for _, list := range [][]string{m.RedirectURIs, m.LogoutURIs} {
		if len(list) > maxURIs {
			return &Error{Code: InvalidRedirectURI, Description: "There are too many addresses."}
		}
		for _, address := range list {
			if len(address) > maxURI || Registrable(address) != Allowed || !legible(address) {
				return &Error{Code: InvalidRedirectURI, Description: "An address is not allowed."}
			}
		}
	}
	return nil
}

// Verdict is what is wrong with an address that a client would register.
type Verdict int

// The verdicts.
const (
	Allowed       Verdict = iota
	WithFragment          // it has a fragment
	NoURL                 // it is no absolute URL
	WrongProtocol         // a browser would run it or open a file, or it is http and not to this machine
)

// Registrable judges an address that a client would register: https, the scheme of an app, and http to this machine.
func Registrable(address string) Verdict {
	if strings.Contains(address, "#") {
		return WithFragment
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return NoURL
	}
	switch strings.ToLower(u.Scheme) {
	case "http":
		if !slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, strings.ToLower(u.Hostname())) {
			return WrongProtocol
		}
	case "https":
		if u.Hostname() == "" {
			return NoURL
		}
	}
	if Executable(address) {
		return WrongProtocol
	}
	return Allowed
}

// legible reports whether an address and its host have the characters alone that addresses are written in (RFC 3986 §2): no
// others look like these, and none changes how the address is shown.
func legible(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isVisible(address) && isVisible(u.Host)
}

// isVisible reports whether all characters of a text are in ASCII, and neither spaces nor control characters.
func isVisible(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// shownName is an app's name as it can be kept: of the characters that the API's ClientName may have, so that it is plain on
// pages, and as long as that may be.
func shownName(given string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune(" _+=,.@-", r):
			return r
		}
		return -1
	}, given)
	kept = strings.Join(strings.Fields(kept), " ")
	return strings.TrimSpace(kept[:min(len(kept), maxName)])
}

// reader reads members of a JSON object; err is the first thing wrong.
type reader struct {
	root *awsjson.Node
	err  error
}

func (r *reader) text(name string) string {
	n := r.root.Given(name)
	if n == nil {
		return ""
	}
	return r.string(n)
}

func (r *reader) list(name string) []string {
	n := r.root.Given(name)
	if n == nil {
		return nil
	}
	if n.Type != awsjson.Array {
		r.err = badMetadata("A member is not of its type.")
		return nil
	}
	var list []string
	for i := range n.Items {
		list = append(list, r.string(&n.Items[i]))
	}
	return list
}

func (r *reader) string(n *awsjson.Node) string {
	if n.Type != awsjson.Text {
		r.err = badMetadata("A member is not of its type.")
	}
	return n.Text
}

func badMetadata(what string) error { return &Error{Code: InvalidClientMetadata, Description: what} }
