package saml

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"

	"github.com/beevik/etree"
)

// signRSA signs a message with RSASHA256.
func signRSA(key *rsa.PrivateKey, message []byte) ([]byte, error) {
	return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum(crypto.SHA256, message))
}

// envelop signs a message that is the root of its document. The signature comes after the Issuer, where the schema wants it.
func envelop(e *etree.Element, key *rsa.PrivateKey) error {
	covered, err := canonical(e, nil, "")
	if err != nil {
		return err
	}
	signature := etree.NewElement("ds:Signature")
	signature.CreateAttr("xmlns:ds", signatureNS)
	info := signature.CreateElement("ds:SignedInfo")
	info.CreateElement("ds:CanonicalizationMethod").CreateAttr("Algorithm", exclusive)
	info.CreateElement("ds:SignatureMethod").CreateAttr("Algorithm", RSASHA256)
	reference := info.CreateElement("ds:Reference")
	reference.CreateAttr("URI", "#"+value(e, "ID"))
	transforms := reference.CreateElement("ds:Transforms")
	transforms.CreateElement("ds:Transform").CreateAttr("Algorithm", enveloped)
	transforms.CreateElement("ds:Transform").CreateAttr("Algorithm", exclusive)
	reference.CreateElement("ds:DigestMethod").CreateAttr("Algorithm", digestSHA256)
	reference.CreateElement("ds:DigestValue").SetText(base64.StdEncoding.EncodeToString(sum(crypto.SHA256, covered)))

	message, err := canonical(info, nil, "")
	if err != nil {
		return err
	}
	signed, err := signRSA(key, message)
	if err != nil {
		return fmt.Errorf("sign %s: %w", e.Tag, err)
	}
	signature.CreateElement("ds:SignatureValue").SetText(base64.StdEncoding.EncodeToString(signed))
	e.InsertChildAt(1, signature)
	return nil
}
