package federation

import (
	"cmp"
	"crypto/rsa"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cardea/outbound/upstream"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
	"cardea/spec/saml"
)

// opened is a stored provider with its secrets, for a sign-in. Exactly one of OAuth and SAML is set.
type opened struct {
	*provider.Provider
	OAuth *upstream.Provider
	SAML  *samlProvider
}

// samlProvider is a SAML provider as a pool has configured it.
type samlProvider struct {
	Metadata     *saml.Provider
	Init         bool            // users may come from it without having been sent there
	Signout      bool            // its session ends with ours
	Encrypted    bool            // only encrypted assertions are taken
	Decryption   *rsa.PrivateKey // for those
	SignRequests bool
}

// open gives a provider with its secrets.
func (s *Service) open(tx *db.Tx, box *seal.Box, p *provider.Provider) (*opened, error) {
	sec, err := unseal(box, p)
	if err != nil {
		return nil, err
	}
	if p.Doc.ProviderType != cognitoidp.IdentityProviderTypeTypeSaml {
		return &opened{Provider: p, OAuth: s.openOAuth(p, sec)}, nil
	}
	m, err := provider.GetMetadata(tx, p.Pool, p.Name)
	if err != nil {
		return nil, fmt.Errorf("get metadata of identity provider: %w", err)
	}
	metadata, err := saml.ParseMetadata([]byte(m.XML), s.Now())
	if err != nil {
		return nil, fmt.Errorf("metadata of identity provider %s: %w", p.Name, err)
	}
	key, err := parseKey(sec.Decryption)
	if err != nil {
		return nil, err
	}
	details := p.Doc.ProviderDetails
	return &opened{Provider: p, SAML: &samlProvider{
		Metadata:     metadata,
		Init:         strings.EqualFold(details["IDPInit"], "true"),
		Signout:      strings.EqualFold(details["IDPSignout"], "true"),
		Encrypted:    strings.EqualFold(details["EncryptedResponses"], "true"),
		Decryption:   key,
		SignRequests: details["RequestSigningAlgorithm"] != "",
	}}, nil
}

func (s *Service) openOAuth(p *provider.Provider, sec secrets) *upstream.Provider {
	details := maps.Clone(p.Doc.ProviderDetails)
	maps.Copy(details, s.ofType(p))
	return &upstream.Provider{
		Name:             p.Name,
		Type:             p.Doc.ProviderType,
		ClientID:         details["client_id"],
		ClientSecret:     sec.Client,
		Scopes:           details["authorize_scopes"],
		Apple:            upstream.AppleKey{Team: details["team_id"], ID: details["key_id"], Private: sec.Private},
		Issuer:           cmp.Or(p.Found["oidc_issuer"], details["oidc_issuer"]),
		AuthorizeURL:     details["authorize_url"],
		TokenURL:         details["token_url"],
		AttributesURL:    details["attributes_url"],
		KeysURL:          cmp.Or(details["jwks_uri"], s.Social.of(p.Doc.ProviderType, "").KeysURL),
		TokenMethod:      cmp.Or(details["token_request_method"], "POST"),
		AttributesMethod: cmp.Or(details["attributes_request_method"], "GET"),
		AddAttributes:    details["attributes_url_add_attributes"] == "true",
		Attributes:       slices.Compact(slices.Sorted(maps.Values(p.Doc.AttributeMapping))),
	}
}
