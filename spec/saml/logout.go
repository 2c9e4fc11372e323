package saml

import (
	"crypto/x509"
	"net/url"
	"time"

	"github.com/beevik/etree"
)

// logoutLife is how old a LogoutRequest may be that does not say itself until when it holds.
const logoutLife = 10 * time.Minute

// Incoming is a message as it came. Exactly one of the two is set.
type Incoming struct {
	Query string // of the redirect binding: the raw query
	Form  string // of the POST binding: the value of the field
}

// ExpectLogout is what a logout message has to agree with.
type ExpectLogout struct {
	Destination  string // our address
	Issuer       string // the provider's entity ID
	Certificates []*x509.Certificate
	RequestID    string // of a LogoutResponse: what it answers
	Now          time.Time
	Skew         time.Duration
}

// ReadLogoutRequest reads a signed LogoutRequest. Errors are *Error.
func ReadLogoutRequest(in Incoming, x ExpectLogout) (*LogoutRequest, error) {
	e, err := x.read(in, RequestField, "LogoutRequest")
	if err != nil {
		return nil, err
	}
	r := &LogoutRequest{ID: value(e, "ID"), Issuer: x.Issuer, Destination: value(e, "Destination")}
	if r.Issued, err = moment(e, "IssueInstant"); err != nil {
		return nil, err
	}
	if r.NotOnOrAfter, err = moment(e, "NotOnOrAfter"); err != nil {
		return nil, err
	}
	end := r.NotOnOrAfter
	if end.IsZero() {
		end = r.Issued.Add(logoutLife)
	}
	if !x.Now.Before(end.Add(x.Skew)) {
		return nil, fail(CheckTime, "the LogoutRequest held until %s, it is %s", stamp(end), stamp(x.Now)).advise(advisedClock)
	}
	if r.NameID, err = readNameID(e); err != nil {
		return nil, err
	}
	for _, one := range children(e, protocolNS, "SessionIndex") {
		index, err := text(one)
		if err != nil {
			return nil, err
		}
		r.Sessions = append(r.Sessions, index)
	}
	return r, nil
}

// ReadLogoutResponse reads a signed LogoutResponse to a request. An answer that is an error is an *Error of CheckStatus. Errors are
// *Error.
func ReadLogoutResponse(in Incoming, x ExpectLogout) (*LogoutResponse, error) {
	e, err := x.read(in, ResponseField, "LogoutResponse")
	if err != nil {
		return nil, err
	}
	r := &LogoutResponse{
		ID: value(e, "ID"), Issuer: x.Issuer, Destination: value(e, "Destination"), InResponseTo: value(e, "InResponseTo"),
	}
	if r.Issued, err = moment(e, "IssueInstant"); err != nil {
		return nil, err
	}
	if x.RequestID == "" || r.InResponseTo != x.RequestID {
		return nil, fail(CheckInResponseTo, "the LogoutResponse answers another request")
	}
	if err := checkStatus(e); err != nil {
		return nil, err
	}
	return r, nil
}

// Issuer reads who says to have sent a message, before anything is verified: to find the provider whose keys it has to be verified
// with. It is worth nothing else.
func Issuer(in Incoming, field string) (string, error) {
	e, _, err := in.open(field)
	if err != nil {
		return "", err
	}
	return textOf(e, assertionNS, "Issuer")
}

// RelayState gives the RelayState of a query, decoded.
func (in Incoming) RelayState() string {
	for _, field := range []string{RequestField, ResponseField} {
		if q, err := parseQuery(in.Query, field); err == nil {
			relay, _ := url.QueryUnescape(q.relay)
			return relay
		}
	}
	return ""
}

// open decodes and parses a message. The query is nil for the POST binding.
func (in Incoming) open(field string) (*etree.Element, *query, error) {
	var q *query
	var document []byte
	var err error
	if in.Query == "" {
		document, err = decodePost(in.Form)
	} else if q, err = parseQuery(in.Query, field); err == nil {
		document, err = q.document()
	}
	if err != nil {
		return nil, nil, err
	}
	e, err := parse(document, logoutXML)
	if err != nil {
		return nil, nil, err
	}
	return e, q, signaturesAndIDs(e)
}

// read reads a message and verifies what all of them have.
func (x ExpectLogout) read(in Incoming, field, tag string) (*etree.Element, error) {
	came, q, err := in.open(field)
	if err != nil {
		return nil, err
	}
	e, err := x.verify(came, q)
	if err != nil {
		return nil, err
	}
	if !is(e, protocolNS, tag) || value(e, "Version") != "2.0" || !identifier.MatchString(value(e, "ID")) {
		return nil, fail(CheckShape, "the document is a %.40q, not a %s of version 2.0 with an ID", e.Tag, tag)
	}
	if err := checkIssuer(e, x.Issuer); err != nil {
		return nil, err
	}
	if destination := value(e, "Destination"); destination != x.Destination {
		return nil, fail(CheckDestination, "the %s is for %.200q, not %q", tag, destination, x.Destination).
			advise("Set the single logout URL at the identity provider to " + x.Destination + ".")
	}
	issued, err := moment(e, "IssueInstant")
	if err != nil {
		return nil, err
	}
	if issued.IsZero() || issued.After(x.Now.Add(x.Skew)) {
		return nil, fail(CheckTime, "the %s was made at %s, it is %s", tag, stamp(issued), stamp(x.Now)).advise(advisedClock)
	}
	return e, nil
}

// verify verifies a message and answers it as it may be read: as the signature in it covers it, or whole where that is over the query.
func (x ExpectLogout) verify(came *etree.Element, q *query) (*etree.Element, error) {
	t := trust{x.Certificates, x.Now}
	if q == nil {
		return t.verified(came)
	}
	if len(children(came, signatureNS, "Signature")) > 0 {
		return nil, fail(CheckSignature, "a message in a query must not have a signature in itself")
	}
	return came, q.verify(t)
}
