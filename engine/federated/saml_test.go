package federated_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/federated"
	"cardea/record/trustprovider"
	"cardea/spec/saml/samltest"
)

const samlARN = "arn:aws:iam::123456789012:saml-provider/corp"

func TestAssertionsAreLogins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		idp := samltest.New("https://idp.example")
		w.register(t, trustprovider.Provider{ARN: samlARN, Kind: trustprovider.SAML, Doc: trustprovider.Doc{Metadata: string(idp.Metadata())}})
		w.identities.SamlProviderARNs = []string{samlARN}
		response := func(change func(r *samltest.Response)) string {
			r := idp.Response(w.Now(), "urn:amazon:webservices", "https://signin.aws.amazon.com/saml", "")
			r.Attributes = []samltest.Attribute{
				{Name: "https://aws.amazon.com/SAML/Attributes/Role", Values: []string{
					"arn:aws:iam::123456789012:role/One," + samlARN, samlARN + ", arn:aws:iam::123456789012:role/Two",
					"arn:aws:iam::123456789012:role/Other,arn:aws:iam::123456789012:saml-provider/other",
				}},
			}
			if change != nil {
				change(r)
			}
			return r.Encoded()
		}
		good := response(nil)
		for range 2 { // first for an identity, then for credentials
			got, err := w.verify(t, samlARN, good)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"arn:aws:iam::123456789012:role/One", "arn:aws:iam::123456789012:role/Two"}
			if diff := cmp.Diff(want, got.Roles); diff != "" || got.Provider != samlARN || got.Mapping() != samlARN || got.Assertion.NameID != "jane@example.com" {
				t.Errorf("%+v %s", got, diff)
			}
		}
		first, _ := w.verify(t, samlARN, good)
		other, err := w.verify(t, samlARN, response(func(r *samltest.Response) { r.Format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" }))
		if err != nil || other.Subject == first.Subject {
			t.Errorf("a subject of another format is the same: %v", err)
		}
		for _, address := range []string{"https://us-east-1.signin.aws.amazon.com/saml", w.URL + "/saml"} {
			if _, err := w.verify(t, samlARN, response(func(r *samltest.Response) { r.Destination, r.Recipient, r.Audience = address, address, address })); err != nil {
				t.Errorf("%s: %v", address, err)
			}
		}

		for name, change := range map[string]func(r *samltest.Response){
			"unsigned":          func(r *samltest.Response) { r.SignAssertion = false },
			"another audience":  func(r *samltest.Response) { r.Audience = "urn:amazon:cognito:sp:us-east-1_AbC123xyz" },
			"another recipient": func(r *samltest.Response) { r.Recipient = "https://evil.example/saml" },
			"another issuer":    func(r *samltest.Response) { r.AssertionIssuer = "https://evil.example" },
			"foreign key":       func(r *samltest.Response) { r.Signing.Key = samltest.Key("https://evil.example") },
			"old":               func(r *samltest.Response) { r.NotOnOrAfter = w.Now().Add(-6 * time.Minute) },
			"for nobody":        func(r *samltest.Response) { r.NameID = "" },
		} {
			if _, err := w.verify(t, samlARN, response(change)); !errors.Is(err, federated.ErrAssertion) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.fails(t, samlARN, "garbage", federated.ErrAssertion)
		w.fails(t, samlARN+"2", good, federated.ErrUnsupported)
		w.Advance(6 * time.Minute)
		w.fails(t, samlARN, good, federated.ErrAssertion)
		if _, err := w.v.VerifySAML(t.Context(), samlARN+"2", good); !errors.Is(err, federated.ErrNoProvider) {
			t.Errorf("STS: %v", err)
		}
	})
}
