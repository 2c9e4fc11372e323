package saml_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"regexp"
	"testing"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

func authnRequest() saml.AuthnRequest {
	return saml.AuthnRequest{ID: saml.NewID(), ServiceProvider: audience, ACS: acs + "?a=1&b=<2>", Destination: idp.SSO, Issued: now}
}

func TestPostedAuthnRequestIsVerifiedByAnotherImplementation(t *testing.T) {
	t.Parallel()
	r := authnRequest()
	posted, err := r.Form(own)
	if err != nil {
		t.Fatal(err)
	}
	m, err := samltest.ReadForm(posted)
	if err != nil {
		t.Fatal(err)
	}
	if m.XMLName.Local != "AuthnRequest" || m.ID != r.ID || m.ACS != r.ACS || m.Issuer != audience || m.Destination != idp.SSO || m.ForceAuthn != "" || m.Signature == nil {
		t.Errorf("got %+v", m)
	}
	text, err := base64.StdEncoding.DecodeString(posted)
	if err != nil {
		t.Fatal(err)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(text); err != nil {
		t.Fatal(err)
	}
	context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{ownPaper}})
	if _, err := context.Validate(doc.Root()); err != nil {
		t.Error(err)
	}
}

func TestUnsignedAuthnRequestHasNoSignature(t *testing.T) {
	t.Parallel()
	posted, err := authnRequest().Form(nil)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := samltest.ReadForm(posted); err != nil || m.Signature != nil {
		t.Errorf("got %+v and %v", m, err)
	}
}

func TestIDsAreUUIDs(t *testing.T) {
	t.Parallel()
	if got := saml.NewID(); !regexp.MustCompile(`^_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(got) || got == saml.NewID() {
		t.Errorf("got %s", got)
	}
}

func TestMetadataOfTheServiceProvider(t *testing.T) {
	t.Parallel()
	text, err := saml.ServiceProvider{
		EntityID: audience, ACS: []string{acs, acs + "2"}, SLO: here, Signing: ownPaper, Encryption: []*x509.Certificate{idp.Certificate}, SignsRequests: true,
	}.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	type service struct {
		Binding  string `xml:"Binding,attr"`
		Location string `xml:"Location,attr"`
		Index    string `xml:"index,attr"`
		Default  string `xml:"isDefault,attr"`
	}
	var got struct {
		XMLName  xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
		EntityID string   `xml:"entityID,attr"`
		Role     struct {
			Signed     string `xml:"AuthnRequestsSigned,attr"`
			Assertions string `xml:"WantAssertionsSigned,attr"`
			Keys       []struct {
				Use         string `xml:"use,attr"`
				Certificate string `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo>X509Data>X509Certificate"`
			} `xml:"KeyDescriptor"`
			SLO []service `xml:"SingleLogoutService"`
			ACS []service `xml:"AssertionConsumerService"`
		} `xml:"urn:oasis:names:tc:SAML:2.0:metadata SPSSODescriptor"`
	}
	if err := xml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	role := got.Role
	if got.EntityID != audience || role.Signed != "true" || role.Assertions != "true" || len(role.Keys) != 2 || len(role.SLO) != 2 || len(role.ACS) != 2 {
		t.Fatalf("got %+v", got)
	}
	if role.Keys[0].Use != "signing" || role.Keys[0].Certificate != paper(ownPaper) || role.Keys[1].Use != "encryption" || role.Keys[1].Certificate != paper(idp.Certificate) {
		t.Errorf("got the keys %+v", role.Keys)
	}
	if role.ACS[0].Location != acs || role.ACS[0].Default != "true" || role.ACS[1].Index != "1" || role.SLO[0].Location != here {
		t.Errorf("got %+v and %+v", role.ACS, role.SLO)
	}
}
