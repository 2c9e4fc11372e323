package saml_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

func describe(t *testing.T, edit func(string) string) (*saml.Provider, error) {
	t.Helper()
	text := string(idp.Metadata())
	if edit != nil {
		text = edit(text)
	}
	return saml.ParseMetadata([]byte(text), now)
}

// paper is a certificate as it stands in metadata.
func paper(c *x509.Certificate) string { return base64.StdEncoding.EncodeToString(c.Raw) }

// key is another KeyDescriptor in front of the metadata's own.
func key(use, certificate string) func(string) string {
	return replace("<md:KeyDescriptor", fmt.Sprintf(`<md:KeyDescriptor%s><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>%s`+
		`</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:KeyDescriptor`, use, certificate))
}

func certificate(text string) func(string) string {
	return func(metadata string) string { return strings.ReplaceAll(metadata, paper(idp.Certificate), text) }
}

func TestMetadataAreChecked(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	short, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		edit func(string) string
		want string
	}{
		"as they should be":         {nil, ""},
		"a comment":                 {replace("<md:IDPSSODescriptor", "<!-- made by a tool --><md:IDPSSODescriptor"), ""},
		"a mark of the byte order":  {func(s string) string { return "\uFEFF" + s }, ""},
		"DTD":                       {replace("<md:EntityDescriptor", `<!DOCTYPE x [<!ENTITY a "b">]><md:EntityDescriptor`), saml.CheckXML},
		"processing instruction":    {replace("<md:IDPSSODescriptor", "<?x?><md:IDPSSODescriptor"), saml.CheckXML},
		"entity":                    {replace("entityID=\"", "entityID=\"&x;"), saml.CheckXML},
		"large":                     {replace("<md:IDPSSODescriptor", "<!--"+strings.Repeat("x", 1<<20)+"--><md:IDPSSODescriptor"), saml.CheckXML},
		"many comments":             {replace("<md:IDPSSODescriptor", strings.Repeat("<!-- -->", 11_000)+"<md:IDPSSODescriptor"), saml.CheckXML},
		"deep":                      {replace("<md:KeyDescriptor", strings.Repeat("<md:x>", 40)+strings.Repeat("</md:x>", 40)+"<md:KeyDescriptor"), saml.CheckXML},
		"not XML":                   {func(string) string { return "Not found" }, saml.CheckXML},
		"HTML":                      {func(string) string { return "<html></html>" }, saml.CheckMetadata},
		"no entityID":               {replace("entityID=", "x="), saml.CheckMetadata},
		"long entityID":             {replace("entityID=\"", "entityID=\""+strings.Repeat("x", 1024)), saml.CheckMetadata},
		"a service provider's":      {func(s string) string { return strings.ReplaceAll(s, "IDPSSODescriptor", "SPSSODescriptor") }, saml.CheckMetadata},
		"SAML 1.1":                  {replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol"), saml.CheckMetadata},
		"SAML 1.1 too":              {replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol"), ""},
		"two identity providers":    {func(s string) string { return group(s + strings.ReplaceAll(s, idp.EntityID, "urn:other")) }, saml.CheckMetadata},
		"one in a group":            {group, ""},
		"none in a group":           {func(string) string { return group("") }, saml.CheckMetadata},
		"group that has ended":      {func(s string) string { return replace(">", ` validUntil="2026-01-01T00:00:00Z">`)(group(s)) }, saml.CheckMetadata},
		"ended":                     {replace("entityID=", `validUntil="2026-03-04T05:06:07Z" entityID=`), saml.CheckMetadata},
		"not ended":                 {replace("entityID=", `validUntil="2026-03-04T05:06:08Z" entityID=`), ""},
		"end at no time":            {replace("entityID=", `validUntil="soon" entityID=`), saml.CheckTime},
		"no single sign-on":         {func(s string) string { return strings.ReplaceAll(s, "SingleSignOnService", "x") }, saml.CheckMetadata},
		"other bindings":            {func(s string) string { return strings.ReplaceAll(s, "bindings:HTTP-", "bindings:SOAP-") }, saml.CheckMetadata},
		"no single logout":          {func(s string) string { return strings.ReplaceAll(s, "SingleLogoutService", "x") }, ""},
		"address of a script":       {replace(`Location="`+idp.SSO, `Location="javascript:alert(1)//`), saml.CheckMetadata},
		"address of data":           {replace(`Location="`+idp.SLO, `Location="data:text/html,`), saml.CheckMetadata},
		"address without a host":    {replace(`Location="`+idp.SSO, `Location="https:///sso`), saml.CheckMetadata},
		"address with a password":   {replace(`Location="https://`, `Location="https://a:b@`), saml.CheckMetadata},
		"address with a fragment":   {replace(`Location="`+idp.SSO, `Location="`+idp.SSO+"#x"), saml.CheckMetadata},
		"relative address":          {replace(`Location="https:`, `Location="`), saml.CheckMetadata},
		"plain http":                {replace(`Location="https:`, `Location="http:`), ""},
		"no certificate":            {replace(`use="signing"`, `use="encryption"`), saml.CheckCertificate},
		"use not said":              {replace(`use="signing"`, ``), ""},
		"another for encryption":    {key(` use="encryption"`, "*"), ""},
		"certificate not base64":    {certificate("*"), saml.CheckCertificate},
		"certificate that is none":  {certificate("AAAA"), saml.CheckCertificate},
		"certificate with elements": {certificate("<x/>"), saml.CheckXML + saml.CheckShape},
		"long certificate":          {certificate(paper(samltest.Certificate(strings.Repeat("x", 2000), idp.Key, time.Time{}))), saml.CheckCertificate},
		"short key":                 {certificate(paper(samltest.Certificate("weak", weak, time.Time{}))), saml.CheckCertificate},
		"short curve":               {certificate(paper(samltest.Certificate("short", short, time.Time{}))), saml.CheckCertificate},
		"neither RSA nor a curve":   {certificate(paper(samltest.Certificate("edwards", edwards, time.Time{}))), saml.CheckCertificate},
		"expired":                   {certificate(paper(samltest.Certificate("old", idp.Key, now.Add(-time.Second)))), saml.CheckCertificate},
		"expired beside a new one":  {key("", paper(samltest.Certificate("old", idp.Key, now.Add(-time.Second)))), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := describe(t, c.edit)
			if got := check(t, err); got != c.want && !(got != "" && strings.Contains(c.want, got)) {
				t.Fatalf("got %q (%v), want %q", got, err, c.want)
			}
			if err == nil && (p.EntityID != idp.EntityID || len(p.Certificates) == 0 || p.SSO.Post != idp.SSO) {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func group(inside string) string {
	inside = strings.ReplaceAll(inside, `<?xml version="1.0"?>`, "")
	return `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` + inside + `</md:EntitiesDescriptor>`
}

func TestExpiredCertificateIsNamed(t *testing.T) {
	t.Parallel()
	old := samltest.Certificate("old paper", idp.Key, now.Add(-time.Second))
	_, err := describe(t, certificate(paper(old)))
	if err == nil || !strings.Contains(err.Error(), "CN=old paper") || !strings.Contains(err.Error(), "2026-03-04T05:06:06Z") {
		t.Errorf("got %v", err)
	}
	p, err := describe(t, key("", paper(old)))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Certificates) != 1 || !p.Certificates[0].Equal(idp.Certificate) || len(p.Expired) != 1 || !p.Expired[0].Equal(old) {
		t.Errorf("got %d certificates and %d expired ones", len(p.Certificates), len(p.Expired))
	}
}

func TestMetadataTellMore(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p, err := describe(t, func(s string) string {
		s = replace("entityID=", `validUntil="2027-01-01T00:00:00Z" entityID=`)(s)
		s = replace("<md:IDPSSODescriptor", `<md:IDPSSODescriptor WantAuthnRequestsSigned="true" validUntil="2026-06-01T00:00:00Z"`)(s)
		s = replace(`HTTP-POST" Location="`+idp.SLO+`"`, `HTTP-POST" Location="`+idp.SLO+`" ResponseLocation="https://idp.example/back"`)(s)
		s = replace(`<md:SingleSignOnService`, `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="x"/><md:SingleSignOnService`)(s)
		return key("", paper(samltest.Certificate("curve", curve, time.Time{})))(s)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !p.WantAuthnRequestsSigned || !p.ValidUntil.Equal(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)) || len(p.Certificates) != 2 {
		t.Errorf("got %+v", p)
	}
	if want := (saml.Endpoints{Redirect: idp.SLO, Post: "https://idp.example/back"}); p.SLOResponse != want || p.SLO.Post != idp.SLO {
		t.Errorf("got %+v and %+v", p.SLO, p.SLOResponse)
	}
}
