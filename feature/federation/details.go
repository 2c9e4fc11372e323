package federation

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"cardea/record/client"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
)

// kind is what is particular to the providers of a type (docs/cognito/federation.md, "Providers").
type kind struct {
	social   bool     // its only name is the type's
	required []string // details that have to be given
	missing  string   // what is answered where one of them is not
	optional []string // details that may be given
	derived  []string // details that are shown, and follow from others or from the type: given ones are not kept
	subject  string   // what the attribute "username" is always mapped to; empty: to nothing
}

const missingSocial = "clientId, clientSecret and authorizeScopes are all required idp details."

var (
	oauthDerived = []string{"attributes_url", "attributes_url_add_attributes", "authorize_url", "oidc_issuer", "token_request_method", "token_url", "jwks_uri"}
	samlDerived  = []string{"SSORedirectBindingURI", "SLORedirectBindingURI", "ActiveEncryptionCertificate"}
)

var kinds = map[string]kind{
	cognitoidp.IdentityProviderTypeTypeGoogle: {
		social:   true,
		required: []string{"client_id", "client_secret", "authorize_scopes"},
		missing:  missingSocial,
		optional: []string{"attributes_request_method"},
		derived:  oauthDerived,
		subject:  "sub",
	},
	cognitoidp.IdentityProviderTypeTypeFacebook: {
		social:   true,
		required: []string{"client_id", "client_secret", "authorize_scopes"},
		missing:  missingSocial,
		optional: []string{"attributes_request_method", "api_version"},
		derived:  oauthDerived,
		subject:  "id",
	},
	cognitoidp.IdentityProviderTypeTypeLoginWithAmazon: {
		social:   true,
		required: []string{"client_id", "client_secret", "authorize_scopes"},
		missing:  missingSocial,
		optional: []string{"attributes_request_method"},
		derived:  oauthDerived,
		subject:  "user_id",
	},
	cognitoidp.IdentityProviderTypeTypeSignInWithApple: {
		social:   true,
		required: []string{"client_id", "private_key", "team_id", "key_id"},
		missing:  "clientId, privateKey, teamId, and keyId are all required idp details.",
		optional: []string{"authorize_scopes", "attributes_request_method"},
		derived:  oauthDerived,
		subject:  "sub",
	},
	cognitoidp.IdentityProviderTypeTypeOidc: {
		required: []string{"client_id", "authorize_scopes", "oidc_issuer", "attributes_request_method"},
		missing:  "clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details.",
		optional: []string{"client_secret", "authorize_url", "token_url", "attributes_url", "jwks_uri"},
		derived:  []string{"attributes_url_add_attributes", "token_request_method"},
		subject:  "sub",
	},
	cognitoidp.IdentityProviderTypeTypeSaml: {
		optional: []string{"MetadataURL", "MetadataFile", "IDPSignout", "IDPInit", "EncryptedResponses", "RequestSigningAlgorithm"},
		derived:  samlDerived,
	},
}

// hidden are details that are stored sealed or apart.
var hidden = []string{"client_secret", "private_key", "MetadataFile"}

var facebookVersion = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,3}$`)

// checkName refuses a social provider of another name than its type's, and another provider of a name that means something else.
func checkName(name, kindName string) error {
	reserved := kinds[name].social || strings.EqualFold(name, client.Local)
	if name == kindName || !kinds[kindName].social && !reserved {
		return nil
	}
	return cognitoidp.InvalidParameter("Provider " + name + " cannot be of type " + kindName + ".")
}

// checkDetails checks all details of a provider, with its secrets.
func (s *Service) checkDetails(kindName string, details map[string]string) error {
	k := kinds[kindName]
	for _, name := range slices.Sorted(maps.Keys(details)) {
		if !slices.Contains(slices.Concat(k.required, k.optional, k.derived), name) {
			return cognitoidp.InvalidParameter("ProviderDetails of type " + kindName + " cannot have " + name + ".")
		}
	}
	for _, name := range k.required {
		if details[name] == "" {
			return cognitoidp.InvalidParameter(k.missing)
		}
	}
	if kindName == cognitoidp.IdentityProviderTypeTypeSaml {
		return s.checkSAML(details)
	}
	if method := details["attributes_request_method"]; method != "" && method != "GET" && method != "POST" {
		return cognitoidp.InvalidParameter("attributesRequestMethod must be GET or POST.")
	}
	if version := details["api_version"]; version != "" && !facebookVersion.MatchString(version) {
		return cognitoidp.InvalidParameter("apiVersion must be a version of Facebook's API, such as " + defaultVersion + ".")
	}
	if kindName == cognitoidp.IdentityProviderTypeTypeOidc {
		return s.checkAddresses(details)
	}
	return nil
}

// checkAddresses checks the addresses of an OIDC provider.
func (s *Service) checkAddresses(details map[string]string) error {
	for _, name := range []string{"oidc_issuer", "authorize_url", "token_url", "attributes_url", "jwks_uri"} {
		address, given := details[name]
		if !given || address == "" && name != "oidc_issuer" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && !(s.HTTP && u.Scheme == "http") || u.Host == "" || u.User != nil || u.Fragment != "" {
			return cognitoidp.InvalidParameter("OIDC endpoint must start with https://")
		}
		if name == "oidc_issuer" && (strings.HasSuffix(address, "/") || u.RawQuery != "") {
			return cognitoidp.InvalidParameter("OIDC issuer must not end with a slash, nor have a query.")
		}
	}
	return nil
}

// checkSAML checks the details of a SAML provider but for its metadata.
func (s *Service) checkSAML(details map[string]string) error {
	address, file := details["MetadataURL"], details["MetadataFile"]
	if address == "" && file == "" {
		return cognitoidp.InvalidParameter("At least one of the MetadataURL or MetadataFile should be provided.")
	}
	if address != "" && file != "" {
		return cognitoidp.InvalidParameter("Only one of the MetadataURL or MetadataFile should be provided.")
	}
	if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil) {
		return cognitoidp.InvalidParameter("MetadataURL is not a valid URL.")
	}
	for _, name := range []string{"IDPSignout", "IDPInit", "EncryptedResponses"} {
		if value := details[name]; value != "" && !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return cognitoidp.InvalidParameter(name + " must be true or false.")
		}
	}
	if algorithm := details["RequestSigningAlgorithm"]; algorithm != "" && algorithm != "rsa-sha256" {
		return cognitoidp.InvalidParameter("RequestSigningAlgorithm must be rsa-sha256.")
	}
	return nil
}

// kept is what of the details is stored open.
func kept(kindName string, details map[string]string) map[string]string {
	left := maps.Clone(details)
	maps.DeleteFunc(left, func(name, _ string) bool {
		return slices.Contains(hidden, name) || slices.Contains(kinds[kindName].derived, name)
	})
	return left
}

// describe is a provider as operations show it. Apple's private key is never shown (docs/cognito/federation.md, "Providers").
func (s *Service) describe(p *provider.Provider, sec secrets, m *provider.Metadata) *cognitoidp.IdentityProviderType {
	doc := p.Doc
	doc.UserPoolId, doc.ProviderName = string(p.Pool), p.Name
	doc.ProviderDetails = map[string]string{}
	maps.Copy(doc.ProviderDetails, p.Found)
	maps.Copy(doc.ProviderDetails, p.Doc.ProviderDetails)
	maps.Copy(doc.ProviderDetails, s.ofType(p))
	if sec.Client != "" {
		doc.ProviderDetails["client_secret"] = sec.Client
	}
	if m != nil && m.URL == "" {
		doc.ProviderDetails["MetadataFile"] = m.XML
	}
	return &doc
}

// ofType are the details that follow from a provider's type.
func (s *Service) ofType(p *provider.Provider) map[string]string {
	at := s.Social.of(p.Doc.ProviderType, p.Doc.ProviderDetails["api_version"])
	details := map[string]string{
		"attributes_url_add_attributes": "false", "token_request_method": "POST",
		"authorize_url": at.AuthorizeURL, "token_url": at.TokenURL, "attributes_url": at.AttributesURL, "oidc_issuer": at.Issuer,
	}
	switch p.Doc.ProviderType {
	case cognitoidp.IdentityProviderTypeTypeSaml:
		return nil
	case cognitoidp.IdentityProviderTypeTypeOidc:
		return map[string]string{"attributes_url_add_attributes": "false"}
	case cognitoidp.IdentityProviderTypeTypeGoogle:
		details["attributes_url_add_attributes"] = "true"
	case cognitoidp.IdentityProviderTypeTypeFacebook:
		details["attributes_url_add_attributes"], details["token_request_method"] = "true", "GET"
	}
	maps.DeleteFunc(details, func(_, value string) bool { return value == "" })
	return details
}
