package federation

import (
	"cmp"
	"strings"

	"cardea/spec/cognitoidp"
)

// Endpoints are the addresses of a social provider; an empty one is the provider's own. {version} stands for Facebook's api_version.
type Endpoints struct {
	Issuer        string // as its ID tokens name it
	AuthorizeURL  string
	TokenURL      string
	AttributesURL string
	KeysURL       string // of its ID tokens
}

// Social are the addresses of the social providers.
type Social struct{ Google, Facebook, Amazon, Apple Endpoints }

// defaultVersion is Facebook's where a provider names none.
const defaultVersion = "v17.0"

// of gives the addresses of the social provider of a type; all are empty for others.
func (s Social) of(kind, version string) Endpoints {
	switch kind {
	case cognitoidp.IdentityProviderTypeTypeGoogle:
		return s.Google.or(Endpoints{
			Issuer:        "https://accounts.google.com",
			AuthorizeURL:  "https://accounts.google.com/o/oauth2/v2/auth",
			TokenURL:      "https://www.googleapis.com/oauth2/v4/token",
			AttributesURL: "https://people.googleapis.com/v1/people/me?personFields=",
			KeysURL:       "https://www.googleapis.com/oauth2/v3/certs",
		})
	case cognitoidp.IdentityProviderTypeTypeFacebook:
		return s.Facebook.or(Endpoints{
			AuthorizeURL:  "https://www.facebook.com/{version}/dialog/oauth",
			TokenURL:      "https://graph.facebook.com/{version}/oauth/access_token",
			AttributesURL: "https://graph.facebook.com/{version}/me?fields=",
		}).versioned(cmp.Or(version, defaultVersion))
	case cognitoidp.IdentityProviderTypeTypeLoginWithAmazon:
		return s.Amazon.or(Endpoints{
			AuthorizeURL:  "https://www.amazon.com/ap/oa",
			TokenURL:      "https://api.amazon.com/auth/o2/token",
			AttributesURL: "https://api.amazon.com/user/profile",
		})
	case cognitoidp.IdentityProviderTypeTypeSignInWithApple:
		return s.Apple.or(Endpoints{
			Issuer:       "https://appleid.apple.com",
			AuthorizeURL: "https://appleid.apple.com/auth/authorize",
			TokenURL:     "https://appleid.apple.com/auth/token",
			KeysURL:      "https://appleid.apple.com/auth/keys",
		})
	}
	return Endpoints{}
}

func (e Endpoints) or(own Endpoints) Endpoints {
	return Endpoints{
		Issuer:        cmp.Or(e.Issuer, own.Issuer),
		AuthorizeURL:  cmp.Or(e.AuthorizeURL, own.AuthorizeURL),
		TokenURL:      cmp.Or(e.TokenURL, own.TokenURL),
		AttributesURL: cmp.Or(e.AttributesURL, own.AttributesURL),
		KeysURL:       cmp.Or(e.KeysURL, own.KeysURL),
	}
}

func (e Endpoints) versioned(version string) Endpoints {
	for _, address := range []*string{&e.AuthorizeURL, &e.TokenURL, &e.AttributesURL} {
		*address = strings.ReplaceAll(*address, "{version}", version)
	}
	return e
}
