package saml

import (
	"crypto/subtle"
	"crypto/x509"
	"regexp"
	"time"

	"github.com/beevik/etree"
)

// enveloped is the transform that leaves the signature out of what is signed.
const enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

// maxSignedInfo is how many elements SignedInfo may have: it is made canonical before anything is verified.
const maxSignedInfo = 16

// identifier is what an ID may be: an xs:ID in ASCII.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,255}$`)

// trust is whose signatures are accepted.
type trust struct {
	certificates []*x509.Certificate
	now          time.Time
}

// verified verifies the signature that is directly in an element and answers the element as the signature covers it: without the
// signature, parsed from the canonical bytes whose digest was signed. KeyInfo is not read.
func (t trust) verified(e *etree.Element) (*etree.Element, error) {
	signature, err := child(e, signatureNS, "Signature")
	if err != nil {
		return nil, err
	}
	if signature == nil {
		return nil, fail(CheckSignature, "the %s is not signed", e.Tag).advise("Set the identity provider to sign its messages.")
	}
	info, signed, err := signatureParts(signature)
	if err != nil {
		return nil, err
	}
	if info, err = t.signedInfo(info, signed); err != nil {
		return nil, err
	}
	reference, err := readReference(info)
	if err != nil {
		return nil, err
	}
	if id := value(e, "ID"); !identifier.MatchString(id) || reference.uri != "#"+id {
		return nil, fail(CheckSignature, "the signature in %s is of another element", e.Tag)
	}
	covered, err := canonical(e, signature, reference.inclusive)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(sum(digestMethods[reference.method], covered), reference.digest) != 1 {
		return nil, fail(CheckSignature, "%s is not what was signed: the digest differs", e.Tag).
			advise("Something on the way has changed the message, or the provider has signed it before changing it.")
	}
	return parse(covered, messageXML)
}

// signatureParts takes a signature apart that has nothing in it but SignedInfo, SignatureValue and KeyInfo.
func signatureParts(signature *etree.Element) (info *etree.Element, signed []byte, err error) {
	parts := signature.ChildElements()
	if len(parts) == 3 && is(parts[2], signatureNS, "KeyInfo") {
		parts = parts[:2]
	}
	if len(parts) != 2 || !is(parts[0], signatureNS, "SignedInfo") || !is(parts[1], signatureNS, "SignatureValue") {
		return nil, nil, fail(CheckSignature, "the signature is not SignedInfo, SignatureValue and KeyInfo alone")
	}
	elements := 0
	err = each(parts[0], func(*etree.Element) error {
		if elements++; elements > maxSignedInfo {
			return fail(CheckSignature, "SignedInfo has more than %d elements", maxSignedInfo)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	written, err := text(parts[1])
	if err != nil {
		return nil, nil, err
	}
	if signed, err = unbase64(written); err != nil {
		return nil, nil, fail(CheckSignature, "the SignatureValue is not base64")
	}
	return parts[0], signed, nil
}

// reference is what a signature says of the one element that it covers.
type reference struct {
	uri, inclusive, method string
	digest                 []byte
}

// signedInfo verifies the signature over a SignedInfo and answers it parsed from the bytes that were verified.
func (t trust) signedInfo(info *etree.Element, signed []byte) (*etree.Element, error) {
	parts := info.ChildElements()
	if len(parts) != 3 || !is(parts[0], signatureNS, "CanonicalizationMethod") ||
		!is(parts[1], signatureNS, "SignatureMethod") || !is(parts[2], signatureNS, "Reference") {
		return nil, fail(CheckSignature, "SignedInfo is not one CanonicalizationMethod, one SignatureMethod and one Reference")
	}
	inclusive, err := exclusiveMethod(parts[0])
	if err != nil {
		return nil, err
	}
	if len(parts[1].ChildElements()) > 0 {
		return nil, fail(CheckAlgorithm, "the signature algorithm has parameters")
	}
	covered, err := canonical(info, nil, inclusive)
	if err != nil {
		return nil, err
	}
	if err := t.check(value(parts[1], "Algorithm"), covered, signed); err != nil {
		return nil, err
	}
	return parse(covered, messageXML)
}

// exclusiveMethod refuses any canonicalization but the exclusive one without comments, and gives its prefixes.
func exclusiveMethod(method *etree.Element) (string, error) {
	if name := value(method, "Algorithm"); name != exclusive {
		return "", fail(CheckAlgorithm, "the canonicalization or transform %.100q is not accepted", name).
			advise("Set the identity provider to sign with Exclusive XML Canonicalization without comments.")
	}
	return inclusivePrefixes(method)
}

// readReference reads the Reference of a SignedInfo, with the two transforms that SAML allows, in their order (SAML Core §5.4.4).
func readReference(info *etree.Element) (*reference, error) {
	e, err := needed(info, signatureNS, "Reference")
	if err != nil {
		return nil, err
	}
	parts := e.ChildElements()
	if len(parts) != 3 || !is(parts[0], signatureNS, "Transforms") ||
		!is(parts[1], signatureNS, "DigestMethod") || !is(parts[2], signatureNS, "DigestValue") {
		return nil, fail(CheckSignature, "the Reference is not Transforms, DigestMethod and DigestValue")
	}
	steps := parts[0].ChildElements()
	if len(steps) != 2 || !is(steps[0], signatureNS, "Transform") || !is(steps[1], signatureNS, "Transform") {
		return nil, fail(CheckAlgorithm, "the transforms are not enveloped-signature and exclusive canonicalization")
	}
	if value(steps[0], "Algorithm") != enveloped || len(steps[0].ChildElements()) > 0 {
		return nil, fail(CheckAlgorithm, "the first transform is %.100q, not enveloped-signature", value(steps[0], "Algorithm"))
	}
	inclusive, err := exclusiveMethod(steps[1])
	if err != nil {
		return nil, err
	}
	method := value(parts[1], "Algorithm")
	if _, ok := digestMethods[method]; !ok || len(parts[1].ChildElements()) > 0 {
		return nil, fail(CheckAlgorithm, "the digest algorithm %.100q is not accepted", method).advise(advisedAlgorithm)
	}
	written, err := text(parts[2])
	if err != nil {
		return nil, err
	}
	digest, err := unbase64(written)
	if err != nil {
		return nil, fail(CheckSignature, "the DigestValue is not base64")
	}
	return &reference{uri: value(e, "URI"), inclusive: inclusive, method: method, digest: digest}, nil
}
