package server

import (
	"cardea/feature/federation"
	"cardea/platform/config"
)

// social says where the social providers are.
func (c *Config) social() federation.Social {
	given := func(p config.SocialProvider) federation.Endpoints {
		return federation.Endpoints{
			Issuer: p.Issuer, AuthorizeURL: p.AuthorizeURL, TokenURL: p.TokenURL, AttributesURL: p.AttributesURL, KeysURL: p.KeysURL,
		}
	}
	f := c.Federation
	return federation.Social{Google: given(f.Google), Facebook: given(f.Facebook), Amazon: given(f.Amazon), Apple: given(f.Apple)}
}
