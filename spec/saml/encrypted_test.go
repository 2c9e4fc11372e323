package saml_test

import (
	"strings"
	"testing"
	"time"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

// seals are ways to encrypt an assertion.
var seals = map[string]struct {
	turn func(*samltest.Response)
	want string
}{
	"AES-128-GCM": {func(r *samltest.Response) { r.Cipher.Content = samltest.AES128GCM }, ""},
	"AES-256-GCM": {func(r *samltest.Response) { r.Cipher.Content = samltest.AES256GCM }, ""},
	"AES-128-CBC": {func(r *samltest.Response) { r.Cipher.Content = samltest.AES128CBC }, ""},
	"AES-256-CBC": {func(r *samltest.Response) { r.Cipher.Content = samltest.AES256CBC }, ""},
	"Response signed around CBC": {func(r *samltest.Response) {
		r.Cipher.Content, r.SignAssertion, r.SignResponse = samltest.AES256CBC, false, true
	}, ""},
	"both signed":        {func(r *samltest.Response) { r.SignResponse = true }, ""},
	"OAEP, digest named": {func(r *samltest.Response) { r.Cipher.Digest = samltest.SHA1 }, ""},
	"OAEP with SHA-256":  {func(r *samltest.Response) { r.Cipher.Digest = samltest.SHA256 }, ""},
	"OAEP 1.1":           {func(r *samltest.Response) { r.Cipher.Transport = samltest.OAEP11 }, ""},
	"OAEP 1.1 with SHA-256 twice": {func(r *samltest.Response) {
		r.Cipher = samltest.Cipher{Transport: samltest.OAEP11, Digest: samltest.SHA256, MGF: "http://www.w3.org/2009/xmlenc11#mgf1sha256"}
	}, ""},
	"MGF of the older OAEP":    {func(r *samltest.Response) { r.Cipher.MGF = "http://www.w3.org/2009/xmlenc11#mgf1sha256" }, saml.CheckEncryption},
	"OAEP with another digest": {func(r *samltest.Response) { r.Cipher.Digest = "http://www.w3.org/2001/04/xmldsig-more#md5" }, saml.CheckEncryption},
	"key beside":               {func(r *samltest.Response) { r.Cipher.Beside = true }, ""},
	"PKCS #1 v1.5":             {func(r *samltest.Response) { r.Cipher.Transport = samltest.RSA15 }, saml.CheckEncryption},
	"unknown cipher":           {tamper("xmlenc11#aes256-gcm", "xmlenc#tripledes-cbc"), saml.CheckEncryption},
	"key of another length":    {tamper("xmlenc11#aes256-gcm", "xmlenc11#aes128-gcm"), saml.CheckEncryption},
	"GCM read as CBC":          {tamper("xmlenc11#aes256-gcm", "xmlenc#aes256-cbc"), saml.CheckEncryption},
	"two keys":                 {func(r *samltest.Response) { r.Tamper = twice("<xenc:EncryptedKey ", "</xenc:EncryptedKey>") }, saml.CheckEncryption},
	"no key":                   {func(r *samltest.Response) { r.Tamper = without("<xenc:EncryptedKey ", "</xenc:EncryptedKey>") }, saml.CheckEncryption},
	"two EncryptedDatas":       {func(r *samltest.Response) { r.Tamper = twice("<xenc:EncryptedData ", "</xenc:EncryptedData>") }, saml.CheckShape},
	"two EncryptedAssertions": {func(r *samltest.Response) {
		r.Tamper = twice("<saml:EncryptedAssertion ", "</saml:EncryptedAssertion>")
	}, saml.CheckShape},
	"plain assertion beside": {func(r *samltest.Response) {
		r.Tamper = replace("</samlp:Response>", `<saml:Assertion/></samlp:Response>`)
	}, saml.CheckShape},
	"bytes elsewhere":          {tamper("<xenc:CipherValue>", `<xenc:CipherReference URI="https://evil.example/"/><xenc:CipherValue>`), ""}, // is not followed
	"bytes only elsewhere":     {func(r *samltest.Response) { r.Tamper = without("<xenc:CipherValue>", "</xenc:CipherValue>") }, saml.CheckShape},
	"bytes that are no base64": {tamper("<xenc:CipherValue>", "<xenc:CipherValue>*"), saml.CheckEncryption},
	"no bytes":                 {func(r *samltest.Response) { r.Cipher.Corrupt = func([]byte) []byte { return nil } }, saml.CheckEncryption},
	"no bytes, CBC": {func(r *samltest.Response) {
		r.Cipher.Content, r.Cipher.Corrupt = samltest.AES128CBC, func(b []byte) []byte { return b[:16] }
	}, saml.CheckEncryption},
	"half a block": {func(r *samltest.Response) {
		r.Cipher.Content, r.Cipher.Corrupt = samltest.AES128CBC, func(b []byte) []byte { return b[:40] }
	}, saml.CheckEncryption},
	"GCM changed":                {func(r *samltest.Response) { r.Cipher.Corrupt = flip(40) }, saml.CheckEncryption},
	"CBC changed, first block":   {func(r *samltest.Response) { r.Cipher.Content, r.Cipher.Corrupt = samltest.AES128CBC, flip(3) }, saml.CheckEncryption},
	"CBC changed, another block": {func(r *samltest.Response) { r.Cipher.Content, r.Cipher.Corrupt = samltest.AES128CBC, flip(200) }, saml.CheckEncryption},
	"CBC's padding": {func(r *samltest.Response) {
		r.Cipher.Content, r.Cipher.Corrupt = samltest.AES128CBC, func(b []byte) []byte { return flip(len(b) - 1)(b) }
	}, saml.CheckEncryption},
	"not XML":         {func(r *samltest.Response) { r.EditPlain = func(string) string { return "x" } }, saml.CheckEncryption},
	"empty":           {func(r *samltest.Response) { r.EditPlain = func(string) string { return "" } }, saml.CheckEncryption},
	"a comment":       {func(r *samltest.Response) { r.EditPlain = replace("<saml:Subject>", "<!-- x --><saml:Subject>") }, saml.CheckEncryption},
	"another element": {func(r *samltest.Response) { r.EditPlain = func(string) string { return "<x/>" } }, saml.CheckEncryption},
	"another assertion in it": {func(r *samltest.Response) {
		r.EditAssertion = replace("</saml:Subject>", "</saml:Subject><saml:Advice><saml:Assertion/></saml:Advice>")
	}, saml.CheckEncryption},
	"no signature":                 {func(r *samltest.Response) { r.SignAssertion = false }, saml.CheckEncryption},
	"signed by another":            {func(r *samltest.Response) { r.Signing.Key = own }, saml.CheckEncryption},
	"signed by another, with SHA1": {func(r *samltest.Response) { r.Signing.Method = samltest.RSASHA1 }, saml.CheckEncryption},
	"for another":                  {func(r *samltest.Response) { r.Encrypt = idp.Certificate }, saml.CheckEncryption},
	"another audience":             {func(r *samltest.Response) { r.Audience = "x" }, saml.CheckAudience},
	"another issuer, Response signed": {func(r *samltest.Response) {
		r.AssertionIssuer, r.SignAssertion, r.SignResponse = "x", false, true
	}, saml.CheckIssuer},
	"signature after the Response's": {func(r *samltest.Response) {
		r.SignResponse = true
		r.Tamper = without("<saml:EncryptedAssertion", "</saml:EncryptedAssertion>")
	}, saml.CheckSignature},
}

func flip(i int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[i] ^= 0x40
		return b
	}
}

func TestEncryptedAssertions(t *testing.T) {
	t.Parallel()
	for name, c := range seals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, x := answer(), expect()
			r.Encrypt, x.EncryptedOnly = ownPaper, true
			c.turn(r)
			a, err := saml.ReadResponse(r.Encoded(), x)
			if got := check(t, err); got != c.want {
				t.Fatalf("got %q (%v), want %q", got, err, c.want)
			}
			if err == nil && a.NameID.Value != "jane@example.com" {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestKeysInPKCS1AreRefusedByName(t *testing.T) {
	t.Parallel()
	r := answer()
	r.Encrypt, r.Cipher.Transport = ownPaper, samltest.RSA15
	if _, err := saml.ReadResponse(r.Encoded(), expect()); err == nil || !strings.Contains(err.Error(), samltest.RSA15) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownCiphersAreRefusedByName(t *testing.T) {
	t.Parallel()
	r := answer()
	r.Encrypt = ownPaper
	tamper("xmlenc11#aes256-gcm", "xmlenc#tripledes-cbc")(r)
	if _, err := saml.ReadResponse(r.Encoded(), expect()); err == nil || !strings.Contains(err.Error(), "tripledes") {
		t.Errorf("got %v", err)
	}
}

// What comes out of CBC is not authenticated, so that answers must not tell whether it was padded, well-formed or signed.
func TestFailuresOfDecryptionCannotBeToldApart(t *testing.T) {
	t.Parallel()
	said := map[string]string{}
	for name, turn := range map[string]func(*samltest.Response){
		"padding":   func(r *samltest.Response) { r.Cipher.Corrupt = func(b []byte) []byte { return flip(len(b) - 1)(b) } },
		"XML":       func(r *samltest.Response) { r.EditPlain = func(string) string { return "x" } },
		"shape":     func(r *samltest.Response) { r.EditPlain = func(string) string { return "<x/>" } },
		"key":       func(r *samltest.Response) { r.Encrypt = idp.Certificate },
		"signature": func(r *samltest.Response) { r.Signing.Key = own },
		"unsigned":  func(r *samltest.Response) { r.SignAssertion = false },
		"algorithm": func(r *samltest.Response) { r.Signing.Digest = samltest.SHA1 },
	} {
		r := answer()
		r.Encrypt, r.Cipher.Content = ownPaper, samltest.AES256CBC
		turn(r)
		_, err := saml.ReadResponse(r.Encoded(), expect())
		if err == nil {
			t.Fatalf("%s: accepted", name)
		}
		said[err.Error()] = name
	}
	if len(said) != 1 {
		t.Errorf("got %d different errors: %v", len(said), said)
	}
}

// Nobody has to know the key to make a whole encrypted Response: the encryption certificate is public.
func TestEncryptionProvesNothing(t *testing.T) {
	t.Parallel()
	r := answer()
	r.Encrypt, r.Signing = ownPaper, samltest.Signing{Key: own, Certificate: samltest.Certificate("me", own, time.Time{})}
	r.SignResponse = true
	if _, err := saml.ReadResponse(r.Encoded(), expect()); check(t, err) != saml.CheckSignature {
		t.Errorf("got %v", err)
	}
}
