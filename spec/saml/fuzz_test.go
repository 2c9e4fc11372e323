package saml_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

// fixed is a provider whose key is the same in every process, since those that fuzz are several.
func fixed(tb testing.TB) *samltest.IdP {
	tb.Helper()
	text, err := os.ReadFile("testdata/fuzz.pem")
	if err != nil {
		tb.Fatal(err)
	}
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		tb.Fatal(err)
	}
	key, _ := parsed.(*rsa.PrivateKey)
	return &samltest.IdP{
		EntityID: idp.EntityID, SSO: idp.SSO, SLO: idp.SLO, Key: key, Certificate: samltest.Certificate("fixed", key, time.Time{}),
	}
}

// signedResponses are all that the key has signed.
func signedResponses(provider *samltest.IdP) []*samltest.Response {
	plain, whole, both, sealed := provider.Response(now, audience, acs, asked), provider.Response(now, audience, acs, asked),
		provider.Response(now, audience, acs, asked), provider.Response(now, audience, acs, asked)
	whole.SignResponse, whole.SignAssertion = true, false
	both.SignResponse = true
	sealed.Encrypt = provider.Certificate
	all := []*samltest.Response{plain, whole, both, sealed}
	for i, r := range all {
		r.ID, r.AssertionID = "_r"+string(rune('0'+i)), "_a"+string(rune('0'+i))
		r.NameID = "user" + r.ID
		r.Signing.Certificate = nil // which is not the same in every process
	}
	return all
}

func FuzzReadResponse(f *testing.F) {
	provider := fixed(f)
	x := expect()
	x.Certificates, x.DecryptionKey = []*x509.Certificate{provider.Certificate}, provider.Key
	known := map[string]*saml.Assertion{}
	for _, r := range signedResponses(provider) {
		a, err := saml.ReadResponse(r.Encoded(), x)
		if err != nil {
			f.Fatal(err)
		}
		known[a.ID] = a
		f.Add(r.XML())
		r.Tamper = without("<ds:SignedInfo", "</ds:SignedInfo>")
		if r.Encrypt == nil {
			f.Add(r.XML())
		}
	}
	f.Fuzz(func(t *testing.T, document string) {
		a, err := saml.ReadResponse(base64.StdEncoding.EncodeToString([]byte(document)), x)
		if err != nil {
			check(t, err)
			if a != nil {
				t.Fatal("an assertion beside an error")
			}
			return
		}
		if want := known[a.ID]; !reflect.DeepEqual(a, want) {
			t.Fatalf("accepted what nobody has signed: %+v, want %+v", a, want)
		}
	})
}

func FuzzParseMetadata(f *testing.F) {
	f.Add(string(idp.Metadata()))
	f.Add(group(string(idp.Metadata())))
	f.Fuzz(func(t *testing.T, document string) {
		p, err := saml.ParseMetadata([]byte(document), now)
		if err != nil {
			check(t, err)
			return
		}
		if p.EntityID == "" || len(p.Certificates) == 0 || p.SSO == (saml.Endpoints{}) {
			t.Fatalf("got %+v", p)
		}
		for _, address := range []string{p.SSO.Redirect, p.SSO.Post, p.SLO.Redirect, p.SLO.Post, p.SLOResponse.Redirect, p.SLOResponse.Post} {
			if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http")) {
				t.Fatalf("got the address %q", address)
			}
		}
		for _, c := range p.Certificates {
			if now.After(c.NotAfter) {
				t.Fatalf("got a certificate that expired at %v", c.NotAfter)
			}
		}
	})
}

func FuzzReadLogout(f *testing.F) {
	provider := fixed(f)
	x := expectLogout()
	x.Certificates = []*x509.Certificate{provider.Certificate}
	request, response := provider.Logout(now, here), provider.LogoutResponse(now, here, asked)
	request.ID, response.ID = "_request", "_response"
	for _, l := range []*samltest.Logout{request, response} {
		f.Add(l.Query("relay"), true)
		form, err := base64.StdEncoding.DecodeString(l.Form())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(form), false)
	}
	f.Fuzz(func(t *testing.T, message string, redirect bool) {
		in := saml.Incoming{Form: base64.StdEncoding.EncodeToString([]byte(message))}
		if redirect {
			in = saml.Incoming{Query: message}
		}
		if got, err := saml.ReadLogoutRequest(in, x); err != nil {
			check(t, err)
		} else if got.ID != request.ID || got.NameID.Value != request.NameID || strings.Join(got.Sessions, " ") != request.SessionIndex {
			t.Fatalf("accepted what nobody has signed: %+v", got)
		}
		if got, err := saml.ReadLogoutResponse(in, x); err != nil {
			check(t, err)
		} else if got.ID != response.ID || got.InResponseTo != asked {
			t.Fatalf("accepted what nobody has signed: %+v", got)
		}
	})
}
