package server

import (
	"net/url"

	"cardea/engine/federated"
	"cardea/engine/throttle"
	"cardea/feature/federation"
	"cardea/platform/config"
	"cardea/spec/arn"
	"cardea/spec/id"
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

// socialLogins says where tokens of social providers are verified that are shown to identity pools and STS: at the hosts where users
// sign in.
func (c *Config) socialLogins() federated.Social {
	f := c.Federation
	return federated.Social{
		Google: f.Google.Issuer, Apple: f.Apple.Issuer, Facebook: origin(f.Facebook.AttributesURL), Amazon: origin(f.Amazon.AttributesURL),
	}
}

// account is the account in the server's ARNs.
func (c *Config) account() arn.Account {
	return arn.Account{Partition: id.Partition(c.Region), ID: c.Account}
}

// origin is an address without its path; empty for an empty one.
func origin(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}

// strangers bounds how often a network may ask operations that need no signature: requests in a second, and at once. A development
// server, whose clients are on the same machine, bounds nothing.
func (c *Config) strangers() *throttle.Throttle {
	if c.Dev && c.Rates == nil {
		return nil
	}
	return c.bound(c.rates().WebIdentity)
}
