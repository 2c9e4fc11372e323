package config

import (
	"errors"
	"fmt"
	"strings"
)

// Federation says where the social providers are that users sign in through; an empty address is the provider's own.
type Federation struct {
	Google   SocialProvider `toml:"google"`
	Facebook SocialProvider `toml:"facebook"`
	Amazon   SocialProvider `toml:"amazon"`
	Apple    SocialProvider `toml:"apple"`
}

// SocialProvider is the addresses of a social provider. {version} stands for Facebook's api_version.
type SocialProvider struct {
	// Issuer is what ID tokens name as such.
	Issuer string `toml:"issuer"`
	// AuthorizeURL is where browsers are sent.
	AuthorizeURL string `toml:"authorize_url"`
	// TokenURL, AttributesURL and KeysURL are called by the server.
	TokenURL      string `toml:"token_url"`
	AttributesURL string `toml:"attributes_url"`
	KeysURL       string `toml:"keys_url"`
}

func (f Federation) check(outgoing Outgoing) error {
	var wrong []error
	for name, p := range map[string]SocialProvider{"google": f.Google, "facebook": f.Facebook, "amazon": f.Amazon, "apple": f.Apple} {
		for setting, address := range map[string]string{
			"issuer": p.Issuer, "authorize_url": p.AuthorizeURL, "token_url": p.TokenURL, "attributes_url": p.AttributesURL, "keys_url": p.KeysURL,
		} {
			wrong = append(wrong, checkCall("federation."+name+"."+setting, address, outgoing.PlainHTTP))
		}
	}
	return errors.Join(wrong...)
}

// ParseFederation reads flags such as google.token_url=http://localhost:4000/token.
func ParseFederation(flags []string) (Federation, error) {
	var c Config
	for _, flag := range flags {
		name, address, found := strings.Cut(flag, "=")
		if !found || strings.ContainsAny(name, "\n\"'[]#") {
			return c.Federation, fmt.Errorf("%q is not PROVIDER.SETTING=URL", flag)
		}
		if err := decode([]byte("federation."+name+" = "+quote(address)), &c); err != nil {
			return c.Federation, fmt.Errorf("%q: want google, facebook, amazon or apple, and a setting such as token_url", name)
		}
	}
	return c.Federation, c.Federation.check(Outgoing{PlainHTTP: true})
}
