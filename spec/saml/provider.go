package saml

import (
	"crypto/x509"
	"encoding/base64"
	"strconv"

	"github.com/beevik/etree"
)

// ServiceProvider is what identity providers have to know of us.
type ServiceProvider struct {
	EntityID   string
	ACS        []string // addresses of the POST binding; the first is the default
	SLO        string   // address of both bindings; empty: none
	Signing    *x509.Certificate
	Encryption []*x509.Certificate

	SignsRequests bool // AuthnRequests are signed
}

// Metadata writes the metadata of the service provider.
func (p ServiceProvider) Metadata() ([]byte, error) {
	e := etree.NewElement("md:EntityDescriptor")
	e.CreateAttr("xmlns:md", metadataNS)
	e.CreateAttr("xmlns:ds", signatureNS)
	e.CreateAttr("entityID", p.EntityID)
	role := e.CreateElement("md:SPSSODescriptor")
	role.CreateAttr("AuthnRequestsSigned", strconv.FormatBool(p.SignsRequests))
	role.CreateAttr("WantAssertionsSigned", strconv.FormatBool(true))
	role.CreateAttr("protocolSupportEnumeration", protocolNS)
	if p.Signing != nil {
		keyDescriptor(role, "signing", p.Signing)
	}
	for _, certificate := range p.Encryption {
		key := keyDescriptor(role, "encryption", certificate)
		key.CreateElement("md:EncryptionMethod").CreateAttr("Algorithm", "http://www.w3.org/2009/xmlenc11#aes256-gcm")
		key.CreateElement("md:EncryptionMethod").CreateAttr("Algorithm", "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p")
	}
	if p.SLO != "" {
		for _, binding := range []string{redirectBinding, postBinding} {
			service := role.CreateElement("md:SingleLogoutService")
			service.CreateAttr("Binding", binding)
			service.CreateAttr("Location", p.SLO)
		}
	}
	for i, address := range p.ACS {
		service := role.CreateElement("md:AssertionConsumerService")
		service.CreateAttr("Binding", postBinding)
		service.CreateAttr("Location", address)
		service.CreateAttr("index", strconv.Itoa(i))
		if i == 0 {
			service.CreateAttr("isDefault", strconv.FormatBool(true))
		}
	}
	return written(e)
}

func keyDescriptor(role *etree.Element, use string, certificate *x509.Certificate) *etree.Element {
	key := role.CreateElement("md:KeyDescriptor")
	key.CreateAttr("use", use)
	key.CreateElement("ds:KeyInfo").CreateElement("ds:X509Data").CreateElement("ds:X509Certificate").
		SetText(base64.StdEncoding.EncodeToString(certificate.Raw))
	return key
}
