package saml

import (
	"crypto/x509"
	"testing"
	"time"

	"github.com/beevik/etree"

	"cardea/spec/saml/samltest"
)

// What is verified has no way back to the document that came, and nothing in it that the signature does not cover.
func TestVerifiedElementIsADocumentOfItsOwn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	idp := samltest.New("https://idp.example")
	came, err := parse([]byte(idp.Response(now, "urn:sp", "https://sp.example/", "_1").XML()), messageXML)
	if err != nil {
		t.Fatal(err)
	}
	assertion, err := needed(came, assertionNS, "Assertion")
	if err != nil {
		t.Fatal(err)
	}
	signature, err := needed(assertion, signatureNS, "Signature")
	if err != nil {
		t.Fatal(err)
	}
	info, signed, err := signatureParts(signature)
	if err != nil {
		t.Fatal(err)
	}
	if anew, err := (trust{[]*x509.Certificate{idp.Certificate}, now}).signedInfo(info, signed); err != nil || anew == info || is(anew.Parent(), signatureNS, "Signature") {
		t.Errorf("got the SignedInfo that came, or %v", err)
	}
	verified, err := trust{[]*x509.Certificate{idp.Certificate}, now}.verified(assertion)
	if err != nil {
		t.Fatal(err)
	}
	up := verified
	for up.Parent() != nil {
		up = up.Parent()
	}
	if up.SelectElement("Response") != nil || verified.Parent() == came {
		t.Error("the verified element is in the document that came")
	}
	hasNoSignature(t, verified)
}

func hasNoSignature(t *testing.T, verified *etree.Element) {
	t.Helper()
	_ = each(verified, func(e *etree.Element) error {
		if is(e, signatureNS, "Signature") {
			t.Error("the verified element has its signature in it, which it does not cover")
		}
		return nil
	})
}

func TestPostedLogoutMessageIsReadAsItWasSigned(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	idp := samltest.New("https://idp.example")
	x := ExpectLogout{Destination: "https://sp.example/", Issuer: idp.EntityID, Certificates: []*x509.Certificate{idp.Certificate}, Now: now}
	e, err := x.read(Incoming{Form: idp.Logout(now, x.Destination).Form()}, RequestField, "LogoutRequest")
	if err != nil {
		t.Fatal(err)
	}
	hasNoSignature(t, e)
}
