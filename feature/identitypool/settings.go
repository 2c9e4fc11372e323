package identitypool

import (
	"fmt"
	"regexp"
	"strings"

	"cardea/engine/federated"
	"cardea/spec/arn"
	"cardea/spec/cognitoidentity"
)

const (
	maxProviders = 50 // user pools of an identity pool, OIDC providers, SAML providers
	maxTags      = 50
)

// loginProviders are those that a pool may name by SupportedLoginProviders.
var loginProviders = map[string]bool{
	"accounts.google.com": true, "appleid.apple.com": true, "graph.facebook.com": true,
	"www.amazon.com": true, "api.twitter.com": true, "www.digits.com": true,
}

// own is the name of identity pools themselves, as a provider.
const own = "cognito-identity.amazonaws.com"

// userPoolProvider is the form of a name of a user pool: a host, perhaps with a port and a path, and the pool's id.
var userPoolProvider = regexp.MustCompile(`^[\w.:/-]+/[\w-]+_[0-9A-Za-z]+$`)

// tidy makes settings that are empty settings that are not there, and tags that are not there empty ones, as they are shown.
func tidy(d *cognitoidentity.IdentityPool) {
	if len(d.SupportedLoginProviders) == 0 {
		d.SupportedLoginProviders = nil
	}
	if len(d.OpenIdConnectProviderARNs) == 0 {
		d.OpenIdConnectProviderARNs = nil
	}
	if len(d.CognitoIdentityProviders) == 0 {
		d.CognitoIdentityProviders = nil
	}
	if len(d.SamlProviderARNs) == 0 {
		d.SamlProviderARNs = nil
	}
	if d.IdentityPoolTags == nil {
		d.IdentityPoolTags = map[string]string{}
	}
}

// check checks the settings of a pool, given all at once. Providers need not exist: their tokens are refused then.
func (s *Service) check(d *cognitoidentity.IdentityPool) error {
	for name := range d.SupportedLoginProviders {
		if !loginProviders[name] {
			return cognitoidentity.InvalidParameter("Invalid login provider: " + name)
		}
	}
	if loginProviders[d.DeveloperProviderName] || d.DeveloperProviderName == own {
		return cognitoidentity.InvalidParameter("Invalid developer provider name: " + d.DeveloperProviderName)
	}
	for _, p := range d.CognitoIdentityProviders {
		if p.ClientId == "" || strings.Contains(p.ProviderName, "://") || !userPoolProvider.MatchString(p.ProviderName) {
			return cognitoidentity.InvalidParameter("Invalid Cognito Identity Provider")
		}
	}
	for _, provider := range d.OpenIdConnectProviderARNs {
		if _, ok := iamResource(provider, "oidc-provider/"); !ok {
			return cognitoidentity.InvalidParameter("Invalid OpenID Connect provider ARN: " + provider)
		}
		if strings.HasSuffix(federated.WithoutSlash(provider), ":oidc-provider/"+d.DeveloperProviderName) { // its users would be taken for developer users
			return cognitoidentity.InvalidParameter("Invalid developer provider name: " + d.DeveloperProviderName)
		}
	}
	for _, provider := range d.SamlProviderARNs {
		account, ok := iamResource(provider, "saml-provider/")
		if !ok {
			return cognitoidentity.InvalidParameter("Invalid SAML provider ARN: " + provider)
		}
		if account != s.Account {
			return cognitoidentity.InvalidParameter("Identity provider " + provider + " is not valid for account " + s.Account)
		}
	}
	for _, n := range []int{len(d.CognitoIdentityProviders), len(d.OpenIdConnectProviderARNs), len(d.SamlProviderARNs)} {
		if n > maxProviders {
			return cognitoidentity.LimitExceeded(fmt.Sprintf("An identity pool can have at most %d providers of a kind.", maxProviders))
		}
	}
	return checkTags(d.IdentityPoolTags)
}

// iamResource gives the account of an ARN of IAM, if the ARN is one of a resource of the kind.
func iamResource(text, kind string) (account string, ok bool) {
	a, ok := arn.Parse(text)
	if !ok || a.Service != "iam" || a.Region != "" || len(a.Account) != 12 {
		return "", false
	}
	name, ok := strings.CutPrefix(a.Resource, kind)
	return a.Account, ok && name != ""
}

// checkTags checks all tags that a pool will have.
func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return cognitoidentity.InvalidParameter(fmt.Sprintf("An identity pool cannot have more than %d tags.", maxTags))
	}
	for key := range tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return cognitoidentity.InvalidParameter("Tag keys cannot start with aws:")
		}
	}
	return nil
}
