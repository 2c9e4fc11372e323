package saml_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

const (
	transformEnveloped = `<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>`
	transformExclusive = `<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>`
)

// info makes a knob that replaces text in SignedInfo before it is signed.
func info(old, with string) func(*samltest.Response) {
	return func(r *samltest.Response) { r.Signing.Edit = replace(old, with) }
}

// tamper makes a knob that replaces text in the end.
func tamper(old, with string) func(*samltest.Response) {
	return func(r *samltest.Response) { r.Tamper = replace(old, with) }
}

func transforms(all string) func(*samltest.Response) {
	return func(r *samltest.Response) { r.Signing.Transforms = all }
}

// signatures are ways to sign with the provider's own key that are not accepted, and what may be done to a signature.
var signatures = map[string]struct {
	turn func(*samltest.Response)
	want string
}{
	"enveloped and exclusive":         {transforms(transformEnveloped + transformExclusive), ""},
	"no transforms":                   {transforms(" "), saml.CheckAlgorithm},
	"enveloped alone":                 {transforms(transformEnveloped), saml.CheckAlgorithm},
	"exclusive alone":                 {transforms(transformExclusive), saml.CheckAlgorithm},
	"exclusive twice":                 {transforms(transformExclusive + transformExclusive), saml.CheckAlgorithm},
	"XPath without an expression":     {transforms(`<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"></ds:Transform>` + transformExclusive), saml.CheckAlgorithm},
	"exclusive first":                 {transforms(transformExclusive + transformEnveloped), saml.CheckAlgorithm},
	"three transforms":                {transforms(transformEnveloped + transformExclusive + transformExclusive), saml.CheckAlgorithm},
	"XPath":                           {transforms(transformEnveloped + `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>1</ds:XPath></ds:Transform>`), saml.CheckAlgorithm},
	"XSLT":                            {transforms(transformEnveloped + `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"></ds:Transform>`), saml.CheckAlgorithm},
	"inclusive canonicalization":      {transforms(transformEnveloped + `<ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></ds:Transform>`), saml.CheckAlgorithm},
	"canonicalization with comments":  {transforms(transformEnveloped + strings.ReplaceAll(transformExclusive, "c14n#", "c14n#WithComments")), saml.CheckAlgorithm},
	"parameters of enveloped":         {transforms(strings.ReplaceAll(transformEnveloped, "></", "><ds:XPath></ds:XPath></") + transformExclusive), saml.CheckAlgorithm},
	"unknown parameters of exclusive": {transforms(transformEnveloped + strings.ReplaceAll(transformExclusive, "></", "><ds:XPath></ds:XPath></")), saml.CheckAlgorithm},
	"default namespace included":      {func(r *samltest.Response) { r.Signing.Prefixes = "#default" }, saml.CheckAlgorithm},
	"SignedInfo's canonicalization":   {info(`CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"`, `CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"`), saml.CheckAlgorithm},
	"empty URI":                       {func(r *samltest.Response) { r.Signing.URI = new("") }, saml.CheckSignature},
	"URI without #":                   {func(r *samltest.Response) { r.Signing.URI = new(r.AssertionID) }, saml.CheckSignature},
	"URI of the Response":             {func(r *samltest.Response) { r.Signing.URI = new("#" + r.ID) }, saml.CheckSignature},
	"URI by XPointer":                 {func(r *samltest.Response) { r.Signing.URI = new("#xpointer(id('" + r.AssertionID + "'))") }, saml.CheckSignature},
	"URI of an address":               {func(r *samltest.Response) { r.Signing.URI = new("https://evil.example/#" + r.AssertionID) }, saml.CheckSignature},
	"no Reference":                    {func(r *samltest.Response) { r.Signing.Edit = without("<ds:Reference", "</ds:Reference>") }, saml.CheckSignature},
	"two References":                  {func(r *samltest.Response) { r.Signing.Edit = twice("<ds:Reference", "</ds:Reference>") }, saml.CheckSignature},
	"two SignatureMethods":            {func(r *samltest.Response) { r.Signing.Edit = twice("<ds:SignatureMethod", "</ds:SignatureMethod>") }, saml.CheckSignature},
	"parameters of the signature's":   {info(`rsa-sha256">`, `rsa-sha256"><ds:HMACOutputLength>0</ds:HMACOutputLength>`), saml.CheckAlgorithm},
	"two DigestValues":                {func(r *samltest.Response) { r.Signing.Edit = twice("<ds:DigestValue", "</ds:DigestValue>") }, saml.CheckSignature},
	"DigestValue with an element":     {info("<ds:DigestValue>", "<ds:DigestValue><ds:x></ds:x>"), saml.CheckShape},
	"DigestValue with a comment":      {tamper("<ds:DigestValue>", "<ds:DigestValue><!-- x -->"), saml.CheckXML},
	"DigestValue changed":             {tamper("<ds:DigestValue>", "<ds:DigestValue>AAAA"), saml.CheckSignature},
	"empty DigestValue":               {func(r *samltest.Response) { r.Signing.Edit = empty("<ds:DigestValue>", "</ds:DigestValue>") }, saml.CheckSignature},
	"unknown digest":                  {info("xmlenc#sha256", "xmlenc#sha224"), saml.CheckAlgorithm},
	"MD5":                             {info("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-md5"), saml.CheckAlgorithm},
	"ECDSA named, RSA used":           {info("#rsa-sha256", "#ecdsa-sha256"), saml.CheckSignature},
	"another hash named":              {info("#rsa-sha256", "#rsa-sha512"), saml.CheckSignature},
	"Object":                          {tamper("</ds:Signature>", "<ds:Object></ds:Object></ds:Signature>"), saml.CheckSignature},
	"Object instead of KeyInfo": {func(r *samltest.Response) {
		r.Signing.Certificate = nil
		r.Tamper = replace("</ds:Signature>", "<ds:Object></ds:Object></ds:Signature>")
	}, saml.CheckSignature},
	"large SignedInfo":                 {info("<ds:DigestValue>", strings.Repeat("<ds:x></ds:x>", 16)+"<ds:DigestValue>"), saml.CheckSignature},
	"two SignedInfos":                  {func(r *samltest.Response) { r.Tamper = twice("<ds:SignedInfo", "</ds:SignedInfo>") }, saml.CheckSignature},
	"two SignatureValues":              {func(r *samltest.Response) { r.Tamper = twice("<ds:SignatureValue", "</ds:SignatureValue>") }, saml.CheckSignature},
	"empty SignatureValue":             {func(r *samltest.Response) { r.Tamper = empty("<ds:SignatureValue>", "</ds:SignatureValue>") }, saml.CheckSignature},
	"SignatureValue that is no base64": {tamper("<ds:SignatureValue>", "<ds:SignatureValue>*"), saml.CheckSignature},
	"SignatureValue in lines":          {tamper("<ds:SignatureValue>", "<ds:SignatureValue>\n\t "), ""},
	"two signatures":                   {func(r *samltest.Response) { r.Tamper = twice("<ds:Signature ", "</ds:Signature>") }, saml.CheckSignature},
	"signature moved to the Response":  {func(r *samltest.Response) { r.Tamper = moved("<ds:Signature ", "</ds:Signature>", "<samlp:Status>") }, saml.CheckSignature},
	"signature moved into the Subject": {func(r *samltest.Response) { r.Tamper = moved("<ds:Signature ", "</ds:Signature>", "<saml:NameID") }, saml.CheckSignature},
	"signature moved into the Status":  {func(r *samltest.Response) { r.Tamper = moved("<ds:Signature ", "</ds:Signature>", "<samlp:StatusCode") }, saml.CheckSignature},
	"another signature in Extensions": {func(r *samltest.Response) {
		r.Tamper = copied("<ds:Signature ", "</ds:Signature>", "<samlp:StatusCode")
	}, saml.CheckSignature},
	"no ID of the assertion": {func(r *samltest.Response) {
		r.EditAssertion = replace(`ID="`, `Id="`)
		r.Signing.URI = new("#")
		r.SignAssertion = false
	}, saml.CheckSignature},
	"KeyInfo before":                      {func(r *samltest.Response) { r.Tamper = moved("<ds:KeyInfo>", "</ds:KeyInfo>", "<ds:SignedInfo") }, saml.CheckSignature},
	"KeyInfo with a Signature in it":      {tamper("<ds:KeyInfo>", "<ds:KeyInfo><ds:Signature></ds:Signature>"), saml.CheckSignature},
	"KeyInfo with anything":               {tamper("<ds:KeyInfo>", "<ds:KeyInfo><ds:RetrievalMethod URI='https://evil.example/'></ds:RetrievalMethod>"), ""},
	"no SignedInfo":                       {func(r *samltest.Response) { r.Tamper = without("<ds:SignedInfo", "</ds:SignedInfo>") }, saml.CheckSignature},
	"signature of another namespace":      {tamper(`<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">`, `<ds:Signature xmlns:ds="urn:x">`), saml.CheckSignature},
	"namespace of what is signed changed": {tamper(`xmlns:xs="http://www.w3.org/2001/XMLSchema"`, `xmlns:xs="urn:x"`), ""}, // the prefix is in no name
	"attribute added":                     {tamper("<saml:NameID ", `<saml:NameID NameQualifier="x" `), saml.CheckSignature},
	"white space added":                   {tamper("<saml:Subject>", "<saml:Subject> "), saml.CheckSignature},
	"attributes in another order":         {func(r *samltest.Response) { r.Tamper = replace(`Version="2.0"`, "\n"+`Version = '2.0' `) }, ""},
}

// part cuts a text around the last part that begins and ends so.
func part(text, begin, end string) (before, middle, after string) {
	from := strings.LastIndex(text, begin)
	to := from + strings.Index(text[from:], end) + len(end)
	return text[:from], text[from:to], text[to:]
}

func without(begin, end string) func(string) string {
	return func(text string) string {
		before, _, after := part(text, begin, end)
		return before + after
	}
}

func twice(begin, end string) func(string) string {
	return func(text string) string {
		before, middle, after := part(text, begin, end)
		return before + middle + middle + after
	}
}

func empty(begin, end string) func(string) string {
	return func(text string) string {
		before, _, after := part(text, begin, end)
		return before + begin + end + after
	}
}

func moved(begin, end, to string) func(string) string {
	return func(text string) string {
		before, middle, after := part(text, begin, end)
		return replace(to, middle+to)(before + after)
	}
}

func copied(begin, end, to string) func(string) string {
	return func(text string) string {
		_, middle, _ := part(text, begin, end)
		return replace(to, middle+to)(text)
	}
}

func TestSignaturesAreOfOneForm(t *testing.T) {
	t.Parallel()
	for name, c := range signatures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := answer()
			c.turn(r)
			_, err := saml.ReadResponse(r.Encoded(), expect())
			if got := check(t, err); got != c.want {
				t.Fatalf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

// A signature over the Response is not read from when it is wrong, even if the assertion has a right one.
func TestWrongSignatureIsNotReplacedByAnother(t *testing.T) {
	t.Parallel()
	r := answer()
	r.SignResponse = true
	r.Tamper = replace(`<samlp:Status>`, `<samlp:Status> `)
	if _, err := saml.ReadResponse(r.Encoded(), expect()); check(t, err) != saml.CheckSignature {
		t.Errorf("got %v", err)
	}
}

// Where the Response is signed by the provider, an assertion in it needs no signature of its own; one that is there is not looked at.
func TestSignatureOfTheResponseIsTheOneThatCounts(t *testing.T) {
	t.Parallel()
	r := answer()
	r.SignResponse = true
	r.EditPlain = replace("<ds:DigestValue>", "<ds:DigestValue>AAAA")
	a, err := saml.ReadResponse(r.Encoded(), expect())
	if err != nil || a.NameID.Value != "jane@example.com" {
		t.Errorf("got %v and %v", a, err)
	}
}

func TestCurvesSign(t *testing.T) {
	t.Parallel()
	key := samltest.CurveKey()
	r, x := answer(), expect()
	r.Signing = samltest.Signing{Key: key, Method: samltest.ECDSASHA256}
	x.Certificates = []*x509.Certificate{idp.Certificate, samltest.Certificate("curve", key, time.Time{})}
	if _, err := saml.ReadResponse(r.Encoded(), x); err != nil {
		t.Error(err)
	}
	r.Tamper = replace("<ds:SignatureValue>", "<ds:SignatureValue>AAAA")
	if _, err := saml.ReadResponse(r.Encoded(), x); check(t, err) != saml.CheckSignature {
		t.Errorf("got %v", err)
	}
}

func TestExpiredCertificatesVerifyNothing(t *testing.T) {
	t.Parallel()
	x := expect()
	x.Certificates = []*x509.Certificate{samltest.Certificate("old", idp.Key, now.Add(-time.Second))}
	_, err := saml.ReadResponse(answer().Encoded(), x)
	if check(t, err) != saml.CheckSignature || !strings.Contains(err.Error(), "expired") {
		t.Errorf("got %v", err)
	}
}

func TestShortKeysVerifyNothing(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	r, x := answer(), expect()
	r.Signing = samltest.Signing{Key: weak}
	x.Certificates = []*x509.Certificate{samltest.Certificate("weak", weak, time.Time{})}
	if _, err := saml.ReadResponse(r.Encoded(), x); check(t, err) != saml.CheckSignature {
		t.Errorf("got %v", err)
	}
}

func TestSignedInfoIsBounded(t *testing.T) {
	t.Parallel()
	r := answer()
	info("<ds:DigestValue>", strings.Repeat("<ds:x></ds:x>", 16)+"<ds:DigestValue>")(r)
	if _, err := saml.ReadResponse(r.Encoded(), expect()); err == nil || !strings.Contains(err.Error(), "more than 16 elements") {
		t.Errorf("got %v", err)
	}
}

func TestEncodingIsBounded(t *testing.T) {
	t.Parallel()
	for name, encoded := range map[string]string{
		"empty": "", "no base64": "<x/>", "base64 of URLs": "PHg-", "too long": strings.Repeat("A", saml.MaxEncoded+4),
	} {
		if _, err := saml.ReadResponse(encoded, expect()); check(t, err) != saml.CheckEncoding {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// What is read is the canonical form of what was signed: nothing of the document that came is left in it.
func TestWhiteSpaceInBase64IsNoMatter(t *testing.T) {
	t.Parallel()
	encoded := answer().Encoded()
	lines := encoded[:76] + "\r\n" + encoded[76:]
	if _, err := saml.ReadResponse(lines, expect()); err != nil {
		t.Error(err)
	}
}

// The provider's key signs many documents. One that names another audience, or that is no assertion, is worth nothing here.
func TestOtherDocumentsOfTheProviderAreNoResponse(t *testing.T) {
	t.Parallel()
	doc := etree.NewDocument()
	text, _ := base64.StdEncoding.DecodeString(idp.Logout(now, acs).Form())
	if err := doc.ReadFromBytes(text); err != nil {
		t.Fatal(err)
	}
	if _, err := saml.ReadResponse(base64.StdEncoding.EncodeToString(text), expect()); check(t, err) != saml.CheckShape || !strings.Contains(err.Error(), "a LogoutRequest, not a Response") {
		t.Errorf("got %v", err)
	}
}
