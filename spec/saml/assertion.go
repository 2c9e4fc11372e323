package saml

import (
	"slices"
	"time"

	"github.com/beevik/etree"
)

const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

// Assertion is what a provider says of somebody who has signed in there.
type Assertion struct {
	ID     string
	Issuer string
	NameID NameID

	SessionIndex        string    // of the first AuthnStatement; empty: not said
	SessionNotOnOrAfter time.Time // when their session at the provider ends; zero: not said
	AuthnInstant        time.Time // when they signed in there
	AuthnContext        string    // how: the class reference; empty: not said

	IssueInstant time.Time
	NotOnOrAfter time.Time // from when, with the skew added, it is refused; until then its ID must be remembered

	Attributes map[string][]string // by Name; FriendlyName is not read
}

// NameID is how a provider calls somebody.
type NameID struct {
	Value           string
	Format          string // a URN; empty: unspecified
	NameQualifier   string
	SPNameQualifier string
}

// readAssertion reads an assertion whose every byte is the provider's word, and checks that it is meant for us and now. Signed says
// whether the Response was verified too.
func (x Expect) readAssertion(e *etree.Element, signed bool) (*Assertion, error) {
	if !is(e, assertionNS, "Assertion") || value(e, "Version") != "2.0" || !identifier.MatchString(value(e, "ID")) {
		return nil, fail(CheckShape, "the assertion has no ID, or is not of version 2.0")
	}
	if err := checkIssuer(e, x.Issuer); err != nil {
		return nil, err
	}
	a := &Assertion{ID: value(e, "ID"), Issuer: x.Issuer}
	var err error
	if a.IssueInstant, err = moment(e, "IssueInstant"); err != nil {
		return nil, err
	}
	if err := x.checkIssued(a.IssueInstant, "assertion"); err != nil {
		return nil, err
	}
	if err := x.readSubject(e, a, signed); err != nil {
		return nil, err
	}
	until, err := x.checkConditions(e)
	if err != nil {
		return nil, err
	}
	if !until.IsZero() && until.Before(a.NotOnOrAfter) {
		a.NotOnOrAfter = until
	}
	if end := a.IssueInstant.Add(unsolicitedLife); x.RequestID == "" && end.Before(a.NotOnOrAfter) {
		a.NotOnOrAfter = end
	}
	if err := x.readStatement(e, a); err != nil {
		return nil, err
	}
	if a.Attributes, err = readAttributes(e); err != nil {
		return nil, err
	}
	return a, nil
}

// readSubject reads who is meant, and checks that the assertion was handed over to be brought to us.
func (x Expect) readSubject(e *etree.Element, a *Assertion, signed bool) error {
	subject, err := needed(e, assertionNS, "Subject")
	if err != nil {
		return err
	}
	if a.NameID, err = readNameID(subject); err != nil {
		return err
	}
	last := error(fail(CheckSubject, "the assertion has no bearer confirmation"))
	for _, confirmation := range children(subject, assertionNS, "SubjectConfirmation") {
		if value(confirmation, "Method") != bearer {
			continue
		}
		until, err := x.checkConfirmation(confirmation, signed)
		if err != nil {
			last = err
			continue
		}
		if until.After(a.NotOnOrAfter) {
			a.NotOnOrAfter = until
		}
	}
	if a.NotOnOrAfter.IsZero() {
		return last
	}
	return nil
}

// readNameID reads the NameID in a subject or a request.
func readNameID(e *etree.Element) (NameID, error) {
	if len(children(e, assertionNS, "EncryptedID")) > 0 {
		return NameID{}, fail(CheckSubject, "the NameID is encrypted by itself, which is not supported").
			advise("Set the identity provider to encrypt the whole assertion.")
	}
	one, err := child(e, assertionNS, "NameID")
	if err != nil {
		return NameID{}, err
	}
	if one == nil {
		return NameID{}, fail(CheckSubject, "there is no NameID").advise("Set the identity provider to send a NameID.")
	}
	name, err := text(one)
	if err != nil {
		return NameID{}, err
	}
	if name == "" {
		return NameID{}, fail(CheckSubject, "the NameID is blank").advise("Set the identity provider to send a NameID.")
	}
	if name != whole(one) { // at the provider, "jane" and "jane " may be two people
		return NameID{}, fail(CheckSubject, "there is white space around the NameID").
			advise("Set the identity provider to send a NameID without white space around it.")
	}
	return NameID{
		Value: name, Format: value(one, "Format"),
		NameQualifier: value(one, "NameQualifier"), SPNameQualifier: value(one, "SPNameQualifier"),
	}, nil
}

// checkConfirmation checks the data of a bearer confirmation (SAML Profiles §4.1.4.3) and says until when it holds. An InResponseTo
// may be left out only where the Response, whose own is required, was verified.
func (x Expect) checkConfirmation(confirmation *etree.Element, signed bool) (time.Time, error) {
	data, err := needed(confirmation, assertionNS, "SubjectConfirmationData")
	if err != nil {
		return time.Time{}, err
	}
	if recipient := value(data, "Recipient"); !x.isOurs(recipient) {
		return time.Time{}, fail(CheckRecipient, "the assertion is for %.200q, not %q", recipient, x.ACS).
			advise("Set the recipient at the identity provider to " + x.ACS + ".")
	}
	asked, has := attribute(data, "InResponseTo")
	if err := x.checkRequest(asked, has, "assertion"); err != nil {
		return time.Time{}, err
	}
	if x.RequestID != "" && !has && !signed {
		return time.Time{}, fail(CheckInResponseTo, "the signed assertion does not say which request it answers").
			advise("Set the identity provider to sign the response, or to name the request in SubjectConfirmationData.")
	}
	return x.checkTimes(data, true)
}

// checkTimes checks NotBefore and NotOnOrAfter of an element, and answers the latter.
func (x Expect) checkTimes(e *etree.Element, mandatory bool) (time.Time, error) {
	from, err := moment(e, "NotBefore")
	if err != nil {
		return time.Time{}, err
	}
	until, err := moment(e, "NotOnOrAfter")
	if err != nil {
		return time.Time{}, err
	}
	switch {
	case until.IsZero() && mandatory:
		return time.Time{}, fail(CheckTime, "%s has no NotOnOrAfter", e.Tag)
	case from.After(x.Now.Add(x.Skew)):
		return time.Time{}, fail(CheckTime, "%s holds from %s, it is %s", e.Tag, stamp(from), stamp(x.Now)).advise(advisedClock)
	case !until.IsZero() && !x.Now.Before(until.Add(x.Skew)):
		return time.Time{}, fail(CheckTime, "%s held until %s, it is %s", e.Tag, stamp(until), stamp(x.Now)).advise(advisedClock)
	}
	return until, nil
}

// checkConditions checks the conditions, which must restrict the audience to us, and says until when they hold; zero: always.
func (x Expect) checkConditions(e *etree.Element) (time.Time, error) {
	conditions, err := needed(e, assertionNS, "Conditions")
	if err != nil {
		return time.Time{}, err
	}
	until, err := x.checkTimes(conditions, false)
	if err != nil {
		return time.Time{}, err
	}
	restricted := false
	for _, condition := range conditions.ChildElements() {
		switch {
		case is(condition, assertionNS, "AudienceRestriction"):
			if err := x.checkAudience(condition); err != nil {
				return time.Time{}, err
			}
			restricted = true
		case is(condition, assertionNS, "OneTimeUse"), is(condition, assertionNS, "ProxyRestriction"):
			// Every assertion is used once, and none is made from it.
		default:
			return time.Time{}, fail(CheckConditions, "the condition %.80q is not known", condition.Tag)
		}
	}
	if !restricted {
		return time.Time{}, fail(CheckAudience, "the assertion is for no audience").advise(x.advisedAudience())
	}
	return until, nil
}

func (x Expect) checkAudience(restriction *etree.Element) error {
	var audiences []string
	for _, one := range children(restriction, assertionNS, "Audience") {
		name, err := text(one)
		if err != nil {
			return err
		}
		audiences = append(audiences, name)
	}
	meant := x.ServiceProvider != "" && slices.Contains(audiences, x.ServiceProvider)
	for _, name := range x.Audiences {
		meant = meant || slices.Contains(audiences, name)
	}
	if !meant {
		return fail(CheckAudience, "the assertion is for %.300q, not %q", audiences, x.ServiceProvider).advise(x.advisedAudience())
	}
	return nil
}

func (x Expect) advisedAudience() string {
	return "Set the audience (SP entity ID) at the identity provider to " + x.ServiceProvider + "."
}

// readStatement reads the first AuthnStatement.
func (x Expect) readStatement(e *etree.Element, a *Assertion) error {
	statements := children(e, assertionNS, "AuthnStatement")
	if len(statements) == 0 {
		return fail(CheckShape, "the assertion has no AuthnStatement")
	}
	first := statements[0]
	var err error
	if a.AuthnInstant, err = moment(first, "AuthnInstant"); err != nil {
		return err
	}
	if a.SessionNotOnOrAfter, err = moment(first, "SessionNotOnOrAfter"); err != nil {
		return err
	}
	if end := a.SessionNotOnOrAfter; !end.IsZero() && !x.Now.Before(end.Add(x.Skew)) {
		return fail(CheckTime, "the session at the provider ended at %s, it is %s", stamp(end), stamp(x.Now)).advise(advisedClock)
	}
	a.SessionIndex = value(first, "SessionIndex")
	context, err := child(first, assertionNS, "AuthnContext")
	if err != nil || context == nil {
		return err
	}
	a.AuthnContext, err = textOf(context, assertionNS, "AuthnContextClassRef")
	return err
}

// readAttributes reads the attributes of all statements. Values of one name are kept in their order.
func readAttributes(e *etree.Element) (map[string][]string, error) {
	all := map[string][]string{}
	for _, statement := range children(e, assertionNS, "AttributeStatement") {
		for _, attr := range statement.ChildElements() {
			if is(attr, assertionNS, "EncryptedAttribute") {
				return nil, fail(CheckEncryption, "an attribute is encrypted by itself, which is not supported").
					advise("Set the identity provider to encrypt the whole assertion.")
			}
			name := value(attr, "Name")
			if !is(attr, assertionNS, "Attribute") || name == "" {
				return nil, fail(CheckShape, "there is an attribute without a name")
			}
			for _, one := range children(attr, assertionNS, "AttributeValue") {
				all[name] = append(all[name], content(one))
			}
		}
	}
	return all, nil
}
