package saml

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	_ "crypto/sha1" // of OAEP alone
	"errors"

	"github.com/beevik/etree"
)

const encryption11NS = "http://www.w3.org/2009/xmlenc11#"

// errUndecipherable is the one error of decryption, so that nothing is told about what came out of it: CBC is not authenticated.
var errUndecipherable = fail(CheckEncryption, "the assertion cannot be decrypted, or what is in it is not signed by the provider").
	advise("Give the identity provider this provider's current encryption certificate, and let it sign the response or the assertion.")

// contentCipher is how data are encrypted with a key.
type contentCipher struct {
	key int // bytes
	gcm bool
}

var contentCiphers = map[string]contentCipher{
	"http://www.w3.org/2009/xmlenc11#aes128-gcm":  {16, true},
	"http://www.w3.org/2009/xmlenc11#aes256-gcm":  {32, true},
	"http://www.w3.org/2001/04/xmlenc#aes128-cbc": {16, false},
	"http://www.w3.org/2001/04/xmlenc#aes256-cbc": {32, false},
}

// oaepHashes are those of OAEP, where SHA-1 has no known weakness, by the names for digests and for MGF1.
var oaepHashes = map[string]crypto.Hash{
	"": crypto.SHA1, "http://www.w3.org/2000/09/xmldsig#sha1": crypto.SHA1,
	digestSHA256: crypto.SHA256, "http://www.w3.org/2001/04/xmlenc#sha512": crypto.SHA512,
	"http://www.w3.org/2009/xmlenc11#mgf1sha1":   crypto.SHA1,
	"http://www.w3.org/2009/xmlenc11#mgf1sha256": crypto.SHA256,
	"http://www.w3.org/2009/xmlenc11#mgf1sha512": crypto.SHA512,
}

// decrypted decrypts an assertion in a Response that was verified: the signature is over the encrypted bytes, and the assertion in
// them is not verified once more.
func (x Expect) decrypted(sealed *etree.Element) (*etree.Element, error) {
	plan, err := x.plan(sealed)
	if err != nil {
		return nil, err
	}
	e, err := plan.open(x.DecryptionKey)
	if err != nil {
		return nil, errUndecipherable
	}
	return e, nil
}

// decryptedAndVerified decrypts an assertion that must be signed itself.
func (x Expect) decryptedAndVerified(sealed *etree.Element) (*etree.Element, error) {
	e, err := x.decrypted(sealed)
	if err != nil {
		return nil, err
	}
	verified, err := x.trust().verified(e)
	if err != nil {
		return nil, errUndecipherable
	}
	return verified, nil
}

// envelope is an EncryptedAssertion taken apart.
type envelope struct {
	cipher     contentCipher
	oaep       rsa.OAEPOptions
	key, bytes []byte // encrypted
}

// plan takes an EncryptedAssertion apart. Its errors tell nothing about what is encrypted.
func (x Expect) plan(sealed *etree.Element) (*envelope, error) {
	if x.DecryptionKey == nil {
		return nil, fail(CheckEncryption, "the assertion is encrypted, and this provider has no key for that").
			advise("Switch encrypted responses on, and give the identity provider the encryption certificate.")
	}
	data, err := needed(sealed, encryptionNS, "EncryptedData")
	if err != nil {
		return nil, err
	}
	key, err := encryptedKey(sealed, data)
	if err != nil {
		return nil, err
	}
	var p envelope
	name, _, err := method(data)
	if err != nil {
		return nil, err
	}
	known := false
	if p.cipher, known = contentCiphers[name]; !known {
		return nil, fail(CheckEncryption, "the encryption algorithm %.100q is not accepted", name).advise("Set the identity provider to encrypt with AES-GCM.")
	}
	if p.oaep, err = keyTransport(key); err != nil {
		return nil, err
	}
	if p.key, err = cipherValue(key); err != nil {
		return nil, err
	}
	p.bytes, err = cipherValue(data)
	return &p, err
}

// encryptedKey finds the one EncryptedKey, which is in the KeyInfo of the data or beside them.
func encryptedKey(sealed, data *etree.Element) (*etree.Element, error) {
	keys := children(sealed, encryptionNS, "EncryptedKey")
	for _, info := range children(data, signatureNS, "KeyInfo") {
		keys = append(keys, children(info, encryptionNS, "EncryptedKey")...)
	}
	if len(keys) != 1 {
		return nil, fail(CheckEncryption, "the assertion is encrypted for %d keys, instead of one", len(keys))
	}
	return keys[0], nil
}

// method gives the algorithm of an encrypted element.
func method(e *etree.Element) (string, *etree.Element, error) {
	one, err := needed(e, encryptionNS, "EncryptionMethod")
	if err != nil {
		return "", nil, err
	}
	return value(one, "Algorithm"), one, nil
}

// keyTransport reads how the key is encrypted: with OAEP, never with PKCS #1 v1.5.
func keyTransport(key *etree.Element) (rsa.OAEPOptions, error) {
	none := rsa.OAEPOptions{}
	name, parameters, err := method(key)
	if err != nil {
		return none, err
	}
	if name != "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p" && name != "http://www.w3.org/2009/xmlenc11#rsa-oaep" {
		return none, fail(CheckEncryption, "the key is encrypted with %.100q, which is not accepted", name).
			advise("Set the identity provider to encrypt keys with RSA-OAEP.")
	}
	digest, mask := "", ""
	for _, parameter := range parameters.ChildElements() {
		switch {
		case is(parameter, signatureNS, "DigestMethod"):
			digest = value(parameter, "Algorithm")
		case is(parameter, encryption11NS, "MGF") && name == "http://www.w3.org/2009/xmlenc11#rsa-oaep":
			mask = value(parameter, "Algorithm")
		default:
			return none, fail(CheckEncryption, "RSA-OAEP has the parameter %.40q, which is not accepted", parameter.Tag)
		}
	}
	hash, known := oaepHashes[digest]
	maskHash, maskKnown := oaepHashes[mask]
	if !known || !maskKnown {
		return none, fail(CheckEncryption, "RSA-OAEP has the digests %.100q and %.100q, which are not accepted", digest, mask)
	}
	return rsa.OAEPOptions{Hash: hash, MGFHash: maskHash}, nil
}

// cipherValue gives the bytes in an encrypted element. References to other places are not followed.
func cipherValue(e *etree.Element) ([]byte, error) {
	data, err := needed(e, encryptionNS, "CipherData")
	if err != nil {
		return nil, err
	}
	one, err := needed(data, encryptionNS, "CipherValue")
	if err != nil {
		return nil, err
	}
	written, err := text(one)
	if err != nil {
		return nil, err
	}
	bytes, err := unbase64(written)
	if err != nil {
		return nil, fail(CheckEncryption, "the %s is not base64", e.Tag)
	}
	return bytes, nil
}

var errCipher = errors.New("cannot be decrypted")

// open decrypts the assertion and reads it.
func (p *envelope) open(private *rsa.PrivateKey) (*etree.Element, error) {
	key, err := private.Decrypt(nil, p.key, &p.oaep)
	if err != nil || len(key) != p.cipher.key {
		return nil, errCipher
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	plain, err := p.cipher.decrypt(block, p.bytes)
	if err != nil {
		return nil, err
	}
	e, err := parse(plain, messageXML)
	if err != nil {
		return nil, err
	}
	return e, onlyAssertion(e)
}

// onlyAssertion refuses anything but one assertion with no other one in it.
func onlyAssertion(e *etree.Element) error {
	if !is(e, assertionNS, "Assertion") {
		return errCipher
	}
	err := each(e, func(inner *etree.Element) error {
		if inner != e && (is(inner, assertionNS, "Assertion") || is(inner, assertionNS, "EncryptedAssertion") || is(inner, protocolNS, "Response")) {
			return errCipher
		}
		return nil
	})
	if err != nil {
		return err
	}
	return signaturesAndIDs(e)
}

// decrypt decrypts what begins with its initialization vector. Of CBC, whose padding is of any bytes but the last, which is its
// length, a wrong padding is not told apart from a wrong content: XML does not survive it.
func (c contentCipher) decrypt(block cipher.Block, sealed []byte) ([]byte, error) {
	if c.gcm {
		gcm, err := cipher.NewGCM(block)
		if err != nil || len(sealed) < gcm.NonceSize() {
			return nil, errCipher
		}
		return gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], nil)
	}
	if len(sealed) < 2*aes.BlockSize || len(sealed)%aes.BlockSize != 0 {
		return nil, errCipher
	}
	plain := make([]byte, len(sealed)-aes.BlockSize)
	cipher.NewCBCDecrypter(block, sealed[:aes.BlockSize]).CryptBlocks(plain, sealed[aes.BlockSize:])
	if padding := int(plain[len(plain)-1]); padding >= 1 && padding <= aes.BlockSize {
		plain = plain[:len(plain)-padding]
	}
	return plain, nil
}
