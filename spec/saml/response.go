package saml

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// MaxEncoded is how long an encoded message may be, in bytes.
const MaxEncoded = 256 << 10

// unsolicitedLife is how old an assertion may be that nobody asked for (docs/cognito/federation.md, "SAML").
const unsolicitedLife = 6 * time.Minute

// statusSuccess is the status of an answer that is no error.
const statusSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success"

// Expect is what a Response has to agree with.
type Expect struct {
	ServiceProvider string   // our entity ID: the audience
	ACS             string   // our address: destination and recipient
	Audiences       []string // further names that we go by
	Addresses       []string // further addresses of ours
	RequestID       string   // of the AuthnRequest; empty: the Response must be unsolicited
	Issuer          string   // the provider's entity ID
	Certificates    []*x509.Certificate
	DecryptionKey   *rsa.PrivateKey // nil: encrypted assertions are refused
	EncryptedOnly   bool            // assertions that are not encrypted are refused
	Now             time.Time
	Skew            time.Duration // by which the provider's clock may differ from Now
}

func (x Expect) trust() trust { return trust{x.Certificates, x.Now} }

// ReadResponse reads the SAMLResponse of the POST binding and answers what the provider has signed. Errors are *Error.
func ReadResponse(encoded string, x Expect) (*Assertion, error) {
	document, err := decodePost(encoded)
	if err != nil {
		return nil, err
	}
	response, err := parse(document, messageXML)
	if err != nil {
		return nil, err
	}
	if err := inventory(response); err != nil {
		return nil, err
	}

	// A Response that is signed is read as it was signed. Otherwise its own facts are nobody's word: they can only refuse it.
	signed := len(children(response, signatureNS, "Signature")) > 0
	if signed {
		if response, err = x.trust().verified(response); err != nil {
			return nil, err
		}
	}
	if err := x.checkResponse(response, signed); err != nil {
		return nil, err
	}
	assertion, err := x.assertion(response, signed)
	if err != nil {
		return nil, err
	}
	return x.readAssertion(assertion, signed)
}

// decodePost decodes a message of the POST binding.
func decodePost(encoded string) ([]byte, error) {
	if len(encoded) > MaxEncoded {
		return nil, fail(CheckEncoding, "the message has more than %d bytes", MaxEncoded)
	}
	document, err := unbase64(encoded)
	if err != nil || len(document) == 0 {
		return nil, fail(CheckEncoding, "the message is not base64")
	}
	return document, nil
}

// inventory refuses a Response with more than one assertion, Response or meaning of an ID in it, wherever they are.
func inventory(response *etree.Element) error {
	if !is(response, protocolNS, "Response") {
		return fail(CheckShape, "the document is a %.40s, not a Response", response.Tag)
	}
	assertions, responses := 0, 0
	_ = each(response, func(e *etree.Element) error {
		switch {
		case is(e, protocolNS, "Response"):
			responses++
		case is(e, assertionNS, "Assertion"), is(e, assertionNS, "EncryptedAssertion"):
			assertions++
		}
		return nil
	})
	if responses != 1 || assertions > 1 {
		return fail(CheckShape, "there are %d Responses and %d assertions, instead of one of each", responses, assertions)
	}
	return signaturesAndIDs(response)
}

// signaturesAndIDs refuses signatures anywhere but directly in the root or in its assertion, and IDs that are there twice.
func signaturesAndIDs(root *etree.Element) error {
	ids := map[string]bool{}
	return each(root, func(e *etree.Element) error {
		if is(e, signatureNS, "Signature") {
			holder := e.Parent()
			direct := holder == root || is(holder, assertionNS, "Assertion") && holder.Parent() == root
			if !direct || len(children(holder, signatureNS, "Signature")) != 1 {
				return fail(CheckSignature, "there is a Signature where none is expected, or more than one")
			}
		}
		for _, a := range e.Attr {
			if !strings.EqualFold(a.Key, "ID") || a.Space == "xmlns" {
				continue
			}
			if ids[a.Value] {
				return fail(CheckShape, "two elements have the ID %.80q", a.Value)
			}
			ids[a.Value] = true
		}
		return nil
	})
}

// checkResponse checks what a Response says beside its assertion.
func (x Expect) checkResponse(response *etree.Element, signed bool) error {
	if err := checkStatus(response); err != nil {
		return err
	}
	if value(response, "Version") != "2.0" || !identifier.MatchString(value(response, "ID")) {
		return fail(CheckShape, "the Response has no ID, or is not of version 2.0")
	}
	destination, has := attribute(response, "Destination")
	if (has || signed) && !x.isOurs(destination) {
		return fail(CheckDestination, "the Response is for %.200q, not %q", destination, x.ACS).
			advise("Set the assertion consumer service URL at the identity provider to " + x.ACS + ".")
	}
	if issuers := children(response, assertionNS, "Issuer"); len(issuers) > 0 {
		if err := checkIssuer(response, x.Issuer); err != nil {
			return err
		}
	}
	asked, has := attribute(response, "InResponseTo")
	if err := x.checkRequest(asked, has, "Response"); err != nil {
		return err
	}
	issued, err := moment(response, "IssueInstant")
	if err != nil {
		return err
	}
	return x.checkIssued(issued, "Response")
}

// isOurs reports whether an address is one of ours.
func (x Expect) isOurs(address string) bool {
	return address == x.ACS || slices.Contains(x.Addresses, address)
}

// checkStatus refuses an answer that is an error, and names its codes.
func checkStatus(e *etree.Element) error {
	status, err := needed(e, protocolNS, "Status")
	if err != nil {
		return err
	}
	code, err := needed(status, protocolNS, "StatusCode")
	if err != nil {
		return err
	}
	if value(code, "Value") == statusSuccess {
		return nil
	}
	said := shortStatus(value(code, "Value"))
	if inner := children(code, protocolNS, "StatusCode"); len(inner) > 0 {
		said += " / " + shortStatus(value(inner[0], "Value"))
	}
	if message := children(status, protocolNS, "StatusMessage"); len(message) > 0 {
		said += ": " + content(message[0])
	}
	if len(said) > 300 {
		said = strings.ToValidUTF8(said[:300], "")
	}
	return fail(CheckStatus, "the identity provider answers %q", said).advise("The identity provider's own log says why it has refused.")
}

func shortStatus(code string) string {
	return strings.TrimPrefix(code, "urn:oasis:names:tc:SAML:2.0:status:")
}

// checkIssuer checks that the one Issuer of an element is the provider.
func checkIssuer(e *etree.Element, issuer string) error {
	one, err := needed(e, assertionNS, "Issuer")
	if err != nil {
		return err
	}
	written, err := text(one)
	if err != nil {
		return err
	}
	if issuer == "" || written != issuer {
		return fail(CheckIssuer, "the %s is by %.200q, the metadata is of %q", e.Tag, written, issuer).
			advise("Update the metadata: the provider names itself differently in it.")
	}
	return nil
}

// checkRequest checks which request something answers.
func (x Expect) checkRequest(asked string, has bool, where string) error {
	switch {
	case x.RequestID == "" && has:
		return fail(CheckInResponseTo, "the %s answers a request, but none was made in this browser", where)
	case has && asked != x.RequestID:
		return fail(CheckInResponseTo, "the %s answers another request", where)
	case x.RequestID != "" && !has && where == "Response":
		return fail(CheckInResponseTo, "the %s is no answer to the request that was made", where).
			advise("The identity provider must answer with InResponseTo.")
	}
	return nil
}

// checkIssued checks the moment when something was made.
func (x Expect) checkIssued(issued time.Time, where string) error {
	switch {
	case issued.IsZero():
		return fail(CheckTime, "the %s has no IssueInstant", where)
	case issued.After(x.Now.Add(x.Skew)):
		return fail(CheckTime, "the %s was made at %s, it is %s", where, stamp(issued), stamp(x.Now)).advise(advisedClock)
	case x.RequestID == "" && issued.Before(x.Now.Add(-unsolicitedLife-x.Skew)):
		return fail(CheckTime, "the %s is unsolicited and was made at %s, more than %v ago", where, stamp(issued), unsolicitedLife).advise(advisedClock)
	}
	return nil
}

const advisedClock = "Check the clocks of this server and of the identity provider."

// assertion gives the one assertion of a Response as it may be read: verified on its own unless the Response was.
func (x Expect) assertion(response *etree.Element, signed bool) (*etree.Element, error) {
	plain, err := child(response, assertionNS, "Assertion")
	if err != nil {
		return nil, err
	}
	sealed, err := child(response, assertionNS, "EncryptedAssertion")
	if err != nil {
		return nil, err
	}
	switch {
	case sealed != nil && signed:
		return x.decrypted(sealed)
	case sealed != nil:
		return x.decryptedAndVerified(sealed)
	case plain == nil:
		return nil, fail(CheckShape, "the Response has no assertion")
	case x.EncryptedOnly:
		return nil, fail(CheckEncryption, "the assertion is not encrypted").
			advise("Set the identity provider to encrypt assertions, or switch encrypted responses off.")
	case signed:
		return plain, nil
	}
	return x.trust().verified(plain)
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// encodePost encodes a message for the POST binding.
func encodePost(document []byte) string { return base64.StdEncoding.EncodeToString(document) }
