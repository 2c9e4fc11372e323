package upstream

import (
	"errors"
	"strings"
	"time"

	"cardea/spec/cognitoidp"
)

// The types of providers that are spoken with here.
const (
	OIDC     = cognitoidp.IdentityProviderTypeTypeOidc
	Google   = cognitoidp.IdentityProviderTypeTypeGoogle
	Apple    = cognitoidp.IdentityProviderTypeTypeSignInWithApple
	Facebook = cognitoidp.IdentityProviderTypeTypeFacebook
	Amazon   = cognitoidp.IdentityProviderTypeTypeLoginWithAmazon
)

// Provider is an OAuth provider as a pool has configured it.
type Provider struct {
	Name string
	Type string // an IdentityProviderTypeType, but SAML

	ClientID, ClientSecret string
	Scopes                 string // as the provider separates them
	Apple                  AppleKey

	Issuer        string // empty: the provider has no ID tokens
	AuthorizeURL  string // this and the three that follow: empty where discovery has to tell
	TokenURL      string
	AttributesURL string
	KeysURL       string

	TokenMethod      string   // GET or POST, of the request for tokens
	AttributesMethod string   // GET or POST, of the request for attributes
	AddAttributes    bool     // AttributesURL ends where the names of the attributes have to be added
	Attributes       []string // the claims that are mapped
}

// AppleKey is what Apple's client secrets are signed with.
type AppleKey struct {
	Team, ID string
	Private  string // PKCS #8, in PEM or its base64 alone
}

// Departure is a request for a sign-in at a provider.
type Departure struct {
	RedirectURI, State, Nonce string
	Challenge                 string // of PKCE, S256; empty: none
	Prompt, LoginHint         string
	Levels                    string        // acr_values
	MaxAge                    time.Duration // negative: any
}

// Arrival is what a provider has sent the browser back with.
type Arrival struct {
	Code, Issuer                 string // Issuer: of RFC 9207; empty: not said
	User                         string // Apple's JSON about the user, at their first sign-in alone
	RedirectURI, Nonce, Verifier string
	MaxAge                       time.Duration // as Departure had it
}

// kind is how the types differ in what they say of a user.
type kind struct {
	idToken bool   // they have ID tokens
	subject string // the claim that names the user
}

func (p *Provider) kind() kind {
	switch p.Type {
	case Facebook:
		return kind{subject: "id"}
	case Amazon:
		return kind{subject: "user_id"}
	}
	return kind{idToken: true, subject: "sub"}
}

// scope is the provider's scopes as they are sent.
func (p *Provider) scope() string {
	if p.Type == Facebook {
		return strings.Join(strings.FieldsFunc(p.Scopes, func(r rune) bool { return r == ',' || r == ' ' }), ",")
	}
	return strings.Join(strings.Fields(p.Scopes), " ")
}

var errNotURL = errors.New("not an https URL")
