package federation_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/feature/federation"
	"cardea/server/servertest"
	"cardea/spec/saml/samltest"
)

func TestSAMLProvidersAreToldOfThePool(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		c.provider(t, "Other", samltest.New("https://other.example"), M{"RequestSigningAlgorithm": "rsa-sha256"})
		all := c.get(t, nil, federation.SAMLMetadata)
		signing := base64.StdEncoding.EncodeToString(c.certificate(t).Raw)
		for _, want := range []string{
			`entityID="urn:amazon:cognito:sp:` + c.pool + `"`, c.Endpoint(t, c.pool, "/saml2/idpresponse"), c.slo(t), signing, `use="signing"`,
			`AuthnRequestsSigned="false"`,
		} {
			if !strings.Contains(all.Text, want) {
				t.Errorf("the metadata lack %s: %s", want, all.Text)
			}
		}
		if strings.Contains(all.Text, `use="encryption"`) {
			t.Error("the metadata for nobody have a certificate for which somebody encrypts")
		}
		if all.Status != 200 || all.Header.Get("Content-Type") != "application/samlmetadata+xml" || !strings.HasPrefix(all.Header.Get("Cache-Control"), "public") {
			t.Errorf("got %d %v", all.Status, all.Header)
		}
		for _, name := range []string{"Corp", "Other"} {
			own := c.Must(t, "DescribeIdentityProvider", M{"UserPoolId": c.pool, "ProviderName": name})
			given := c.get(t, nil, federation.SAMLMetadata+"?provider="+name)
			if !strings.Contains(given.Text, servertest.Text(own, "IdentityProvider.ProviderDetails.ActiveEncryptionCertificate")) || !strings.Contains(given.Text, `use="encryption"`) {
				t.Errorf("for %s: %d %s", name, given.Status, given.Text)
			}
			if strings.Contains(given.Text, `AuthnRequestsSigned="true"`) != (name == "Other") {
				t.Errorf("for %s: %s", name, given.Text)
			}
		}
	})
}

func TestMetadataOfPoolsWithoutSAMLAreNotMade(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		other := &office{World: c.World, pool: c.Pool(t, nil)}
		before := c.rows(t, "saml_key")
		for path, want := range map[string]int{
			"": http.StatusNotFound, "?provider=Corp": http.StatusNotFound, "?provider=a&provider=b": http.StatusBadRequest,
			"?provider=%00": http.StatusBadRequest, "?provider=%ff": http.StatusBadRequest, "?%zz": http.StatusBadRequest,
		} {
			if a := other.get(t, nil, federation.SAMLMetadata+path); a.Status != want {
				t.Errorf("%q: got %d %s", path, a.Status, a.Text)
			}
		}
		if a := c.get(t, nil, federation.SAMLMetadata+"?provider=Nobody"); a.Status != http.StatusNotFound {
			t.Errorf("of no provider: %d", a.Status)
		}
		if a := c.Do(t, httptest.NewRequest(http.MethodPost, c.Endpoint(t, c.pool, federation.SAMLMetadata), nil)); a.Status != http.StatusMethodNotAllowed {
			t.Errorf("posted: %d", a.Status)
		}
		if n := c.rows(t, "saml_key"); n != before || n != 1 {
			t.Errorf("%d keys, %d before", n, before)
		}
	})
}
