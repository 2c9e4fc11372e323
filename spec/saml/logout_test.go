package saml_test

import (
	"bytes"
	"compress/flate"
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

const here = "https://auth.example/saml2/logout"

func expectLogout() saml.ExpectLogout {
	return saml.ExpectLogout{
		Destination: here, Issuer: idp.EntityID, Certificates: []*x509.Certificate{idp.Certificate}, RequestID: asked, Now: now, Skew: skew,
	}
}

// logouts are messages of which each differs in one thing. They are read in both bindings, as a request and as a response.
var logouts = map[string]struct {
	turn     func(*samltest.Logout, *saml.ExpectLogout)
	request  string // the check that fails; empty: accepted
	response string
}{
	"as it should be": {func(*samltest.Logout, *saml.ExpectLogout) {}, "", ""},
	"unsigned":        {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Unsigned = true }, saml.CheckSignature, saml.CheckSignature},
	"another key":     {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Signing.Key = own }, saml.CheckSignature, saml.CheckSignature},
	"expired certificate": {func(_ *samltest.Logout, x *saml.ExpectLogout) {
		x.Certificates[0] = samltest.Certificate("old", idp.Key, now.Add(-1))
	}, saml.CheckSignature, saml.CheckSignature},
	"issuer":          {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Issuer = "x" }, saml.CheckIssuer, saml.CheckIssuer},
	"no issuer":       {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Issuer = "" }, saml.CheckShape, saml.CheckShape},
	"destination":     {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Destination = here + "/" }, saml.CheckDestination, saml.CheckDestination},
	"no destination":  {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Destination = "" }, saml.CheckDestination, saml.CheckDestination},
	"made later":      {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Issued = now.Add(skew + time.Millisecond) }, saml.CheckTime, saml.CheckTime},
	"made at no time": {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Issued = time.Time{} }, saml.CheckTime, saml.CheckTime},
	"ended":           {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.NotOnOrAfter = now.Add(-skew) }, saml.CheckTime, ""},
	"old, end not said": {func(l *samltest.Logout, _ *saml.ExpectLogout) {
		l.NotOnOrAfter, l.Issued = time.Time{}, now.Add(-10*time.Minute-skew)
	}, saml.CheckTime, ""},
	"younger": {func(l *samltest.Logout, _ *saml.ExpectLogout) {
		l.NotOnOrAfter, l.Issued = time.Time{}, now.Add(-10*time.Minute)
	}, "", ""},
	"no ID": {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Edit = replace(" ID=", " Id=") }, saml.CheckShape, saml.CheckShape},
	"an ID twice": {func(l *samltest.Logout, _ *saml.ExpectLogout) {
		l.Edit = replace("</saml:Issuer>", `</saml:Issuer><samlp:Extensions Id="`+l.ID+`"/>`)
	}, saml.CheckShape, saml.CheckShape},
	"version": {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Edit = replace(`Version="2.0"`, `Version="1.0"`) }, saml.CheckShape, saml.CheckShape},
	"a comment": {func(l *samltest.Logout, _ *saml.ExpectLogout) {
		l.Edit = replace("</saml:Issuer>", "<!-- x --></saml:Issuer>")
	}, saml.CheckXML, saml.CheckXML},
	"blank NameID":        {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.NameID = " " }, saml.CheckSubject, ""},
	"another request":     {func(_ *samltest.Logout, x *saml.ExpectLogout) { x.RequestID = "_other" }, "", saml.CheckInResponseTo},
	"no request was made": {func(_ *samltest.Logout, x *saml.ExpectLogout) { x.RequestID = "" }, "", saml.CheckInResponseTo},
	"status":              {func(l *samltest.Logout, _ *saml.ExpectLogout) { l.Status = "Requester" }, "", saml.CheckStatus},
	"another's namespaces": {func(l *samltest.Logout, _ *saml.ExpectLogout) {
		l.Edit = replace("SAML:2.0:protocol", "SAML:1.0:protocol")
	}, saml.CheckShape, saml.CheckShape},
}

func TestLogoutMessagesAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range logouts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, response, x := idp.Logout(now, here), idp.LogoutResponse(now, here, asked), expectLogout()
			c.turn(request, &x)
			c.turn(response, &x)
			response.NotOnOrAfter = time.Time{}
			_, err := saml.ReadLogoutRequest(saml.Incoming{Query: request.Query("relay")}, x)
			if got := check(t, err); got != c.request {
				t.Errorf("request by redirect: got %v, want %q", err, c.request)
			}
			_, err = saml.ReadLogoutResponse(saml.Incoming{Query: response.Query("relay")}, x)
			if got := check(t, err); got != c.response {
				t.Errorf("response by redirect: got %v, want %q", err, c.response)
			}
			if name == "no ID" {
				return // a signature names its element by it
			}
			_, err = saml.ReadLogoutRequest(saml.Incoming{Form: request.Form()}, x)
			if got := check(t, err); got != c.request {
				t.Errorf("request by POST: got %v, want %q", err, c.request)
			}
			_, err = saml.ReadLogoutResponse(saml.Incoming{Form: response.Form()}, x)
			if got := check(t, err); got != c.response {
				t.Errorf("response by POST: got %v, want %q", err, c.response)
			}
		})
	}
}

func TestRequestsAndResponsesAreNotMixedUp(t *testing.T) {
	t.Parallel()
	request, response := idp.Logout(now, here), idp.LogoutResponse(now, here, asked)
	if _, err := saml.ReadLogoutRequest(saml.Incoming{Form: response.Form()}, expectLogout()); check(t, err) != saml.CheckShape {
		t.Errorf("got %v", err)
	}
	if _, err := saml.ReadLogoutResponse(saml.Incoming{Form: request.Form()}, expectLogout()); check(t, err) != saml.CheckShape {
		t.Errorf("got %v", err)
	}
	if _, err := saml.ReadLogoutResponse(saml.Incoming{Query: request.Query("")}, expectLogout()); check(t, err) != saml.CheckEncoding {
		t.Errorf("got %v", err)
	}
}

func TestAnswerToNothingIsRefused(t *testing.T) {
	t.Parallel()
	l, x := idp.LogoutResponse(now, here, asked), expectLogout()
	l.Edit, x.RequestID = replace(` InResponseTo="`+asked+`"`, ""), ""
	if _, err := saml.ReadLogoutResponse(saml.Incoming{Form: l.Form()}, x); check(t, err) != saml.CheckInResponseTo {
		t.Errorf("got %v", err)
	}
}

// lowered writes the escapes of a query in lower case, as some providers do before they sign.
func lowered(escape string) string {
	return strings.NewReplacer("%2F", "%2f", "%2B", "%2b", "%3D", "%3d", "%3A", "%3a").Replace(escape)
}

func TestQueriesAreVerifiedAsTheyCame(t *testing.T) {
	t.Parallel()
	signed := idp.Logout(now, here).Query("a relay")
	other := idp.Logout(now, here).Query("a relay")
	message, rest, _ := strings.Cut(signed, "&")
	otherMessage, _, _ := strings.Cut(other, "&")
	parts := strings.Split(signed, "&")
	for name, c := range map[string]struct{ query, want string }{
		"as it came":                   {signed, ""},
		"in another order":             {parts[3] + "&" + parts[1] + "&" + parts[2] + "&" + parts[0], ""},
		"with something else":          {signed + "&lang=en", ""},
		"escaped otherwise":            {lowered(signed), saml.CheckSignature},
		"another message":              {otherMessage + "&" + rest, saml.CheckSignature},
		"another relay state":          {strings.Replace(signed, "RelayState=a", "RelayState=b", 1), saml.CheckSignature},
		"relay state left out":         {strings.Replace(signed, "&RelayState=a+relay", "", 1), saml.CheckSignature},
		"relay state twice":            {signed + "&RelayState=x", saml.CheckEncoding},
		"message twice":                {signed + "&" + message, saml.CheckEncoding},
		"message twice, escaped":       {signed + "&SAML%52equest=x", saml.CheckEncoding},
		"signature twice":              {signed + "&Signature=x", saml.CheckEncoding},
		"algorithm twice":              {signed + "&SigAlg=x", saml.CheckEncoding},
		"no algorithm":                 {strings.Join([]string{parts[0], parts[1], parts[3]}, "&"), saml.CheckSignature},
		"SHA-1":                        {strings.Join([]string{parts[0], parts[1], "SigAlg=" + url.QueryEscape(samltest.RSASHA1), parts[3]}, "&"), saml.CheckAlgorithm},
		"HMAC":                         {strings.Join([]string{parts[0], parts[1], "SigAlg=" + url.QueryEscape(samltest.HMACSHA256), parts[3]}, "&"), saml.CheckAlgorithm},
		"signature that is no base64":  {strings.Join([]string{parts[0], parts[1], parts[2], "Signature=*"}, "&"), saml.CheckEncoding},
		"message that is no base64":    {"SAMLRequest=*", saml.CheckEncoding},
		"message that is not deflated": {"SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("<x/>"))), saml.CheckEncoding},
		"a wrong escape":               {"SAMLRequest=%zz", saml.CheckEncoding},
		"a wrong escape of a name":     {"%zz=x&" + signed, saml.CheckEncoding},
		"nothing":                      {"lang=en", saml.CheckEncoding},
		"too long":                     {signed + "&x=" + strings.Repeat("x", saml.MaxEncoded), saml.CheckEncoding},
	} {
		_, err := saml.ReadLogoutRequest(saml.Incoming{Query: c.query}, expectLogout())
		if got := check(t, err); got != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// A query's signature is over the query. One that is in the message too would have to be left out of it.
func TestSignatureInAQueriesMessageIsRefused(t *testing.T) {
	t.Parallel()
	l := idp.Logout(now, here)
	text := l.Signing.Sign(l.XML(), l.ID)
	l.Edit = func(string) string { return text }
	if _, err := saml.ReadLogoutRequest(saml.Incoming{Query: l.Query("")}, expectLogout()); check(t, err) != saml.CheckSignature {
		t.Errorf("got %v", err)
	}
}

func TestInflatingStops(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 64 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	query := "SAMLRequest=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed.Bytes()))
	_, err = saml.ReadLogoutRequest(saml.Incoming{Query: query}, expectLogout())
	if check(t, err) != saml.CheckEncoding || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("got %v", err)
	}
}

func TestIssuerAndRelayStateAreReadBeforeVerifying(t *testing.T) {
	t.Parallel()
	l := idp.Logout(now, here)
	for _, in := range []saml.Incoming{{Query: l.Query("a relay&")}, {Form: l.Form()}} {
		if got, err := saml.Issuer(in, saml.RequestField); err != nil || got != idp.EntityID {
			t.Errorf("got %q and %v", got, err)
		}
	}
	if got := (saml.Incoming{Query: l.Query("a relay&")}).RelayState(); got != "a relay&" {
		t.Errorf("got %q", got)
	}
	if got := (saml.Incoming{Form: l.Form()}).RelayState(); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestLogoutResponseIsReadBack(t *testing.T) {
	t.Parallel()
	r := saml.LogoutResponse{ID: saml.NewID(), Issuer: audience, Destination: idp.SLO, InResponseTo: "_theirs", Issued: now}
	x := saml.ExpectLogout{Destination: idp.SLO, Issuer: audience, Certificates: []*x509.Certificate{ownPaper}, RequestID: "_theirs", Now: now}
	for _, failed := range []bool{false, true} {
		r.Failed = failed
		location, err := r.Redirect("", own)
		if err != nil {
			t.Fatal(err)
		}
		posted, err := r.Form(own)
		if err != nil {
			t.Fatal(err)
		}
		_, query, _ := strings.Cut(location, "?")
		for _, in := range []saml.Incoming{{Query: query}, {Form: posted}} {
			got, err := saml.ReadLogoutResponse(in, x)
			if failed {
				if check(t, err) != saml.CheckStatus {
					t.Errorf("got %v", err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&r, got); diff != "" {
				t.Error(diff)
			}
		}
	}
}
