package saml

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // of algorithms
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"
)

// RSASHA256 is the signature algorithm of everything that is signed here.
const RSASHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

// signatureMethod is how signatures of one algorithm are verified.
type signatureMethod struct {
	hash  crypto.Hash
	curve bool // ECDSA; otherwise RSA with PKCS #1 v1.5
}

// signatureMethods are those that are accepted: none with SHA-1, none with a shared key.
var signatureMethods = map[string]signatureMethod{
	RSASHA256: {crypto.SHA256, false},
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384":   {crypto.SHA384, false},
	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512":   {crypto.SHA512, false},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": {crypto.SHA256, true},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": {crypto.SHA384, true},
	"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512": {crypto.SHA512, true},
}

const digestSHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"

// digestMethods are those that are accepted.
var digestMethods = map[string]crypto.Hash{
	digestSHA256: crypto.SHA256,
	"http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384,
	"http://www.w3.org/2001/04/xmlenc#sha512":       crypto.SHA512,
}

// advisedAlgorithm is what an operator hears of a weak algorithm.
const advisedAlgorithm = "Set the identity provider to sign with RSA or ECDSA and SHA-256."

// check reports whether one of the trusted certificates' keys has made a signature over a message. Expired certificates are not
// tried.
func (t trust) check(algorithm string, message, signature []byte) error {
	method, ok := signatureMethods[algorithm]
	if !ok {
		return fail(CheckAlgorithm, "the signature algorithm %.100q is not accepted", algorithm).advise(advisedAlgorithm)
	}
	digest := sum(method.hash, message)
	expired := 0
	for _, certificate := range t.certificates {
		if t.now.After(certificate.NotAfter) {
			expired++
			continue
		}
		if strong(certificate) != nil {
			continue
		}
		switch key := certificate.PublicKey.(type) {
		case *rsa.PublicKey:
			if !method.curve && rsa.VerifyPKCS1v15(key, method.hash, digest, signature) == nil {
				return nil
			}
		case *ecdsa.PublicKey:
			if method.curve && verifyECDSA(key, digest, signature) {
				return nil
			}
		}
	}
	if expired > 0 {
		return fail(CheckSignature, "the signature is by none of the %d certificates of the metadata that have not expired; %d have",
			len(t.certificates)-expired, expired).advise(advisedMetadata)
	}
	return fail(CheckSignature, "the signature is by none of the %d certificates of the metadata", len(t.certificates)).advise(advisedMetadata)
}

const advisedMetadata = "If the identity provider has a new signing certificate, update its metadata."

// verifyECDSA verifies a signature that is r and s, each as long as the curve's order (XML Signature 1.1 §6.4.3).
func verifyECDSA(key *ecdsa.PublicKey, digest, signature []byte) bool {
	size := (key.Curve.Params().N.BitLen() + 7) / 8
	if len(signature) != 2*size {
		return false
	}
	return ecdsa.Verify(key, digest, new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:]))
}

func sum(hash crypto.Hash, message []byte) []byte {
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}

// Shortest keys that are accepted, in bits.
const (
	minRSA   = 2048
	minCurve = 256
)

// strong refuses certificates with keys of a kind or length that is not accepted.
func strong(certificate *x509.Certificate) error {
	switch key := certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSA {
			return fail(CheckCertificate, "the certificate of %s has an RSA key of %d bits, at least %d are needed", certificate.Subject, key.N.BitLen(), minRSA)
		}
		return nil
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < minCurve {
			return fail(CheckCertificate, "the certificate of %s has a key on %s, which is too short", certificate.Subject, key.Curve.Params().Name)
		}
		return nil
	}
	return fail(CheckCertificate, "the certificate of %s has a key that is neither RSA nor ECDSA", certificate.Subject)
}

// unbase64 reads base64 with line breaks in it.
func unbase64(written string) ([]byte, error) {
	written = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, written)
	return base64.StdEncoding.Strict().DecodeString(written)
}
