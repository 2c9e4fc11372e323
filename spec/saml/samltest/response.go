package samltest

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

var zero time.Time

// Response is an answer to an AuthnRequest. Empty fields are left out of it, or are as IdP.Response has set them.
type Response struct {
	ID, AssertionID         string
	Issuer, AssertionIssuer string
	Destination, Recipient  string
	Audience                string
	InResponseTo            string // of both; empty: unsolicited

	Issued                  time.Time
	NotBefore, NotOnOrAfter time.Time // of the conditions and of the confirmation
	SessionNotOnOrAfter     time.Time

	NameID, Format string
	SessionIndex   string
	AuthnContext   string
	Attributes     []Attribute
	Status         string // after "urn:oasis:names:tc:SAML:2.0:status:"; empty: Success, otherwise there is no assertion

	SignResponse, SignAssertion bool
	Signing                     Signing
	Encrypt                     *x509.Certificate // nil: the assertion is not encrypted
	Cipher                      Cipher

	EditAssertion func(string) string // before the assertion is signed
	EditPlain     func(string) string // after it, before it is encrypted
	EditResponse  func(string) string // before the Response is signed
	Tamper        func(string) string // of the whole in the end
}

// Attribute is one that the assertion has.
type Attribute struct {
	Name   string
	Values []string
}

// Response makes an answer as it should be: about jane@example.com, signed as an assertion. It is for a service provider with an
// entity ID and an assertion consumer service.
func (p *IdP) Response(now time.Time, audience, acs, inResponseTo string) *Response {
	return &Response{
		ID: "_r" + unique(), AssertionID: "_a" + unique(), Issuer: p.EntityID, AssertionIssuer: p.EntityID,
		Destination: acs, Recipient: acs, Audience: audience, InResponseTo: inResponseTo,
		Issued: now, NotBefore: now.Add(-time.Minute), NotOnOrAfter: now.Add(5 * time.Minute),
		NameID: "jane@example.com", Format: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
		SessionIndex: "_s1", AuthnContext: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
		Attributes:    []Attribute{{"email", []string{"jane@example.com"}}, {"groups", []string{"a", "b"}}},
		SignAssertion: true, Signing: Signing{Key: p.Key, Certificate: p.Certificate},
	}
}

// Encoded is the value of the field SAMLResponse.
func (r *Response) Encoded() string { return base64.StdEncoding.EncodeToString([]byte(r.XML())) }

// XML is the whole Response.
func (r *Response) XML() string {
	assertion := ""
	if r.Status == "" {
		assertion = edit(r.EditAssertion, r.assertion())
		if r.SignAssertion {
			assertion = r.Signing.Sign(assertion, r.AssertionID)
		}
		assertion = edit(r.EditPlain, assertion)
		if r.Encrypt != nil {
			assertion = r.Cipher.seal(assertion, r.Encrypt)
		}
	}
	text := edit(r.EditResponse, r.response(assertion))
	if r.SignResponse {
		text = r.Signing.Sign(text, r.ID)
	}
	return edit(r.Tamper, text)
}

func edit(by func(string) string, text string) string {
	if by == nil {
		return text
	}
	return by(text)
}

func (r *Response) response(assertion string) string {
	status := "Success"
	if r.Status != "" {
		status = r.Status
	}
	return fmt.Sprintf(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"%s Version="2.0"%s%s%s>`,
		attr("ID", r.ID), attr("IssueInstant", at(r.Issued)), attr("Destination", r.Destination), attr("InResponseTo", r.InResponseTo)) +
		element("saml:Issuer", r.Issuer) +
		`<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:` + status + `"/></samlp:Status>` + assertion + `</samlp:Response>`
}

func (r *Response) assertion() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema" `+
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"%s Version="2.0"%s>`, attr("ID", r.AssertionID), attr("IssueInstant", at(r.Issued)))
	b.WriteString(element("saml:Issuer", r.AssertionIssuer) + `<saml:Subject>`)
	if r.NameID != "" {
		fmt.Fprintf(&b, `<saml:NameID%s>%s</saml:NameID>`, attr("Format", r.Format), escape(r.NameID))
	}
	fmt.Fprintf(&b, `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData%s%s%s/></saml:SubjectConfirmation></saml:Subject>`,
		attr("NotOnOrAfter", at(r.NotOnOrAfter)), attr("Recipient", r.Recipient), attr("InResponseTo", r.InResponseTo))
	fmt.Fprintf(&b, `<saml:Conditions%s%s>`, attr("NotBefore", at(r.NotBefore)), attr("NotOnOrAfter", at(r.NotOnOrAfter)))
	if r.Audience != "" {
		b.WriteString(`<saml:AudienceRestriction>` + element("saml:Audience", r.Audience) + `</saml:AudienceRestriction>`)
	}
	fmt.Fprintf(&b, `</saml:Conditions><saml:AuthnStatement%s%s%s><saml:AuthnContext>%s</saml:AuthnContext></saml:AuthnStatement>`,
		attr("AuthnInstant", at(r.Issued)), attr("SessionIndex", r.SessionIndex), attr("SessionNotOnOrAfter", at(r.SessionNotOnOrAfter)),
		element("saml:AuthnContextClassRef", r.AuthnContext))
	if len(r.Attributes) > 0 {
		b.WriteString(`<saml:AttributeStatement>`)
		for _, a := range r.Attributes {
			fmt.Fprintf(&b, `<saml:Attribute%s>`, attr("Name", a.Name))
			for _, v := range a.Values {
				fmt.Fprintf(&b, `<saml:AttributeValue xsi:type="xs:string">%s</saml:AttributeValue>`, escape(v))
			}
			b.WriteString(`</saml:Attribute>`)
		}
		b.WriteString(`</saml:AttributeStatement>`)
	}
	b.WriteString(`</saml:Assertion>`)
	return b.String()
}

func attr(name, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(` %s="%s"`, name, escape(value))
}

func element(name, text string) string {
	if text == "" {
		return ""
	}
	return "<" + name + ">" + escape(text) + "</" + name + ">"
}

func at(moment time.Time) string {
	if moment.IsZero() {
		return ""
	}
	return moment.UTC().Format("2006-01-02T15:04:05.000Z")
}
