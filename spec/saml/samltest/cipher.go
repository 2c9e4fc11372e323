package samltest

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
)

// Names of algorithms of encryption.
const (
	AES128GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
	AES256GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
	AES128CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
	AES256CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
	OAEPMGF1P = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
	OAEP11    = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
	RSA15     = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
)

// Cipher is how an assertion is encrypted. The zero value is AES256GCM with OAEPMGF1P and SHA-1.
type Cipher struct {
	Content   string
	Transport string
	Digest    string              // of OAEP
	MGF       string              // of OAEP11
	Beside    bool                // the EncryptedKey is beside the EncryptedData
	Corrupt   func([]byte) []byte // of the encrypted bytes
}

// seal encrypts an element.
func (c Cipher) seal(plain string, certificate *x509.Certificate) string {
	content, transport := AES256GCM, OAEPMGF1P
	if c.Content != "" {
		content = c.Content
	}
	if c.Transport != "" {
		transport = c.Transport
	}
	key := make([]byte, 32)
	if content == AES128GCM || content == AES128CBC {
		key = key[:16]
	}
	_, _ = rand.Read(key)
	sealed := c.content(content, key, []byte(plain))
	if c.Corrupt != nil {
		sealed = c.Corrupt(sealed)
	}
	parameters := ""
	if c.Digest != "" {
		parameters += `<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="` + c.Digest + `"/>`
	}
	if c.MGF != "" {
		parameters += `<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="` + c.MGF + `"/>`
	}
	wrapped := fmt.Sprintf(`<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:EncryptionMethod Algorithm="%s">%s</xenc:EncryptionMethod>`+
		`<xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`,
		transport, parameters, base64.StdEncoding.EncodeToString(c.wrap(transport, key, certificate)))
	info, beside := `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">`+wrapped+`</ds:KeyInfo>`, ""
	if c.Beside {
		info, beside = "", wrapped
	}
	return fmt.Sprintf(`<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" `+
		`Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="%s"/>%s<xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData>`+
		`</xenc:EncryptedData>%s</saml:EncryptedAssertion>`, content, info, base64.StdEncoding.EncodeToString(sealed), beside)
}

func (c Cipher) content(name string, key, plain []byte) []byte {
	block := must(aes.NewCipher(key))
	if name == AES128GCM || name == AES256GCM {
		gcm := must(cipher.NewGCM(block))
		nonce := make([]byte, gcm.NonceSize())
		_, _ = rand.Read(nonce)
		return gcm.Seal(nonce, nonce, plain, nil)
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(append([]byte{}, plain...), make([]byte, padding)...)
	padded[len(padded)-1] = byte(padding)
	sealed := make([]byte, aes.BlockSize+len(padded))
	_, _ = rand.Read(sealed[:aes.BlockSize])
	cipher.NewCBCEncrypter(block, sealed[:aes.BlockSize]).CryptBlocks(sealed[aes.BlockSize:], padded)
	return sealed
}

func (c Cipher) wrap(transport string, key []byte, certificate *x509.Certificate) []byte {
	public, _ := certificate.PublicKey.(*rsa.PublicKey)
	if transport == RSA15 {
		//lint:ignore SA1019 this is what is to be refused
		return must(rsa.EncryptPKCS1v15(rand.Reader, public, key))
	}
	options := &rsa.OAEPOptions{Hash: crypto.SHA1, MGFHash: crypto.SHA1}
	if c.Digest == SHA256 {
		options.Hash = crypto.SHA256
	}
	if c.MGF == "http://www.w3.org/2009/xmlenc11#mgf1sha256" {
		options.MGFHash = crypto.SHA256
	}
	return must(rsa.EncryptOAEPWithOptions(rand.Reader, public, key, options))
}

// unique is a text that is made once.
func unique() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
