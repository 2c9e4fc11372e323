package federation

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"cardea/record/provider"
	"cardea/spec/cognitoidp"
)

// findOut adds to a draft what follows from its details and has to be looked up or made. It is called outside of transactions.
func (s *Service) findOut(ctx context.Context, d *draft, details map[string]string) error {
	if d.Doc.ProviderType != cognitoidp.IdentityProviderTypeTypeSaml {
		return nil
	}
	d.metadata = &provider.Metadata{Pool: d.Pool, Name: d.Name, URL: details["MetadataURL"], XML: details["MetadataFile"]}
	return s.addDecryption(d)
}

// addDecryption makes the key of a SAML provider for what it encrypts, unless it has one. Its certificate is shown from the beginning,
// so that the provider can be given it before it has to encrypt.
func (s *Service) addDecryption(d *draft) error {
	const certificate = "ActiveEncryptionCertificate"
	if d.secrets.Decryption != nil {
		return nil
	}
	key, err := s.newKey()
	if err != nil {
		return err
	}
	if d.secrets.Decryption, err = x509.MarshalPKCS8PrivateKey(key.private); err != nil {
		return fmt.Errorf("encode key of identity provider: %w", err)
	}
	if d.Found == nil {
		d.Found = map[string]string{}
	}
	d.Found[certificate] = base64.StdEncoding.EncodeToString(key.certificate)
	return nil
}
