package federation

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"

	"cardea/outbound/upstream"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
)

// findOut adds to a draft what follows from its details and has to be looked up or made. It is called outside of transactions.
func (s *Service) findOut(ctx context.Context, d *draft, details map[string]string) error {
	switch d.Doc.ProviderType {
	case cognitoidp.IdentityProviderTypeTypeSaml:
	case cognitoidp.IdentityProviderTypeTypeOidc:
		return s.discover(ctx, d, details)
	default:
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

// discover finds the addresses of an OIDC provider that are not given. They are shown; a sign-in asks for them again.
func (s *Service) discover(ctx context.Context, d *draft, given map[string]string) error {
	d.Found = nil
	needed := given["authorize_url"] == "" || given["token_url"] == "" || given["jwks_uri"] == ""
	if !needed && given["attributes_url"] != "" {
		return nil
	}
	told, err := s.Upstream.Discover(ctx, given["oidc_issuer"])
	if failed, ok := errors.AsType[*upstream.Error](err); ok && needed {
		return cognitoidp.InvalidParameter(strings.TrimSpace(failed.Word + ". " + failed.Advice))
	}
	if err != nil && needed {
		return fmt.Errorf("discover endpoints of identity provider: %w", err)
	}
	d.Found = map[string]string{
		"authorize_url": told.Authorize, "token_url": told.Token, "attributes_url": told.UserInfo, "jwks_uri": told.Keys,
	}
	maps.DeleteFunc(d.Found, func(name, address string) bool { return address == "" || given[name] != "" })
	return nil
}
