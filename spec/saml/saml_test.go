package saml_test

import (
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

const (
	audience = "urn:amazon:cognito:sp:eu-central-1_abc"
	acs      = "https://auth.example/saml2/idpresponse"
	asked    = "_0b5f1d9e"
)

var (
	now      = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	idp      = samltest.New("https://idp.example")
	own      = samltest.Key("own")
	ownPaper = samltest.Certificate("own", own, time.Time{})
)

func expect() saml.Expect {
	return saml.Expect{
		ServiceProvider: audience, ACS: acs, RequestID: asked, Issuer: idp.EntityID,
		Certificates: []*x509.Certificate{idp.Certificate}, DecryptionKey: own, Now: now, Skew: 2 * time.Minute,
	}
}

func answer() *samltest.Response { return idp.Response(now, audience, acs, asked) }

// check says which check has failed; empty: none.
func check(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	said, ok := errors.AsType[*saml.Error](err)
	if !ok {
		t.Fatalf("got %T (%v), want *saml.Error", err, err)
	}
	return said.Check
}

func TestReadResponseGivesWhatTheProviderSays(t *testing.T) {
	t.Parallel()
	r := answer()
	r.SessionNotOnOrAfter = now.Add(time.Hour)
	got, err := saml.ReadResponse(r.Encoded(), expect())
	if err != nil {
		t.Fatal(err)
	}
	want := &saml.Assertion{
		ID: r.AssertionID, Issuer: idp.EntityID,
		NameID:       saml.NameID{Value: "jane@example.com", Format: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"},
		SessionIndex: "_s1", SessionNotOnOrAfter: now.Add(time.Hour), AuthnInstant: now,
		AuthnContext: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
		IssueInstant: now, NotOnOrAfter: now.Add(5 * time.Minute),
		Attributes: map[string][]string{"email": {"jane@example.com"}, "groups": {"a", "b"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// responses are answers of which each differs in one thing from one that is as it should be.
var responses = map[string]struct {
	turn func(*samltest.Response, *saml.Expect)
	want string // the check that fails; empty: accepted
}{
	"assertion signed":   {func(*samltest.Response, *saml.Expect) {}, ""},
	"response signed":    {func(r *samltest.Response, _ *saml.Expect) { r.SignResponse, r.SignAssertion = true, false }, ""},
	"both signed":        {func(r *samltest.Response, _ *saml.Expect) { r.SignResponse = true }, ""},
	"no KeyInfo":         {func(r *samltest.Response, _ *saml.Expect) { r.Signing.Certificate = nil }, ""},
	"inclusive prefixes": {func(r *samltest.Response, _ *saml.Expect) { r.Signing.Prefixes = "xs xsi" }, ""},
	"second certificate": {func(_ *samltest.Response, x *saml.Expect) {
		x.Certificates = []*x509.Certificate{ownPaper, idp.Certificate}
	}, ""},
	"unsigned":            {func(r *samltest.Response, _ *saml.Expect) { r.SignAssertion = false }, saml.CheckSignature},
	"other key":           {func(r *samltest.Response, _ *saml.Expect) { r.Signing.Key = own }, saml.CheckSignature},
	"other key, embedded": {func(r *samltest.Response, _ *saml.Expect) { r.Signing.Key, r.Signing.Certificate = own, ownPaper }, saml.CheckSignature},
	"no certificates":     {func(_ *samltest.Response, x *saml.Expect) { x.Certificates = nil }, saml.CheckSignature},
	"SHA-1":               {func(r *samltest.Response, _ *saml.Expect) { r.Signing.Method = samltest.RSASHA1 }, saml.CheckAlgorithm},
	"SHA-1 digest":        {func(r *samltest.Response, _ *saml.Expect) { r.Signing.Digest = samltest.SHA1 }, saml.CheckAlgorithm},
	"HMAC with the certificate": {func(r *samltest.Response, _ *saml.Expect) {
		r.Signing.Method, r.Signing.Secret = samltest.HMACSHA256, idp.Certificate.Raw
	}, saml.CheckAlgorithm},

	"status":              {func(r *samltest.Response, _ *saml.Expect) { r.Status = "Responder" }, saml.CheckStatus},
	"issuer of response":  {func(r *samltest.Response, _ *saml.Expect) { r.Issuer = "https://other.example" }, saml.CheckIssuer},
	"issuer of assertion": {func(r *samltest.Response, _ *saml.Expect) { r.AssertionIssuer = "https://other.example" }, saml.CheckIssuer},
	"destination":         {func(r *samltest.Response, _ *saml.Expect) { r.Destination = acs + "/" }, saml.CheckDestination},
	"recipient":           {func(r *samltest.Response, _ *saml.Expect) { r.Recipient = "https://other.example/" }, saml.CheckRecipient},
	"no recipient":        {func(r *samltest.Response, _ *saml.Expect) { r.Recipient = "" }, saml.CheckRecipient},
	"audience":            {func(r *samltest.Response, _ *saml.Expect) { r.Audience = audience + "x" }, saml.CheckAudience},
	"no audience":         {func(r *samltest.Response, _ *saml.Expect) { r.Audience = "" }, saml.CheckAudience},
	"other request":       {func(r *samltest.Response, _ *saml.Expect) { r.InResponseTo = "_other" }, saml.CheckInResponseTo},
	"no request":          {func(r *samltest.Response, _ *saml.Expect) { r.InResponseTo = "" }, saml.CheckInResponseTo},
	"nothing was asked":   {func(_ *samltest.Response, x *saml.Expect) { x.RequestID = "" }, saml.CheckInResponseTo},
	"unsolicited":         {func(r *samltest.Response, x *saml.Expect) { r.InResponseTo, x.RequestID = "", "" }, ""},
	"no NameID":           {func(r *samltest.Response, _ *saml.Expect) { r.NameID = "" }, saml.CheckSubject},
	"blank NameID":        {func(r *samltest.Response, _ *saml.Expect) { r.NameID = " \n" }, saml.CheckSubject},
	"space after NameID":  {func(r *samltest.Response, _ *saml.Expect) { r.NameID += " " }, saml.CheckSubject},
	"space before NameID": {func(r *samltest.Response, _ *saml.Expect) { r.NameID = "\u00a0" + r.NameID }, saml.CheckSubject},
	"encrypted is needed": {func(_ *samltest.Response, x *saml.Expect) { x.EncryptedOnly = true }, saml.CheckEncryption},
	"encrypted":           {func(r *samltest.Response, x *saml.Expect) { r.Encrypt, x.EncryptedOnly = ownPaper, true }, ""},
	"encrypted, no key":   {func(r *samltest.Response, x *saml.Expect) { r.Encrypt, x.DecryptionKey = ownPaper, nil }, saml.CheckEncryption},
	"encrypted, unsigned": {func(r *samltest.Response, _ *saml.Expect) { r.Encrypt, r.SignAssertion = ownPaper, false }, saml.CheckEncryption},
	"encrypted and around": {func(r *samltest.Response, _ *saml.Expect) {
		r.Encrypt, r.SignAssertion, r.SignResponse = ownPaper, false, true
	}, ""},
}

func TestReadResponseChecks(t *testing.T) {
	t.Parallel()
	for name, c := range responses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, x := answer(), expect()
			c.turn(r, &x)
			a, err := saml.ReadResponse(r.Encoded(), x)
			if got := check(t, err); got != c.want {
				t.Fatalf("got %q (%v), want %q", got, err, c.want)
			}
			if (a == nil) != (c.want != "") {
				t.Errorf("got %v beside the error %v", a, err)
			}
		})
	}
}

func TestMetadataOfTheProviderAreRead(t *testing.T) {
	t.Parallel()
	p, err := saml.ParseMetadata(idp.Metadata(), now)
	if err != nil {
		t.Fatal(err)
	}
	want := &saml.Provider{
		EntityID:     idp.EntityID,
		SSO:          saml.Endpoints{Redirect: idp.SSO, Post: idp.SSO},
		SLO:          saml.Endpoints{Redirect: idp.SLO, Post: idp.SLO},
		SLOResponse:  saml.Endpoints{Redirect: idp.SLO, Post: idp.SLO},
		Certificates: []*x509.Certificate{idp.Certificate},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

func TestAuthnRequestIsReadByTheProvider(t *testing.T) {
	t.Parallel()
	r := saml.AuthnRequest{ID: saml.NewID(), ServiceProvider: audience, ACS: acs, Destination: idp.SSO + "?tenant=a b&c", Issued: now, ForceAuthn: true}
	for _, key := range []struct {
		name   string
		signed bool
	}{{"unsigned", false}, {"signed", true}} {
		by := own
		if !key.signed {
			by = nil
		}
		location, err := r.Redirect("a state&more=", by)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(location, r.Destination+"&SAMLRequest=") {
			t.Errorf("%s: got %s", key.name, location)
		}
		m, err := samltest.ReadRedirect(location, ownPaper)
		if err != nil {
			t.Fatal(err)
		}
		if m.ID != r.ID || m.ACS != acs || m.Issuer != audience || m.ForceAuthn != "true" || m.RelayState != "a state&more=" || m.Signed != key.signed {
			t.Errorf("%s: got %+v", key.name, m)
		}
	}
}

func TestLogoutMessagesAreReadInBothBindings(t *testing.T) {
	t.Parallel()
	const here = "https://auth.example/saml2/logout"
	x := saml.ExpectLogout{
		Destination: here, Issuer: idp.EntityID, Certificates: []*x509.Certificate{idp.Certificate}, RequestID: asked, Now: now, Skew: time.Minute,
	}
	request, response := idp.Logout(now, here), idp.LogoutResponse(now, here, asked)
	for _, in := range []saml.Incoming{{Query: request.Query("relay state")}, {Form: request.Form()}} {
		got, err := saml.ReadLogoutRequest(in, x)
		if err != nil {
			t.Fatal(err)
		}
		if got.NameID.Value != "jane@example.com" || len(got.Sessions) != 1 || got.Sessions[0] != "_s1" || got.ID != request.ID {
			t.Errorf("got %+v", got)
		}
	}
	for _, in := range []saml.Incoming{{Query: response.Query("relay state")}, {Form: response.Form()}} {
		if _, err := saml.ReadLogoutResponse(in, x); err != nil {
			t.Error(err)
		}
	}
}

func TestLogoutRequestIsReadBack(t *testing.T) {
	t.Parallel()
	r := saml.LogoutRequest{
		ID: saml.NewID(), Issuer: audience, Destination: idp.SLO, Issued: now, NotOnOrAfter: now.Add(time.Minute),
		NameID: saml.NameID{Value: "jane <&>", Format: "f", NameQualifier: "q", SPNameQualifier: `s"'`}, Sessions: []string{"_s1", "_s2"},
	}
	x := saml.ExpectLogout{Destination: idp.SLO, Issuer: audience, Certificates: []*x509.Certificate{ownPaper}, Now: now}
	location, err := r.Redirect("relay", own)
	if err != nil {
		t.Fatal(err)
	}
	posted, err := r.Form(own)
	if err != nil {
		t.Fatal(err)
	}
	_, query, _ := strings.Cut(location, "?")
	for _, in := range []saml.Incoming{{Query: query}, {Form: posted}} {
		got, err := saml.ReadLogoutRequest(in, x)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&r, got); diff != "" {
			t.Error(diff)
		}
	}
}
