package federation

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"cardea/engine/issuer"
	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/record/samlkey"
	"cardea/spec/cognitoidp"
	"cardea/spec/saml"
)

// SAMLMetadata is the path of what a SAML provider has to know of a pool.
const SAMLMetadata = "/saml2/metadata"

// ServiceProvider is the metadata of a pool as a service provider of SAML, at one of its domains. With the name of a provider they have
// the certificate for which that provider encrypts. It answers db.ErrNotFound when the pool has had no SAML provider yet, and so no key,
// or has no SAML provider of that name. Nothing is written.
func (s *Service) ServiceProvider(ctx context.Context, site *issuer.Site, name string) ([]byte, error) {
	var key *samlkey.Key
	var p *provider.Provider
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if key, err = samlkey.Get(tx, site.Pool); err != nil || name == "" {
			return err
		}
		p, err = provider.Get(tx, site.Pool, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	us := saml.ServiceProvider{EntityID: entityID(site.Pool), ACS: []string{site.BaseURL + SAMLCallback}, SLO: site.BaseURL + SAMLLogout}
	block, _ := pem.Decode([]byte(key.Certificate))
	if block == nil {
		return nil, errors.New("the certificate for SAML is not in PEM")
	}
	if us.Signing, err = x509.ParseCertificate(block.Bytes); err != nil {
		return nil, fmt.Errorf("parse certificate for SAML: %w", err)
	}
	if p == nil {
		return us.Metadata()
	}
	if p.Doc.ProviderType != cognitoidp.IdentityProviderTypeTypeSaml {
		return nil, db.ErrNotFound
	}
	us.SignsRequests = p.Doc.ProviderDetails["RequestSigningAlgorithm"] != ""
	der, err := base64.StdEncoding.DecodeString(p.Found["ActiveEncryptionCertificate"])
	if err != nil {
		return nil, fmt.Errorf("decode certificate of identity provider: %w", err)
	}
	encryption, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse certificate of identity provider: %w", err)
	}
	us.Encryption = []*x509.Certificate{encryption}
	return us.Metadata()
}
