package saml_test

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

// The tests of this file need xmlsec1, another implementation of XML Signature and Encryption, on another parser.

// xmlsec runs it in a folder and gives what it writes to the file "out".
func xmlsec(t *testing.T, folder string, args ...string) string {
	t.Helper()
	command := exec.Command("xmlsec1", args...)
	command.Dir = folder
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("xmlsec1 (Debian: xmlsec1): %v\n%s", err, said)
	}
	text, _ := os.ReadFile(filepath.Join(folder, "out"))
	return string(text)
}

// files writes files into a new folder.
func files(t *testing.T, all map[string][]byte) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func privatePEM(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func certificatePEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func TestXmlsecVerifiesWhatIsSignedHere(t *testing.T) {
	t.Parallel()
	authn := authnRequest()
	authn.Destination += "?a=\"<b>\"&\u00e4=\t1"
	logout := saml.LogoutRequest{
		ID: saml.NewID(), Issuer: audience, Destination: idp.SLO, Issued: now,
		NameID: saml.NameID{Value: " \u00e4 <&>\"'\r\n\u20ac ", NameQualifier: "<&>\"'\t\n\u20ac"}, Sessions: []string{"1", "2"},
	}
	response := saml.LogoutResponse{ID: saml.NewID(), Issuer: audience, Destination: idp.SLO, Issued: now, InResponseTo: "_1"}
	for name, make := range map[string]func() (string, error){
		"AuthnRequest":   func() (string, error) { return authn.Form(own) },
		"LogoutRequest":  func() (string, error) { return logout.Form(own) },
		"LogoutResponse": func() (string, error) { return response.Form(own) },
	} {
		posted, err := make()
		if err != nil {
			t.Fatal(err)
		}
		text, err := base64.StdEncoding.DecodeString(posted)
		if err != nil {
			t.Fatal(err)
		}
		folder := files(t, map[string][]byte{"own.pem": certificatePEM(ownPaper), "in": text})
		xmlsec(t, folder, "--verify", "--pubkey-cert-pem", "own.pem", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:protocol:"+name, "in")
	}
}

// template is a signature that xmlsec1 fills in.
func template(id, method, digest, prefixes string) string {
	inclusive := ""
	if prefixes != "" {
		inclusive = `<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="` + prefixes + `"/>`
	}
	return fmt.Sprintf(`<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="%s"/><SignatureMethod Algorithm="%s"/>
		<Reference URI="#%s"><Transforms><Transform Algorithm="%s"/><Transform Algorithm="%s">%s</Transform></Transforms>
		<DigestMethod Algorithm="%s"/><DigestValue/></Reference></SignedInfo><SignatureValue/></Signature>`,
		samltest.Exclusive, method, id, samltest.Enveloped, samltest.Exclusive, inclusive, digest)
}

// signs makes a knob by which xmlsec1 signs the element with an ID.
func signs(t *testing.T, key crypto.Signer, id, element, signature string) func(string) string {
	return func(text string) string {
		at := strings.Index(text, ` ID="`+id+`"`)
		end := strings.Index(text[at:], "</saml:Issuer>")
		if at < 0 || end < 0 {
			t.Fatalf("no place for a signature of %s", id)
		}
		at += end + len("</saml:Issuer>")
		folder := files(t, map[string][]byte{"key.pem": privatePEM(t, key), "in": []byte(text[:at] + signature + text[at:])})
		return xmlsec(t, folder, "--sign", "--privkey-pem", "key.pem", "--id-attr:ID", element, "--output", "out", "in")
	}
}

const (
	responseElement  = "urn:oasis:names:tc:SAML:2.0:protocol:Response"
	assertionElement = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"
)

func TestWhatXmlsecSignsIsVerifiedHere(t *testing.T) {
	t.Parallel()
	curve := samltest.CurveKey()
	certificates := []*x509.Certificate{idp.Certificate, samltest.Certificate("curve", curve, time.Time{})}
	const odd = " \u00e4\u20ac\U0001F600 &amp; &lt;x&gt; &#13; &quot;'\n\t<![CDATA[<y>]]> "
	for name, c := range map[string]struct {
		key              crypto.Signer
		method, digest   string
		prefixes         string
		response, within bool // which of the two is signed
	}{
		"assertion":            {idp.Key, samltest.RSASHA256, samltest.SHA256, "", false, true},
		"response":             {idp.Key, samltest.RSASHA256, samltest.SHA256, "", true, false},
		"prefixes":             {idp.Key, samltest.RSASHA256, samltest.SHA256, "xs saml nowhere", false, true},
		"prefixes of response": {idp.Key, samltest.RSASHA256, samltest.SHA256, "xs saml samlp", true, false},
		"SHA-512":              {idp.Key, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "http://www.w3.org/2001/04/xmlenc#sha512", "", false, true},
		"SHA-384":              {idp.Key, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", "http://www.w3.org/2001/04/xmldsig-more#sha384", "", false, true},
		"ECDSA":                {curve, samltest.ECDSASHA256, samltest.SHA256, "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, x := answer(), expect()
			x.Certificates = certificates
			r.SignAssertion = false
			r.EditAssertion = func(text string) string {
				text = replace("<saml:Attribute ", "\n\t<saml:Attribute\n  xmlns:b='urn:b' xmlns:a='urn:a' b:z=\"&#9;&#10;&#13;&quot;&lt;>'&amp;\" FriendlyName='a\"b' ")(text)
				text = replace(">jane@example.com</saml:AttributeValue>", ` xmlns="urn:default">`+odd+`<inner><more/></inner></saml:AttributeValue>`)(text)
				return text
			}
			if c.within {
				r.EditResponse = signs(t, c.key, r.AssertionID, assertionElement, template(r.AssertionID, c.method, c.digest, c.prefixes))
			} else {
				r.Tamper = signs(t, c.key, r.ID, responseElement, template(r.ID, c.method, c.digest, c.prefixes))
			}
			a, err := saml.ReadResponse(r.Encoded(), x)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := a.Attributes["email"][0], "\u00e4\u20ac\U0001F600 & <x> \r \"'\n\t<y>"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestWhatXmlsecEncryptsIsDecryptedHere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ content, session string }{
		{samltest.AES128CBC, "aes-128"}, {samltest.AES256CBC, "aes-256"}, {samltest.AES128GCM, "aes-128"}, {samltest.AES256GCM, "aes-256"},
	} {
		t.Run(c.content, func(t *testing.T) {
			t.Parallel()
			r, x := answer(), expect()
			x.EncryptedOnly = true
			r.EditPlain = func(plain string) string {
				shape := fmt.Sprintf(`<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element">
					<xenc:EncryptionMethod Algorithm="%s"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey>
					<xenc:EncryptionMethod Algorithm="%s"/><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>
					<xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>`, c.content, samltest.OAEPMGF1P)
				folder := files(t, map[string][]byte{"own.pem": certificatePEM(ownPaper), "plain": []byte(plain), "in": []byte(shape)})
				sealed := xmlsec(t, folder, "--encrypt", "--pubkey-cert-pem", "own.pem", "--session-key", c.session, "--xml-data", "plain", "--output", "out", "in")
				_, sealed, _ = strings.Cut(sealed, "?>")
				return `<saml:EncryptedAssertion>` + sealed + `</saml:EncryptedAssertion>`
			}
			a, err := saml.ReadResponse(r.Encoded(), x)
			if err != nil {
				t.Fatal(err)
			}
			if a.NameID.Value != "jane@example.com" {
				t.Errorf("got %+v", a)
			}
		})
	}
}
