package federation

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/samlkey"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// certificateYears is how long certificates for SAML are valid.
const certificateYears = 10

const samlKeyLabel = "saml-key"

// GetSigningCertificate shows the certificate of the key by which the pool signs what it sends to SAML providers, as the text of
// a PEM file without its first and last line.
func (s *Service) GetSigningCertificate(ctx context.Context, in *cognitoidp.GetSigningCertificateRequest) (*cognitoidp.GetSigningCertificateResponse, error) {
	key, err := s.samlKey(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GetSigningCertificateResponse{Certificate: base64.StdEncoding.EncodeToString(key.certificate)}, nil
}

// signingKey is the key by which a pool signs what it sends to SAML providers.
type signingKey struct {
	private     *rsa.PrivateKey
	certificate []byte // in DER
}

// samlKey gives the key of a pool, which it makes when it is first needed. Of several that are made at once, the first that is
// stored is the pool's for ever.
func (s *Service) samlKey(ctx context.Context, poolID string) (key *signingKey, err error) {
	var owner id.Pool
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, poolID)
		if err != nil {
			return err
		}
		owner = p.ID
		key, err = s.storedKey(tx, owner)
		return err
	})
	if !errors.Is(err, db.ErrNotFound) {
		return key, err
	}

	made, err := s.newKey()
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := access.Pool(tx, poolID); err != nil {
			return err
		}
		if err := s.storeKey(tx, owner, made); err != nil && !errors.Is(err, db.ErrExists) {
			return err
		}
		key, err = s.storedKey(tx, owner)
		return err
	})
	return key, err
}

// newKey makes a key with a certificate.
func (s *Service) newKey() (*signingKey, error) {
	maker := s.Maker
	if maker == nil {
		maker = func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }
	}
	private, err := maker()
	if err != nil {
		return nil, fmt.Errorf("make key for SAML: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	now := s.Now()
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), Subject: pkix.Name{CommonName: "Cardea SAML"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(certificateYears, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, fmt.Errorf("make certificate for SAML: %w", err)
	}
	return &signingKey{private, certificate}, nil
}

func (s *Service) storeKey(tx *db.Tx, owner id.Pool, key *signingKey) error {
	box, err := s.Ring.Box(tx, owner)
	if err != nil {
		return fmt.Errorf("get the pool's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key.private)
	if err != nil {
		return fmt.Errorf("encode key for SAML: %w", err)
	}
	var text bytes.Buffer
	if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: key.certificate}); err != nil {
		return fmt.Errorf("encode certificate: %w", err)
	}
	return samlkey.Insert(tx, &samlkey.Key{
		Pool: owner, Sealed: box.Seal(samlKeyLabel, der), Certificate: text.String(), Created: tx.Now,
	})
}

// storedKey gives the key that a pool has, or db.ErrNotFound.
func (s *Service) storedKey(tx *db.Tx, owner id.Pool) (*signingKey, error) {
	row, err := samlkey.Get(tx, owner)
	if err != nil {
		return nil, err
	}
	box, err := s.Ring.Box(tx, owner)
	if err != nil {
		return nil, fmt.Errorf("get the pool's key: %w", err)
	}
	der, err := box.Open(samlKeyLabel, row.Sealed)
	if err != nil {
		return nil, fmt.Errorf("open key for SAML: %w", err)
	}
	private, err := parseKey(der)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(row.Certificate))
	if block == nil {
		return nil, errors.New("the certificate for SAML is not in PEM")
	}
	return &signingKey{private, block.Bytes}, nil
}

func parseKey(der []byte) (*rsa.PrivateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("parse key for SAML: %w", err)
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the key for SAML is a %T", parsed)
	}
	return private, nil
}
