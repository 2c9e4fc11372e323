package saml_test

import (
	"strings"
	"testing"
	"time"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

const skew = 2 * time.Minute

// said makes a knob that replaces text in the assertion before it is signed.
func said(old, with string) func(*samltest.Response, *saml.Expect) {
	return func(r *samltest.Response, _ *saml.Expect) { r.EditAssertion = replace(old, with) }
}

const (
	confirmed  = `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">`
	restricted = `<saml:AudienceRestriction>`
)

// conditions are what an assertion says of when, where and for whom it holds.
var conditions = map[string]struct {
	turn func(*samltest.Response, *saml.Expect)
	want string
}{
	"ended, but within the skew": {func(r *samltest.Response, _ *saml.Expect) { r.NotOnOrAfter = now.Add(-skew + time.Millisecond) }, ""},
	"ended":                      {func(r *samltest.Response, _ *saml.Expect) { r.NotOnOrAfter = now.Add(-skew) }, saml.CheckTime},
	"confirmation ended":         {said(`<saml:SubjectConfirmationData NotOnOrAfter="2026-03-04T05:11:07.000Z"`, `<saml:SubjectConfirmationData NotOnOrAfter="2026-03-04T05:04:07.000Z"`), saml.CheckTime},
	"confirmation never ends":    {said(`<saml:SubjectConfirmationData NotOnOrAfter="2026-03-04T05:11:07.000Z"`, `<saml:SubjectConfirmationData`), saml.CheckTime},
	"confirmation begins later":  {said(`<saml:SubjectConfirmationData`, `<saml:SubjectConfirmationData NotBefore="2026-03-04T06:00:00Z"`), saml.CheckTime},
	"conditions ended":           {said(`NotBefore="2026-03-04T05:05:07.000Z" NotOnOrAfter="2026-03-04T05:11:07.000Z"`, `NotOnOrAfter="2026-03-04T05:04:07.000Z"`), saml.CheckTime},
	"conditions never end":       {said(`NotBefore="2026-03-04T05:05:07.000Z" NotOnOrAfter="2026-03-04T05:11:07.000Z"`, ``), ""},
	"begins within the skew":     {func(r *samltest.Response, _ *saml.Expect) { r.NotBefore = now.Add(skew) }, ""},
	"begins later":               {func(r *samltest.Response, _ *saml.Expect) { r.NotBefore = now.Add(skew + time.Millisecond) }, saml.CheckTime},
	"made within the skew":       {func(r *samltest.Response, _ *saml.Expect) { r.Issued = now.Add(skew) }, ""},
	"made later":                 {func(r *samltest.Response, _ *saml.Expect) { r.Issued = now.Add(skew + time.Millisecond) }, saml.CheckTime},
	"Response made later": {func(r *samltest.Response, _ *saml.Expect) {
		r.Tamper = replace(`IssueInstant="2026-03-04T05`, `IssueInstant="2026-03-04T06`)
	}, saml.CheckTime},
	"assertion made later":          {said(`IssueInstant="2026-03-04T05`, `IssueInstant="2026-03-04T06`), saml.CheckTime},
	"made at no time":               {func(r *samltest.Response, _ *saml.Expect) { r.Issued = time.Time{} }, saml.CheckTime},
	"time without a zone":           {said(`IssueInstant="2026-03-04T05:06:07.000Z"`, `IssueInstant="2026-03-04T05:06:07"`), saml.CheckTime},
	"time in another zone":          {said(`IssueInstant="2026-03-04T05:06:07.000Z"`, `IssueInstant="2026-03-04T06:06:07+01:00"`), ""},
	"no time":                       {said(`NotBefore="2026-03-04T05:05:07.000Z"`, `NotBefore=""`), saml.CheckTime},
	"session ended":                 {func(r *samltest.Response, _ *saml.Expect) { r.SessionNotOnOrAfter = now.Add(-skew) }, saml.CheckTime},
	"session ended within the skew": {func(r *samltest.Response, _ *saml.Expect) { r.SessionNotOnOrAfter = now.Add(-time.Second) }, ""},
	"session that ends at no time":  {said(`SessionIndex="_s1"`, `SessionIndex="_s1" SessionNotOnOrAfter="tomorrow"`), saml.CheckTime},
	"solicited and old":             {func(r *samltest.Response, _ *saml.Expect) { r.Issued = now.Add(-7*time.Minute - skew) }, ""},
	"unsolicited, six minutes old": {func(r *samltest.Response, x *saml.Expect) {
		r.InResponseTo, x.RequestID, r.Issued = "", "", now.Add(-6*time.Minute-skew)
	}, ""},
	"unsolicited and older": {func(r *samltest.Response, x *saml.Expect) {
		r.InResponseTo, x.RequestID, r.Issued = "", "", now.Add(-6*time.Minute-skew-time.Millisecond)
	}, saml.CheckTime},
	"unsolicited, assertion older": {func(r *samltest.Response, x *saml.Expect) {
		r.InResponseTo, x.RequestID = "", ""
		r.EditAssertion = replace(`IssueInstant="2026-03-04T05`, `IssueInstant="2026-03-04T04`)
	}, saml.CheckTime},
	"unsolicited with an empty one": {func(r *samltest.Response, x *saml.Expect) {
		r.InResponseTo, x.RequestID = "", ""
		r.Tamper = replace(` Version="2.0"`, ` InResponseTo="" Version="2.0"`)
	}, saml.CheckInResponseTo},
	"unsolicited, but confirmed so": {func(r *samltest.Response, x *saml.Expect) {
		r.InResponseTo, x.RequestID = "", ""
		r.EditAssertion = replace(` Recipient`, ` InResponseTo="_other" Recipient`)
	}, saml.CheckInResponseTo},
	"assertion of another request": {said(`InResponseTo="`+asked, `InResponseTo="x`+asked), saml.CheckInResponseTo},
	"assertion of no request":      {said(`InResponseTo="`+asked+`"`, ``), saml.CheckInResponseTo},
	"assertion of none in a signed": {func(r *samltest.Response, x *saml.Expect) {
		r.SignResponse = true
		said(`InResponseTo="`+asked+`"`, ``)(r, x)
	}, ""},
	"assertion of another in signed": {func(r *samltest.Response, x *saml.Expect) {
		r.SignResponse = true
		said(`InResponseTo="`+asked, `InResponseTo="x`+asked)(r, x)
	}, saml.CheckInResponseTo},
	"Response of no request": {func(r *samltest.Response, _ *saml.Expect) { r.EditResponse = replace(`InResponseTo="`+asked+`"`, ``) }, saml.CheckInResponseTo},
	"Response of another request": {func(r *samltest.Response, _ *saml.Expect) {
		r.EditResponse = replace(`InResponseTo="`+asked, `InResponseTo="x`+asked)
	}, saml.CheckInResponseTo},
	"no destination, signed":   {func(r *samltest.Response, _ *saml.Expect) { r.Destination, r.SignResponse = "", true }, saml.CheckDestination},
	"no destination, unsigned": {func(r *samltest.Response, _ *saml.Expect) { r.Destination = "" }, ""},
	"empty destination": {func(r *samltest.Response, _ *saml.Expect) {
		r.EditResponse = replace(`Destination="`+acs, `Destination="`)
	}, saml.CheckDestination},
	"no issuer of the Response":  {func(r *samltest.Response, _ *saml.Expect) { r.Issuer = "" }, ""},
	"no issuer of the assertion": {func(r *samltest.Response, _ *saml.Expect) { r.AssertionIssuer = "" }, saml.CheckShape},
	"no issuer is expected":      {func(_ *samltest.Response, x *saml.Expect) { x.Issuer = "" }, saml.CheckIssuer},
	"nobody, and none is expected": {func(r *samltest.Response, x *saml.Expect) {
		x.Issuer, r.Issuer = "", ""
		r.EditAssertion = replace(idp.EntityID, "")
	}, saml.CheckIssuer},
	"no audience is expected": {func(r *samltest.Response, x *saml.Expect) {
		x.ServiceProvider = ""
		r.EditAssertion = replace(audience, "")
	}, saml.CheckAudience},
	"audience among others":          {said(`<saml:Audience>`, `<saml:Audience>urn:x</saml:Audience><saml:Audience>`), ""},
	"second restriction excludes us": {said(restricted, restricted+`<saml:Audience>urn:x</saml:Audience></saml:AudienceRestriction>`+restricted), saml.CheckAudience},
	"restriction to nobody":          {said(restricted, restricted+`</saml:AudienceRestriction>`+restricted), saml.CheckAudience},
	"audience with an element":       {said(`<saml:Audience>`, `<saml:Audience><saml:x/>`), saml.CheckShape},
	"used once":                      {said(restricted, `<saml:OneTimeUse/>`+restricted), ""},
	"no assertions from it":          {said(restricted, `<saml:ProxyRestriction Count="0"/>`+restricted), ""},
	"unknown condition":              {said(restricted, `<saml:Condition/>`+restricted), saml.CheckConditions},
	"condition of another namespace": {said(restricted, `<x:OneTimeUse xmlns:x="urn:x"/>`+restricted), saml.CheckConditions},
	"two Conditions":                 {said(`<saml:AuthnStatement`, `<saml:Conditions/><saml:AuthnStatement`), saml.CheckShape},
	"no Conditions": {func(r *samltest.Response, _ *saml.Expect) {
		r.EditAssertion = without("<saml:Conditions", "</saml:Conditions>")
	}, saml.CheckShape},
	"no Subject": {func(r *samltest.Response, _ *saml.Expect) {
		r.EditAssertion = without("<saml:Subject>", "</saml:Subject>")
	}, saml.CheckShape},
	"no confirmation": {func(r *samltest.Response, _ *saml.Expect) {
		r.EditAssertion = without(confirmed, "</saml:SubjectConfirmation>")
	}, saml.CheckSubject},
	"no data of the confirmation": {func(r *samltest.Response, _ *saml.Expect) {
		r.EditAssertion = without("<saml:SubjectConfirmationData", "/>")
	}, saml.CheckShape},
	"confirmed by a key":       {said(`cm:bearer`, `cm:holder-of-key`), saml.CheckSubject},
	"confirmed for others too": {said(confirmed, confirmed+`<saml:SubjectConfirmationData Recipient="https://other.example/" NotOnOrAfter="2026-03-04T06:00:00Z"/></saml:SubjectConfirmation>`+confirmed), ""},
	"encrypted NameID":         {said(`<saml:SubjectConfirmation `, `<saml:EncryptedID/><saml:SubjectConfirmation `), saml.CheckSubject},
	"encrypted attribute":      {said(`<saml:Attribute `, `<saml:EncryptedAttribute/><saml:Attribute `), saml.CheckEncryption},
	"attribute without a name": {said(`<saml:Attribute Name="email"`, `<saml:Attribute FriendlyName="email"`), saml.CheckShape},
	"no AuthnStatement": {func(r *samltest.Response, _ *saml.Expect) {
		r.EditAssertion = without("<saml:AuthnStatement", "</saml:AuthnStatement>")
	}, saml.CheckShape},
	"no context":    {func(r *samltest.Response, _ *saml.Expect) { r.AuthnContext = "" }, ""},
	"no attributes": {func(r *samltest.Response, _ *saml.Expect) { r.Attributes = nil }, ""},
	"no Status":     {func(r *samltest.Response, _ *saml.Expect) { r.Tamper = without("<samlp:Status>", "</samlp:Status>") }, saml.CheckShape},
	"two StatusCodes": {func(r *samltest.Response, _ *saml.Expect) {
		r.Tamper = replace("<samlp:StatusCode", `<samlp:StatusCode Value="x"/><samlp:StatusCode`)
	}, saml.CheckShape},
	"success, but no assertion":    {func(r *samltest.Response, _ *saml.Expect) { r.Status = "Success" }, saml.CheckShape},
	"no success, but an assertion": {func(r *samltest.Response, _ *saml.Expect) { r.Tamper = replace("status:Success", "status:Requester") }, saml.CheckStatus},
	"no ID of the Response":        {func(r *samltest.Response, _ *saml.Expect) { r.ID = "" }, saml.CheckShape},
}

func TestConditionsOfAssertions(t *testing.T) {
	t.Parallel()
	for name, c := range conditions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, x := answer(), expect()
			c.turn(r, &x)
			_, err := saml.ReadResponse(r.Encoded(), x)
			if got := check(t, err); got != c.want {
				t.Fatalf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

func TestAssertionIsRememberedAsLongAsItIsAccepted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(string) string
		want time.Time
	}{
		"the confirmation ends first": {replace(`NotOnOrAfter="2026-03-04T05:11:07.000Z" Recipient`, `NotOnOrAfter="2026-03-04T05:08:00Z" Recipient`), time.Date(2026, 3, 4, 5, 8, 0, 0, time.UTC)},
		"the conditions end first":    {replace(`NotOnOrAfter="2026-03-04T05:11:07.000Z">`, `NotOnOrAfter="2026-03-04T05:08:00Z">`), time.Date(2026, 3, 4, 5, 8, 0, 0, time.UTC)},
		"a second confirmation ends before": {
			func(s string) string {
				s = replace(`NotOnOrAfter="2026-03-04T05:11:07.000Z" Recipient`, `NotOnOrAfter="2026-03-04T05:08:00Z" Recipient`)(s)
				return replace(confirmed, confirmed+`<saml:SubjectConfirmationData InResponseTo="`+asked+`" Recipient="`+acs+`" NotOnOrAfter="2026-03-04T05:10:00Z"/></saml:SubjectConfirmation>`+confirmed)(s)
			},
			time.Date(2026, 3, 4, 5, 10, 0, 0, time.UTC),
		},
		"a second confirmation ends later": {
			replace(confirmed, confirmed+`<saml:SubjectConfirmationData InResponseTo="`+asked+`" Recipient="`+acs+`" NotOnOrAfter="2026-03-04T05:07:00Z"/></saml:SubjectConfirmation>`+confirmed),
			time.Date(2026, 3, 4, 5, 11, 7, 0, time.UTC),
		},
	} {
		r := answer()
		r.EditAssertion = c.edit
		a, err := saml.ReadResponse(r.Encoded(), expect())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !a.NotOnOrAfter.Equal(c.want) {
			t.Errorf("%s: got %v, want %v", name, a.NotOnOrAfter, c.want)
		}
	}
}

func TestUnsolicitedAssertionIsRememberedAsLongAsItIsNew(t *testing.T) {
	t.Parallel()
	r, x := answer(), expect()
	r.InResponseTo, x.RequestID, r.NotOnOrAfter = "", "", now.Add(10*365*24*time.Hour)
	a, err := saml.ReadResponse(r.Encoded(), x)
	if err != nil || !a.NotOnOrAfter.Equal(now.Add(6*time.Minute)) {
		t.Errorf("got %+v and %v", a, err)
	}
}

func TestStatusNamesItsCodes(t *testing.T) {
	t.Parallel()
	r := answer()
	r.Status = "Responder"
	r.EditResponse = replace(`Responder"/>`, `Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode><samlp:StatusMessage>no such user</samlp:StatusMessage>`)
	_, err := saml.ReadResponse(r.Encoded(), expect())
	if err == nil || !strings.Contains(err.Error(), `"Responder / AuthnFailed: no such user"`) {
		t.Errorf("got %v", err)
	}
}

func TestAttributesHaveAllTheirValues(t *testing.T) {
	t.Parallel()
	r := answer()
	r.EditAssertion = replace(`</saml:AttributeStatement>`, `<saml:Attribute Name="groups" FriendlyName="email"><saml:AttributeValue> c
		</saml:AttributeValue><saml:AttributeValue><saml:NameID>d</saml:NameID></saml:AttributeValue></saml:Attribute></saml:AttributeStatement>`+
		`<saml:AttributeStatement><saml:Attribute Name="none"/></saml:AttributeStatement>`)
	a, err := saml.ReadResponse(r.Encoded(), expect())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(a.Attributes["groups"], ","); got != "a,b,c,d" || len(a.Attributes) != 2 || len(a.Attributes["email"]) != 1 {
		t.Errorf("got %q in %v", got, a.Attributes)
	}
}
