package federation

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/saml"
)

const (
	// metadataAge is how old metadata may be that were fetched, as long as they can be fetched anew.
	metadataAge = 6 * time.Hour

	// metadataPause is the time between two tries to fetch the metadata of a provider.
	metadataPause = time.Minute

	// metadataTimeout bounds a fetch while a user waits, or an administrator.
	metadataTimeout = 5 * time.Second
)

// describeSAML adds to a draft the metadata of a SAML provider, what is shown of them, and the provider's key.
func (s *Service) describeSAML(ctx context.Context, d *draft, given map[string]string) error {
	m := &provider.Metadata{Pool: d.Pool, Name: d.Name, URL: given["MetadataURL"], XML: given["MetadataFile"], Fetched: s.Now()}
	if m.URL != "" {
		var err error
		if m.XML, err = s.fetchMetadata(ctx, m.URL); err != nil {
			return cognitoidp.InvalidParameter("Error retrieving metadata from " + m.URL)
		}
	}
	parsed, err := saml.ParseMetadata([]byte(m.XML), s.Now())
	if err != nil {
		return cognitoidp.InvalidParameter("The metadata of the identity provider are not valid: " + detail(err))
	}
	if len(parsed.Expired) > 0 {
		return cognitoidp.InvalidParameter("The metadata of the identity provider have a certificate that has expired.")
	}
	d.metadata, d.renewed, m.EntityID = m, true, parsed.EntityID
	if _, err := s.samlKey(ctx, string(d.Pool)); err != nil { // whoever asks for its certificate later, at an address that anybody may call, writes nothing
		return err
	}
	if err := s.addDecryption(d); err != nil {
		return err
	}
	d.Found = samlFound(d.Found["ActiveEncryptionCertificate"], parsed)
	return nil
}

// samlFound is what is shown of a SAML provider beyond what was given.
func samlFound(certificate string, parsed *saml.Provider) map[string]string {
	details := map[string]string{"ActiveEncryptionCertificate": certificate}
	if parsed.SSO.Redirect != "" {
		details["SSORedirectBindingURI"] = parsed.SSO.Redirect
	}
	if parsed.SLO.Redirect != "" {
		details["SLORedirectBindingURI"] = parsed.SLO.Redirect
	}
	return details
}

// addDecryption makes the key of a SAML provider for what it encrypts, unless it has one. Its certificate is shown from the beginning,
// so that the provider can be given it before it has to encrypt.
func (s *Service) addDecryption(d *draft) error {
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
	d.Found = map[string]string{"ActiveEncryptionCertificate": base64.StdEncoding.EncodeToString(key.certificate)}
	return nil
}

// fetchMetadata fetches metadata. Redirects are not followed.
func (s *Service) fetchMetadata(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", fmt.Errorf("fetch metadata: %w", err)
	}
	resp, err := s.Upstream.HTTP.Do(req)
	if named, ok := errors.AsType[*url.Error](err); ok {
		err = named.Err // without the address, whose query may hold a secret
	}
	if err != nil {
		return "", fmt.Errorf("fetch metadata: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("fetch metadata: status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", fmt.Errorf("fetch metadata: %w", err)
	}
	return string(body), nil
}

// refresh fetches the metadata of a SAML provider anew where they are older than six hours. Those that are stored stay in force as long
// as no valid ones can be fetched. It is called before a sign-in, outside of transactions.
func (s *Service) refresh(ctx context.Context, pool id.Pool, name string) error {
	var m *provider.Metadata
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		m, err = provider.GetMetadata(tx, pool, name)
		return err
	})
	if errors.Is(err, db.ErrNotFound) || err == nil && (m.URL == "" || s.Now().Sub(m.Fetched) < metadataAge) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read metadata of identity provider: %w", err)
	}
	if !s.mayFetch(pool, name) {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // or visitors who leave could have old metadata stay in force
	xml, err := s.fetchMetadata(ctx, m.URL)
	if err != nil {
		s.Log.Warn("metadata of an identity provider could not be fetched: those of before stay in force", "pool", pool, "provider", name, "error", err)
		return nil
	}
	parsed, err := saml.ParseMetadata([]byte(xml), s.Now())
	if err != nil {
		s.Log.Warn("metadata of an identity provider are not valid: those of before stay in force", "pool", pool, "provider", name, "error", err)
		return nil
	}
	return s.replaceMetadata(ctx, m, xml, parsed)
}

// replaceMetadata stores metadata that were fetched anew, unless the provider has been given others, or was deleted, in the meantime.
func (s *Service) replaceMetadata(ctx context.Context, old *provider.Metadata, xml string, parsed *saml.Provider) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		current, err := provider.GetMetadata(tx, old.Pool, old.Name)
		if errors.Is(err, db.ErrNotFound) || err == nil && (current.URL != old.URL || !current.Fetched.Equal(old.Fetched)) {
			return nil
		}
		if err != nil {
			return err
		}
		current.XML, current.EntityID, current.Fetched = xml, parsed.EntityID, s.Now()
		if err := provider.PutMetadata(tx, current); err != nil {
			return err
		}
		p, err := provider.Get(tx, old.Pool, old.Name)
		if err != nil {
			return fmt.Errorf("get identity provider: %w", err)
		}
		told := samlFound(p.Found["ActiveEncryptionCertificate"], parsed)
		if maps.Equal(told, p.Found) {
			return nil
		}
		p.Found = told
		return provider.Update(tx, p)
	})
}

// mayFetch reports whether it is time to fetch the metadata of a provider, so that those who sign in while it does not answer wait
// for it once in a while only.
func (s *Service) mayFetch(pool id.Pool, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	for key, at := range s.fetched {
		if now.Sub(at) >= metadataPause {
			delete(s.fetched, key)
		}
	}
	key := string(pool) + "/" + name
	if _, recently := s.fetched[key]; recently {
		return false
	}
	if s.fetched == nil {
		s.fetched = map[string]time.Time{}
	}
	s.fetched[key] = now
	return true
}

// detail is what is wrong with metadata.
func detail(err error) string {
	if wrong, ok := errors.AsType[*saml.Error](err); ok {
		return strings.TrimSpace(wrong.Detail + ". " + wrong.Advice)
	}
	return err.Error()
}
