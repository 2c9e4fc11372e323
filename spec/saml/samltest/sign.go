package samltest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // of what is to be refused
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// Names of algorithms.
const (
	RSASHA1     = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
	RSASHA256   = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	ECDSASHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
	HMACSHA256  = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
	SHA1        = "http://www.w3.org/2000/09/xmldsig#sha1"
	SHA256      = "http://www.w3.org/2001/04/xmlenc#sha256"
	Exclusive   = "http://www.w3.org/2001/10/xml-exc-c14n#"
	Enveloped   = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
)

// Signing is how an element is signed. The zero value is RSA with SHA-256, with the provider's key.
type Signing struct {
	Key         crypto.Signer       // nil: the provider's
	Method      string              // empty: RSASHA256
	Digest      string              // empty: SHA256
	Secret      []byte              // for HMACSHA256
	Certificate *x509.Certificate   // in KeyInfo; nil: no KeyInfo
	Prefixes    string              // of InclusiveNamespaces
	Transforms  string              // XML instead of the two Transform elements
	URI         *string             // instead of that of the element
	Edit        func(string) string // of SignedInfo, before it is signed
}

// Sign signs the element with an ID in a document and puts the signature after its Issuer.
func (s Signing) Sign(document, id string) string {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(document); err != nil {
		panic(err)
	}
	e := doc.FindElement(fmt.Sprintf("//*[@ID='%s']", id))
	if e == nil {
		panic("no element has the ID " + id)
	}
	covered := canonical(e, s.Prefixes)
	signature := etree.NewDocument()
	if err := signature.ReadFromString(s.signature(covered, id)); err != nil {
		panic(err)
	}
	at := 0
	for i, child := range e.Child {
		if issuer, ok := child.(*etree.Element); ok && issuer.Tag == "Issuer" {
			at = i + 1
			break
		}
	}
	e.InsertChildAt(at, signature.Root())
	return must(doc.WriteToString())
}

// signature is the Signature element over canonical bytes.
func (s Signing) signature(covered []byte, id string) string {
	method, digestName, uri := RSASHA256, SHA256, "#"+id
	if s.Method != "" {
		method = s.Method
	}
	if s.Digest != "" {
		digestName = s.Digest
	}
	if s.URI != nil {
		uri = *s.URI
	}
	inclusive := ""
	if s.Prefixes != "" {
		inclusive = fmt.Sprintf(`<ec:InclusiveNamespaces xmlns:ec="%s" PrefixList="%s"></ec:InclusiveNamespaces>`, Exclusive, s.Prefixes)
	}
	transforms := fmt.Sprintf(`<ds:Transform Algorithm="%s"></ds:Transform><ds:Transform Algorithm="%s">%s</ds:Transform>`, Enveloped, Exclusive, inclusive)
	if s.Transforms != "" {
		transforms = s.Transforms
	}
	hash := crypto.SHA256
	if digestName == SHA1 {
		hash = crypto.SHA1
	}
	info := fmt.Sprintf(`<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:CanonicalizationMethod Algorithm="%s"></ds:CanonicalizationMethod>`+
		`<ds:SignatureMethod Algorithm="%s"></ds:SignatureMethod><ds:Reference URI="%s"><ds:Transforms>%s</ds:Transforms>`+
		`<ds:DigestMethod Algorithm="%s"></ds:DigestMethod><ds:DigestValue>%s</ds:DigestValue></ds:Reference></ds:SignedInfo>`,
		Exclusive, method, uri, transforms, digestName, base64.StdEncoding.EncodeToString(digest(hash, covered)))
	if s.Edit != nil {
		info = s.Edit(info)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromString(info); err != nil {
		panic(err)
	}
	value := base64.StdEncoding.EncodeToString(s.sign(method, canonical(doc.Root(), "")))
	keyInfo := ""
	if s.Certificate != nil {
		keyInfo = `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + base64.StdEncoding.EncodeToString(s.Certificate.Raw) + `</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`
	}
	info = strings.Replace(info, ` xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`, "", 1)
	return `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">` + info + `<ds:SignatureValue>` + value + `</ds:SignatureValue>` + keyInfo + `</ds:Signature>`
}

// sign signs bytes.
func (s Signing) sign(method string, message []byte) []byte {
	if method == HMACSHA256 {
		mac := hmac.New(crypto.SHA256.New, s.Secret)
		mac.Write(message)
		return mac.Sum(nil)
	}
	hash := crypto.SHA256
	if method == RSASHA1 {
		hash = crypto.SHA1
	}
	switch key := s.Key.(type) {
	case *rsa.PrivateKey:
		return must(rsa.SignPKCS1v15(rand.Reader, key, hash, digest(hash, message)))
	case *ecdsa.PrivateKey:
		r, v, err := ecdsa.Sign(rand.Reader, key, digest(hash, message))
		if err != nil {
			panic(err)
		}
		size := (key.Params().N.BitLen() + 7) / 8
		return append(r.FillBytes(make([]byte, size)), v.FillBytes(make([]byte, size))...)
	}
	panic("no key")
}

// canonical is the exclusive canonical form of an element, with the namespaces of what is around it.
func canonical(e *etree.Element, prefixes string) []byte {
	alone := e.Copy()
	for up := e.Parent(); up != nil; up = up.Parent() {
		for _, a := range up.Attr {
			if a.Space == "xmlns" && alone.SelectAttr(a.FullKey()) == nil {
				alone.CreateAttr(a.FullKey(), a.Value)
			}
		}
	}
	return must(dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(prefixes).Canonicalize(alone))
}

func digest(hash crypto.Hash, message []byte) []byte {
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}
