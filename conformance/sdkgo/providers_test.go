package sdkgo

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// peer serves the discovery document of an OIDC provider and the metadata of a SAML provider.
func peer(t *testing.T) *httptest.Server {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		at := "http://" + r.Host
		_ = json.NewEncoder(w).Encode(map[string]string{
			"issuer": at, "authorization_endpoint": at + "/auth", "token_endpoint": at + "/token", "userinfo_endpoint": at + "/me", "jwks_uri": at + "/keys",
		})
	})
	mux.HandleFunc("/metadata", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">
<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>%s</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/slo"/>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/>
</IDPSSODescriptor></EntityDescriptor>`, base64.StdEncoding.EncodeToString(certificate))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// declaration is a provider as somebody declares it for Terraform's aws_cognito_identity_provider: with all details that are read back,
// since those that are left out would be shown as a change each time.
type declaration struct {
	name        string
	kind        types.IdentityProviderTypeType
	details     map[string]string
	mapping     map[string]string
	identifiers []string
	hidden      string   // a detail that is not read back
	ignored     []string // details that are read back, and that a declaration cannot know
}

func declarations(at string) []declaration {
	return []declaration{
		{
			name: "Google", kind: types.IdentityProviderTypeTypeGoogle, mapping: map[string]string{"email": "email", "username": "sub"},
			details: map[string]string{
				"attributes_url": "https://people.googleapis.com/v1/people/me?personFields=", "attributes_url_add_attributes": "true",
				"authorize_scopes": "email", "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth", "client_id": "id", "client_secret": "secret",
				"oidc_issuer": "https://accounts.google.com", "token_request_method": "POST", "token_url": "https://www.googleapis.com/oauth2/v4/token",
			},
		},
		{
			name: "Facebook", kind: types.IdentityProviderTypeTypeFacebook, mapping: map[string]string{"email": "email", "username": "id"},
			details: map[string]string{
				"api_version": "v17.0", "attributes_url": "https://graph.facebook.com/v17.0/me?fields=", "attributes_url_add_attributes": "true",
				"authorize_scopes": "public_profile, email", "authorize_url": "https://www.facebook.com/v17.0/dialog/oauth", "client_id": "id",
				"client_secret": "secret", "token_request_method": "GET", "token_url": "https://graph.facebook.com/v17.0/oauth/access_token",
			},
		},
		{
			name: "LoginWithAmazon", kind: types.IdentityProviderTypeTypeLoginWithAmazon, mapping: map[string]string{"username": "user_id"},
			details: map[string]string{
				"attributes_url": "https://api.amazon.com/user/profile", "attributes_url_add_attributes": "false", "authorize_scopes": "profile",
				"authorize_url": "https://www.amazon.com/ap/oa", "client_id": "id", "client_secret": "secret", "token_request_method": "POST",
				"token_url": "https://api.amazon.com/auth/o2/token",
			},
		},
		{
			name: "SignInWithApple", kind: types.IdentityProviderTypeTypeSignInWithApple, mapping: map[string]string{"username": "sub"}, hidden: "private_key",
			details: map[string]string{
				"attributes_url_add_attributes": "false", "authorize_scopes": "email name", "authorize_url": "https://appleid.apple.com/auth/authorize",
				"client_id": "id", "key_id": "key", "oidc_issuer": "https://appleid.apple.com", "private_key": "secret", "team_id": "team",
				"token_request_method": "POST", "token_url": "https://appleid.apple.com/auth/token",
			},
		},
		{
			name: "Corp", kind: types.IdentityProviderTypeTypeOidc, mapping: map[string]string{"email": "email", "username": "sub"},
			identifiers: []string{"corp.example.com", "corp.example.org"},
			details: map[string]string{
				"attributes_request_method": "GET", "attributes_url": at + "/me", "attributes_url_add_attributes": "false", "authorize_scopes": "openid",
				"authorize_url": at + "/auth", "client_id": "id", "client_secret": "secret", "jwks_uri": at + "/keys", "oidc_issuer": at, "token_url": at + "/token",
			},
		},
		{
			name: "ADFS", kind: types.IdentityProviderTypeTypeSaml, mapping: map[string]string{"email": "mail"}, ignored: []string{"ActiveEncryptionCertificate"},
			details: map[string]string{
				"MetadataURL": at + "/metadata", "SSORedirectBindingURI": "https://idp.example.com/sso", "SLORedirectBindingURI": "https://idp.example.com/slo",
			},
		},
	}
}

// drift is what differs between a declaration and what is read back.
func (d declaration) drift(got *types.IdentityProviderType) string {
	want := maps.Clone(d.details)
	delete(want, d.hidden)
	have := maps.Clone(got.ProviderDetails)
	for _, name := range d.ignored {
		delete(have, name)
	}
	if !maps.Equal(want, have) {
		return fmt.Sprintf("details %v, want %v", have, want)
	}
	if !maps.Equal(d.mapping, got.AttributeMapping) || !slices.Equal(d.identifiers, got.IdpIdentifiers) {
		return fmt.Sprintf("mapping %v, identifiers %v", got.AttributeMapping, got.IdpIdentifiers)
	}
	if aws.ToString(got.ProviderName) != d.name || got.ProviderType != d.kind || got.CreationDate == nil || got.LastModifiedDate == nil {
		return fmt.Sprintf("read %+v", got)
	}
	return ""
}

// TestProvidersAreAppliedWithoutDrift makes the calls of a declarative tool: create, read, change in place, read, delete, and find it
// gone.
func TestProvidersAreAppliedWithoutDrift(t *testing.T) {
	a := newApp(t)
	for _, d := range declarations(peer(t).URL) {
		_, err := a.api.CreateIdentityProvider(t.Context(), &idp.CreateIdentityProviderInput{
			UserPoolId: &a.pool, ProviderName: &d.name, ProviderType: d.kind, ProviderDetails: d.details, AttributeMapping: d.mapping, IdpIdentifiers: d.identifiers,
		})
		if err != nil {
			t.Errorf("%s: %v", d.name, err)
			continue
		}
		read := func() *types.IdentityProviderType {
			t.Helper()
			out, err := a.api.DescribeIdentityProvider(t.Context(), &idp.DescribeIdentityProviderInput{UserPoolId: &a.pool, ProviderName: &d.name})
			if err != nil {
				t.Fatal(err)
			}
			return out.IdentityProvider
		}
		if drift := d.drift(read()); drift != "" {
			t.Errorf("%s: %s", d.name, drift)
		}

		d.mapping = maps.Clone(d.mapping)
		d.mapping["name"], d.identifiers = "full_name", []string{d.name + ".example.net"}
		_, err = a.api.UpdateIdentityProvider(t.Context(), &idp.UpdateIdentityProviderInput{
			UserPoolId: &a.pool, ProviderName: &d.name, ProviderDetails: d.details, AttributeMapping: d.mapping, IdpIdentifiers: d.identifiers,
		})
		if err != nil {
			t.Errorf("%s: %v", d.name, err)
			continue
		}
		if drift := d.drift(read()); drift != "" {
			t.Errorf("%s, changed: %s", d.name, drift)
		}
		found, err := a.api.GetIdentityProviderByIdentifier(t.Context(), &idp.GetIdentityProviderByIdentifierInput{UserPoolId: &a.pool, IdpIdentifier: &d.identifiers[0]})
		if err != nil || aws.ToString(found.IdentityProvider.ProviderName) != d.name {
			t.Errorf("%s by identifier: %v, %v", d.name, found, err)
		}
		_, err = a.api.CreateIdentityProvider(t.Context(), &idp.CreateIdentityProviderInput{
			UserPoolId: &a.pool, ProviderName: &d.name, ProviderType: d.kind, ProviderDetails: d.details,
		})
		if _, ok := errors.AsType[*types.DuplicateProviderException](err); !ok {
			t.Errorf("%s a second time: %v", d.name, err)
		}
	}

	var names []string
	pages := idp.NewListIdentityProvidersPaginator(a.api, &idp.ListIdentityProvidersInput{UserPoolId: &a.pool, MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Providers {
			names = append(names, aws.ToString(p.ProviderName))
		}
	}
	if !slices.Equal(names, []string{"ADFS", "Corp", "Facebook", "Google", "LoginWithAmazon", "SignInWithApple"}) {
		t.Errorf("listed %v", names)
	}
	for _, name := range names {
		if _, err := a.api.DeleteIdentityProvider(t.Context(), &idp.DeleteIdentityProviderInput{UserPoolId: &a.pool, ProviderName: &name}); err != nil {
			t.Errorf("delete %s: %v", name, err)
		}
		_, err := a.api.DescribeIdentityProvider(t.Context(), &idp.DescribeIdentityProviderInput{UserPoolId: &a.pool, ProviderName: &name})
		if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
			t.Errorf("%s after its deletion: %v", name, err)
		}
	}
}

func TestTheSigningCertificateIsOneThatX509Reads(t *testing.T) {
	a := newApp(t)
	out, err := a.api.GetSigningCertificate(t.Context(), &idp.GetSigningCertificateInput{UserPoolId: &a.pool})
	if err != nil {
		t.Fatal(err)
	}
	der, err := base64.StdEncoding.DecodeString(aws.ToString(out.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil || certificate.NotAfter.Before(time.Now().AddDate(9, 11, 0)) {
		t.Errorf("%+v, %v", certificate, err)
	}
}
