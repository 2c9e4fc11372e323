package saml

import (
	"crypto/x509"
	"net/url"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// Bindings.
const (
	redirectBinding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	postBinding     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
)

// maxCertificate is how long a certificate in metadata may be, in characters of base64 (docs/cognito/federation.md, "SAML").
const maxCertificate = 4096

// Provider is an identity provider as its metadata describe it.
type Provider struct {
	EntityID string

	SSO         Endpoints // where AuthnRequests go
	SLO         Endpoints // where LogoutRequests go
	SLOResponse Endpoints // where LogoutResponses go

	Certificates []*x509.Certificate // of the keys by which it signs; at least one
	Expired      []*x509.Certificate // of such keys, but not accepted any more

	WantAuthnRequestsSigned bool
	ValidUntil              time.Time // of the metadata; zero: not said
}

// Endpoints are addresses by the binding in which they are spoken to; empty: the provider has none.
type Endpoints struct {
	Redirect, Post string
}

// ParseMetadata reads the metadata of one identity provider: an EntityDescriptor, or an EntitiesDescriptor with one identity
// provider in it. A signature of the metadata is not looked at. Errors are *Error. Certificates that have expired are not an error
// as long as another one is left, so that a provider can exchange its keys; who configures a provider may want to refuse them.
func ParseMetadata(document []byte, now time.Time) (*Provider, error) {
	root, err := parse(document, metadataXML)
	if err != nil {
		return nil, err
	}
	entity, descriptor, err := onlyProvider(root)
	if err != nil {
		return nil, err
	}
	p := &Provider{EntityID: strings.TrimSpace(value(entity, "entityID"))}
	if p.EntityID == "" || len(p.EntityID) > 1024 {
		return nil, fail(CheckMetadata, "the entityID is missing, or longer than 1024 bytes")
	}
	for e := descriptor; e != nil; e = e.Parent() {
		if err := p.readValidity(e, now); err != nil {
			return nil, err
		}
	}
	if err := p.readEndpoints(descriptor); err != nil {
		return nil, err
	}
	p.WantAuthnRequestsSigned = value(descriptor, "WantAuthnRequestsSigned") == "true" || value(descriptor, "WantAuthnRequestsSigned") == "1"
	if err := p.readCertificates(descriptor, now); err != nil {
		return nil, err
	}
	return p, nil
}

// onlyProvider finds the one entity that is an identity provider of SAML 2.0.
func onlyProvider(root *etree.Element) (entity, descriptor *etree.Element, err error) {
	if !is(root, metadataNS, "EntityDescriptor") && !is(root, metadataNS, "EntitiesDescriptor") {
		return nil, nil, fail(CheckMetadata, "the document is a %.40q, not the metadata of an identity provider", root.Tag).
			advise("Take the address or file that the identity provider calls SAML 2.0 metadata.")
	}
	var found []*etree.Element
	_ = each(root, func(e *etree.Element) error {
		parent := e.Parent()
		if is(e, metadataNS, "IDPSSODescriptor") && is(parent, metadataNS, "EntityDescriptor") && speaksSAML2(e) {
			found = append(found, e)
		}
		return nil
	})
	if len(found) != 1 {
		return nil, nil, fail(CheckMetadata, "the metadata describe %d identity providers of SAML 2.0, instead of one", len(found))
	}
	return found[0].Parent(), found[0], nil
}

func speaksSAML2(e *etree.Element) bool {
	for protocol := range strings.FieldsSeq(value(e, "protocolSupportEnumeration")) {
		if protocol == protocolNS {
			return true
		}
	}
	return false
}

// readValidity refuses metadata that are past their validUntil, and keeps the earliest.
func (p *Provider) readValidity(e *etree.Element, now time.Time) error {
	until, err := moment(e, "validUntil")
	if err != nil || until.IsZero() {
		return err
	}
	if !now.Before(until) {
		return fail(CheckMetadata, "the metadata of %s were valid until %s", p.EntityID, stamp(until)).advise("Fetch the metadata anew.")
	}
	if p.ValidUntil.IsZero() || until.Before(p.ValidUntil) {
		p.ValidUntil = until
	}
	return nil
}

// readEndpoints reads where the provider is spoken to. The first address of each binding is taken.
func (p *Provider) readEndpoints(descriptor *etree.Element) error {
	for _, e := range children(descriptor, metadataNS, "SingleSignOnService") {
		if err := p.SSO.read(e, "Location"); err != nil {
			return err
		}
	}
	for _, e := range children(descriptor, metadataNS, "SingleLogoutService") {
		if err := p.SLO.read(e, "Location"); err != nil {
			return err
		}
		answer := "Location"
		if value(e, "ResponseLocation") != "" {
			answer = "ResponseLocation"
		}
		if err := p.SLOResponse.read(e, answer); err != nil {
			return err
		}
	}
	if p.SSO == (Endpoints{}) {
		return fail(CheckMetadata, "the metadata of %s have no SingleSignOnService with the binding HTTP-Redirect or HTTP-POST", p.EntityID)
	}
	return nil
}

// read reads one address, unless there is one of its binding.
func (e *Endpoints) read(service *etree.Element, name string) error {
	into := &e.Redirect
	switch value(service, "Binding") {
	case redirectBinding:
	case postBinding:
		into = &e.Post
	default:
		return nil
	}
	written := strings.TrimSpace(value(service, name))
	address, err := url.Parse(written)
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" || address.User != nil || address.Fragment != "" {
		return fail(CheckMetadata, "the %s of %s is no address of http or https: %.200q", name, service.Tag, written)
	}
	if *into == "" {
		*into = written
	}
	return nil
}

// readCertificates reads the certificates for signatures.
func (p *Provider) readCertificates(descriptor *etree.Element, now time.Time) error {
	for _, key := range children(descriptor, metadataNS, "KeyDescriptor") {
		if use, has := attribute(key, "use"); has && use != "signing" {
			continue
		}
		for _, info := range children(key, signatureNS, "KeyInfo") {
			for _, data := range children(info, signatureNS, "X509Data") {
				for _, one := range children(data, signatureNS, "X509Certificate") {
					if err := p.readCertificate(one, now); err != nil {
						return err
					}
				}
			}
		}
	}
	if len(p.Certificates) > 0 {
		return nil
	}
	if len(p.Expired) > 0 {
		old := p.Expired[0]
		return fail(CheckCertificate, "the certificate of %s with the serial number %s expired at %s", old.Subject, old.SerialNumber, stamp(old.NotAfter)).
			advise("Give the identity provider a new signing certificate and update its metadata.")
	}
	return fail(CheckCertificate, "the metadata of %s have no certificate for signatures", p.EntityID)
}

func (p *Provider) readCertificate(e *etree.Element, now time.Time) error {
	written, err := text(e)
	if err != nil {
		return err
	}
	der, err := unbase64(written)
	if err != nil {
		return fail(CheckCertificate, "a certificate of %s is not base64", p.EntityID)
	}
	if len(strings.Join(strings.Fields(written), "")) > maxCertificate {
		return fail(CheckCertificate, "a certificate of %s is longer than %d characters", p.EntityID, maxCertificate)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return fail(CheckCertificate, "a certificate of %s cannot be read: %v", p.EntityID, err)
	}
	if now.After(certificate.NotAfter) {
		p.Expired = append(p.Expired, certificate)
		return nil
	}
	if err := strong(certificate); err != nil {
		return err
	}
	p.Certificates = append(p.Certificates, certificate)
	return nil
}
