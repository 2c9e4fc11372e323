package samltest

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"net/url"
	"time"
)

// Logout is a LogoutRequest, or a LogoutResponse where InResponseTo is set.
type Logout struct {
	ID, Issuer, Destination string
	InResponseTo            string
	Status                  string // of a response; empty: Success
	NameID, SessionIndex    string // of a request
	Issued, NotOnOrAfter    time.Time
	Unsigned                bool
	Signing                 Signing
	Edit                    func(string) string // before it is signed
}

// Logout makes a LogoutRequest about the user of Response, for a service provider's address.
func (p *IdP) Logout(now time.Time, destination string) *Logout {
	return &Logout{
		ID: "_l" + unique(), Issuer: p.EntityID, Destination: destination, Issued: now, NotOnOrAfter: now.Add(5 * time.Minute),
		NameID: "jane@example.com", SessionIndex: "_s1", Signing: Signing{Key: p.Key},
	}
}

// LogoutResponse answers a LogoutRequest of a service provider.
func (p *IdP) LogoutResponse(now time.Time, destination, inResponseTo string) *Logout {
	l := p.Logout(now, destination)
	l.InResponseTo, l.NotOnOrAfter = inResponseTo, zero
	return l
}

// XML is the message without a signature.
func (l *Logout) XML() string {
	name, rest := "LogoutRequest", fmt.Sprintf(`<saml:NameID>%s</saml:NameID>%s`, escape(l.NameID), element("samlp:SessionIndex", l.SessionIndex))
	if l.InResponseTo != "" {
		status := "Success"
		if l.Status != "" {
			status = l.Status
		}
		name, rest = "LogoutResponse", `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:`+status+`"/></samlp:Status>`
	}
	return edit(l.Edit, fmt.Sprintf(`<samlp:%s xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"%s Version="2.0"%s%s%s%s>`,
		name, attr("ID", l.ID), attr("IssueInstant", at(l.Issued)), attr("NotOnOrAfter", at(l.NotOnOrAfter)),
		attr("Destination", l.Destination), attr("InResponseTo", l.InResponseTo))+
		element("saml:Issuer", l.Issuer)+rest+`</samlp:`+name+`>`)
}

// Form is the message as a value of the POST binding.
func (l *Logout) Form() string {
	text := l.XML()
	if !l.Unsigned {
		text = l.Signing.Sign(text, l.ID)
	}
	return base64.StdEncoding.EncodeToString([]byte(text))
}

// Query is the message as a query of the redirect binding.
func (l *Logout) Query(relayState string) string {
	field := "SAMLRequest"
	if l.InResponseTo != "" {
		field = "SAMLResponse"
	}
	var packed bytes.Buffer
	w := must(flate.NewWriter(&packed, flate.DefaultCompression))
	_ = must(w.Write([]byte(l.XML())))
	if err := w.Close(); err != nil {
		panic(err)
	}
	query := field + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed.Bytes()))
	if relayState != "" {
		query += "&RelayState=" + url.QueryEscape(relayState)
	}
	if l.Unsigned {
		return query
	}
	query += "&SigAlg=" + url.QueryEscape(RSASHA256)
	key, _ := l.Signing.Key.(*rsa.PrivateKey)
	signed := must(rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest(crypto.SHA256, []byte(query))))
	return query + "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signed))
}
