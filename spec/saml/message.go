package saml

import (
	"crypto/rsa"
	"fmt"
	"strconv"
	"time"

	"github.com/beevik/etree"

	"cardea/spec/id"
)

// Names of the parameters in both bindings.
const (
	RequestField  = "SAMLRequest"
	ResponseField = "SAMLResponse"
	RelayField    = "RelayState"
)

// NewID makes an ID for a message.
func NewID() string { return "_" + id.NewUUID() }

// AuthnRequest asks a provider to sign somebody in.
type AuthnRequest struct {
	ID              string // of NewID
	ServiceProvider string // our entity ID
	ACS             string // where the answer goes, by POST
	Destination     string // the provider's address
	Issued          time.Time
	ForceAuthn      bool // even if they are signed in there
}

// Redirect makes the address to which the browser is sent with the request. Without a key it is not signed.
func (r AuthnRequest) Redirect(relayState string, key *rsa.PrivateKey) (string, error) {
	return redirect(r.element(), RequestField, relayState, key)
}

// Form makes the value of the field SAMLRequest, which the browser posts to Destination. Without a key it is not signed.
func (r AuthnRequest) Form(key *rsa.PrivateKey) (string, error) { return form(r.element(), key) }

func (r AuthnRequest) element() *etree.Element {
	e := message("AuthnRequest", header{r.ID, r.ServiceProvider, r.Destination, r.Issued})
	e.CreateAttr("AssertionConsumerServiceURL", r.ACS)
	e.CreateAttr("ProtocolBinding", postBinding)
	if r.ForceAuthn {
		e.CreateAttr("ForceAuthn", strconv.FormatBool(true))
	}
	return e
}

// LogoutRequest asks to end a session.
type LogoutRequest struct {
	ID           string
	Issuer       string // entity ID of whoever asks
	Destination  string
	Issued       time.Time
	NotOnOrAfter time.Time // zero: not said
	NameID       NameID
	Sessions     []string // by SessionIndex; none: all of the user
}

// Redirect makes the address to which the browser is sent with the request.
func (r LogoutRequest) Redirect(relayState string, key *rsa.PrivateKey) (string, error) {
	return redirect(r.element(), RequestField, relayState, key)
}

// Form makes the value of the field SAMLRequest, which the browser posts to Destination.
func (r LogoutRequest) Form(key *rsa.PrivateKey) (string, error) { return form(r.element(), key) }

func (r LogoutRequest) element() *etree.Element {
	e := message("LogoutRequest", header{r.ID, r.Issuer, r.Destination, r.Issued})
	if !r.NotOnOrAfter.IsZero() {
		e.CreateAttr("NotOnOrAfter", instant(r.NotOnOrAfter))
	}
	name := e.CreateElement("saml:NameID")
	for _, a := range []struct{ key, value string }{
		{"NameQualifier", r.NameID.NameQualifier}, {"SPNameQualifier", r.NameID.SPNameQualifier}, {"Format", r.NameID.Format},
	} {
		if a.value != "" {
			name.CreateAttr(a.key, a.value)
		}
	}
	name.SetText(r.NameID.Value)
	for _, index := range r.Sessions {
		e.CreateElement("samlp:SessionIndex").SetText(index)
	}
	return e
}

// LogoutResponse answers a LogoutRequest.
type LogoutResponse struct {
	ID           string
	Issuer       string
	Destination  string
	InResponseTo string
	Issued       time.Time
	Failed       bool // the session could not be ended
}

// Redirect makes the address to which the browser is sent with the answer.
func (r LogoutResponse) Redirect(relayState string, key *rsa.PrivateKey) (string, error) {
	return redirect(r.element(), ResponseField, relayState, key)
}

// Form makes the value of the field SAMLResponse, which the browser posts to Destination.
func (r LogoutResponse) Form(key *rsa.PrivateKey) (string, error) { return form(r.element(), key) }

func (r LogoutResponse) element() *etree.Element {
	e := message("LogoutResponse", header{r.ID, r.Issuer, r.Destination, r.Issued})
	e.CreateAttr("InResponseTo", r.InResponseTo)
	code := statusSuccess
	if r.Failed {
		code = "urn:oasis:names:tc:SAML:2.0:status:Responder"
	}
	e.CreateElement("samlp:Status").CreateElement("samlp:StatusCode").CreateAttr("Value", code)
	return e
}

// header is what all messages have.
type header struct {
	id, issuer, destination string
	issued                  time.Time
}

func message(tag string, h header) *etree.Element {
	e := etree.NewElement("samlp:" + tag)
	e.CreateAttr("xmlns:samlp", protocolNS)
	e.CreateAttr("xmlns:saml", assertionNS)
	e.CreateAttr("ID", h.id)
	e.CreateAttr("Version", "2.0")
	e.CreateAttr("IssueInstant", instant(h.issued))
	e.CreateAttr("Destination", h.destination)
	e.CreateElement("saml:Issuer").SetText(h.issuer)
	return e
}

func instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// form writes a message for the POST binding, signed if there is a key.
func form(e *etree.Element, key *rsa.PrivateKey) (string, error) {
	if key != nil {
		if err := envelop(e, key); err != nil {
			return "", err
		}
	}
	document, err := written(e)
	if err != nil {
		return "", err
	}
	return encodePost(document), nil
}

// written writes an element as a document.
func written(e *etree.Element) ([]byte, error) {
	doc := etree.NewDocumentWithRoot(e)
	doc.WriteSettings = etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true, CanonicalEndTags: true}
	document, err := doc.WriteToBytes()
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", e.Tag, err)
	}
	return document, nil
}
