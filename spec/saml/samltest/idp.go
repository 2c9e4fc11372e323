package samltest

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// IdP is an identity provider.
type IdP struct {
	EntityID string
	SSO, SLO string // addresses of both bindings; SLO empty: none

	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
}

// New makes an identity provider whose addresses are below a base, as "https://idp.example". The same base has the same key.
func New(base string) *IdP {
	key := Key(base)
	return &IdP{
		EntityID: base + "/metadata", SSO: base + "/sso", SLO: base + "/slo",
		Key: key, Certificate: Certificate(base, key, zero),
	}
}

// Metadata are the provider's metadata.
func (p *IdP) Metadata() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="%s">`, escape(p.EntityID))
	b.WriteString(`<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">`)
	fmt.Fprintf(&b, `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
		base64.StdEncoding.EncodeToString(p.Certificate.Raw))
	for _, binding := range []string{"HTTP-Redirect", "HTTP-POST"} {
		if p.SLO != "" {
			fmt.Fprintf(&b, `<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:%s" Location="%s"/>`, binding, escape(p.SLO))
		}
	}
	for _, binding := range []string{"HTTP-Redirect", "HTTP-POST"} {
		fmt.Fprintf(&b, `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:%s" Location="%s"/>`, binding, escape(p.SSO))
	}
	b.WriteString(`</md:IDPSSODescriptor></md:EntityDescriptor>`)
	return []byte(b.String())
}

// Message is a message that came from the service provider: an AuthnRequest, a LogoutRequest or a LogoutResponse.
type Message struct {
	XMLName      xml.Name
	ID           string   `xml:"ID,attr"`
	Destination  string   `xml:"Destination,attr"`
	ACS          string   `xml:"AssertionConsumerServiceURL,attr"`
	ForceAuthn   string   `xml:"ForceAuthn,attr"`
	InResponseTo string   `xml:"InResponseTo,attr"`
	NotOnOrAfter string   `xml:"NotOnOrAfter,attr"`
	Issuer       string   `xml:"urn:oasis:names:tc:SAML:2.0:assertion Issuer"`
	NameID       string   `xml:"urn:oasis:names:tc:SAML:2.0:assertion NameID"`
	Sessions     []string `xml:"urn:oasis:names:tc:SAML:2.0:protocol SessionIndex"`
	Status       struct {
		Code struct {
			Value string `xml:"Value,attr"`
		} `xml:"StatusCode"`
	} `xml:"Status"`
	Signature *struct{} `xml:"http://www.w3.org/2000/09/xmldsig# Signature"` // nil: there is none

	RelayState string `xml:"-"`
	Signed     bool   `xml:"-"` // the query has a signature
}

// ReadRedirect reads a message of the redirect binding from an address. A signature is verified with the certificate.
func ReadRedirect(location string, certificate *x509.Certificate) (*Message, error) {
	address, err := url.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	q := address.Query()
	packed, err := base64.StdEncoding.DecodeString(q.Get("SAMLRequest") + q.Get("SAMLResponse"))
	if err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		return nil, fmt.Errorf("inflate: %w", err)
	}
	m := Message{RelayState: q.Get("RelayState"), Signed: q.Has("Signature")}
	if err := xml.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	if !m.Signed {
		return &m, nil
	}
	begin := strings.Index(address.RawQuery, "SAMLRe")
	end := strings.LastIndex(address.RawQuery, "&Signature=")
	signature, err := base64.StdEncoding.DecodeString(q.Get("Signature"))
	if err != nil || begin < 0 || end < begin || certificate == nil {
		return nil, errors.New("the signature cannot be read, or there is no certificate for it")
	}
	digest := digest(crypto.SHA256, []byte(address.RawQuery[begin:end]))
	key, _ := certificate.PublicKey.(*rsa.PublicKey)
	return &m, rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, signature)
}

// ReadForm reads a message of the POST binding, without verifying a signature.
func ReadForm(encoded string) (*Message, error) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	var m Message
	if err := xml.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	return &m, nil
}

// escape writes text as it may stand in XML.
func escape(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}
