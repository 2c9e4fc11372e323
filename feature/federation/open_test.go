package federation

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/upstream"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/platform/web"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/provider"
	"cardea/record/signingkey/signingkeytest"
	"cardea/spec/cognitoidp"
	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

const ourPool = "us-east-1_aaaaaaaaa"

// stored is a service with a pool, for tests of what operations do not show.
type stored struct {
	*Service
	now atomic.Int64 // of the clock, in Unix seconds
}

func eachStored(t *testing.T, body func(t *testing.T, s *stored)) {
	t.Helper()
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		s := &stored{}
		s.now.Store(time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC).Unix())
		now := func() time.Time { return time.Unix(s.now.Load(), 0).UTC() }
		d, err := db.Open(t.Context(), url, db.Options{Fast: true, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		master, err := seal.NewMaster(seal.NewKey())
		if err != nil {
			t.Fatal(err)
		}
		client, err := web.New(web.Options{Allow: []string{"127.0.0.0/8"}, PlainHTTP: true})
		if err != nil {
			t.Fatal(err)
		}
		s.Service = &Service{
			DB: d, Ring: &datakey.Ring{Master: master}, Upstream: &upstream.Client{HTTP: client}, Now: now, Maker: signingkeytest.Make,
			Log: slog.New(slog.DiscardHandler),
		}
		s.write(t, func(tx *db.Tx) error { return pool.Insert(tx, &pool.Pool{ID: ourPool}) })
		body(t, s)
	})
}

func (s *stored) write(t *testing.T, do func(tx *db.Tx) error) {
	t.Helper()
	if err := s.DB.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

func (s *stored) create(t *testing.T, name, kind string, details map[string]string) {
	t.Helper()
	_, err := s.CreateIdentityProvider(t.Context(), &cognitoidp.CreateIdentityProviderRequest{
		UserPoolId: ourPool, ProviderName: name, ProviderType: kind, ProviderDetails: details,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// opened is a provider with its secrets.
func (s *stored) opened(t *testing.T, name string) (o *opened) {
	t.Helper()
	s.write(t, func(tx *db.Tx) error {
		p, err := provider.Get(tx, ourPool, name)
		if err != nil {
			return err
		}
		box, err := s.Ring.Box(tx, ourPool)
		if err != nil {
			return err
		}
		o, err = s.open(tx, box, p)
		return err
	})
	return o
}

func TestOAuthProvidersAreOpenedWithSettingsAndSecrets(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		s.create(t, "SignInWithApple", "SignInWithApple", map[string]string{"client_id": "id", "team_id": "team", "key_id": "key", "private_key": "sesame"})
		want := &upstream.Provider{
			Name: "SignInWithApple", Type: "SignInWithApple", ClientID: "id", Apple: upstream.AppleKey{Team: "team", ID: "key", Private: "sesame"},
			Issuer: "https://appleid.apple.com", AuthorizeURL: "https://appleid.apple.com/auth/authorize", TokenURL: "https://appleid.apple.com/auth/token",
			KeysURL: "https://appleid.apple.com/auth/keys", TokenMethod: "POST", AttributesMethod: "GET", Attributes: []string{"sub"},
		}
		if diff := cmp.Diff(want, s.opened(t, "SignInWithApple").OAuth); diff != "" {
			t.Error(diff)
		}

		s.create(t, "Facebook", "Facebook", map[string]string{"client_id": "id", "client_secret": "open", "authorize_scopes": "email", "api_version": "v20.0"})
		want = &upstream.Provider{
			Name: "Facebook", Type: "Facebook", ClientID: "id", ClientSecret: "open", Scopes: "email",
			AuthorizeURL: "https://www.facebook.com/v20.0/dialog/oauth", TokenURL: "https://graph.facebook.com/v20.0/oauth/access_token",
			AttributesURL: "https://graph.facebook.com/v20.0/me?fields=", TokenMethod: "GET", AttributesMethod: "GET", AddAttributes: true,
			Attributes: []string{"id"},
		}
		if diff := cmp.Diff(want, s.opened(t, "Facebook").OAuth); diff != "" {
			t.Error(diff)
		}

		// What was discovered is not opened: a sign-in discovers it anew.
		op := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			at := "http://" + r.Host
			_, _ = w.Write([]byte(`{"issuer":"` + at + `","authorization_endpoint":"` + at + `/a","token_endpoint":"` + at + `/t","jwks_uri":"` + at + `/k"}`))
		}))
		t.Cleanup(op.Close)
		s.HTTP = true
		s.create(t, "Corp", "OIDC", map[string]string{
			"client_id": "id", "client_secret": "open", "authorize_scopes": "openid", "attributes_request_method": "POST", "oidc_issuer": op.URL,
			"attributes_url": "https://op.example/u",
		})
		want = &upstream.Provider{
			Name: "Corp", Type: "OIDC", ClientID: "id", ClientSecret: "open", Scopes: "openid", Issuer: op.URL, AttributesURL: "https://op.example/u",
			TokenMethod: "POST", AttributesMethod: "POST", Attributes: []string{"sub"},
		}
		if diff := cmp.Diff(want, s.opened(t, "Corp").OAuth); diff != "" {
			t.Error(diff)
		}
		described, err := s.DescribeIdentityProvider(t.Context(), &cognitoidp.DescribeIdentityProviderRequest{UserPoolId: ourPool, ProviderName: "Corp"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.UpdateIdentityProvider(t.Context(), &cognitoidp.UpdateIdentityProviderRequest{
			UserPoolId: ourPool, ProviderName: "Corp", ProviderDetails: described.IdentityProvider.ProviderDetails,
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.opened(t, "Corp").OAuth); diff != "" {
			t.Errorf("given back as described: %s", diff)
		}
	})
}

func TestAnIssuerThatEndsWithASlashIsKnownByIt(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		var named atomic.Value
		op := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			at := "http://" + r.Host
			_, _ = fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q,"jwks_uri":%q}`, at+named.Load().(string), at+"/a", at+"/t", at+"/k")
		}))
		t.Cleanup(op.Close)
		s.HTTP = true
		details := map[string]string{"client_id": "id", "authorize_scopes": "openid", "attributes_request_method": "GET", "oidc_issuer": op.URL}
		named.Store("/")
		s.create(t, "Corp", "OIDC", details)
		if got := s.opened(t, "Corp").OAuth.Issuer; got != op.URL+"/" {
			t.Errorf("its tokens are to be of %s", got)
		}
		shown, err := s.DescribeIdentityProvider(t.Context(), &cognitoidp.DescribeIdentityProviderRequest{UserPoolId: ourPool, ProviderName: "Corp"})
		if err != nil || shown.IdentityProvider.ProviderDetails["oidc_issuer"] != op.URL {
			t.Errorf("shown: %+v, %v", shown, err)
		}

		named.Store("/tenant")
		_, err = s.CreateIdentityProvider(t.Context(), &cognitoidp.CreateIdentityProviderRequest{
			UserPoolId: ourPool, ProviderName: "Other", ProviderType: "OIDC",
			ProviderDetails: map[string]string{"client_id": "id", "authorize_scopes": "openid", "attributes_request_method": "GET", "oidc_issuer": strings.Replace(op.URL, "127.0.0.1", "127.0.0.2", 1)},
		})
		if err == nil {
			t.Error("an issuer of another name was accepted")
		}
	})
}

func TestSAMLProvidersAreOpenedWithMetadataAndKey(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		idp := samltest.New("https://idp.example")
		s.create(t, "ADFS", "SAML", map[string]string{
			"MetadataFile": string(idp.Metadata()), "IDPInit": "true", "EncryptedResponses": "true", "RequestSigningAlgorithm": "rsa-sha256",
		})
		s.create(t, "Plain", "SAML", map[string]string{"MetadataFile": string(idp.Metadata()), "IDPSignout": "TRUE"})
		adfs, plain := s.opened(t, "ADFS"), s.opened(t, "Plain")
		if adfs.SAML.Metadata.EntityID != idp.EntityID || !adfs.SAML.Init || !adfs.SAML.Encrypted || !adfs.SAML.SignRequests || adfs.SAML.Signout {
			t.Errorf("got %+v", adfs.SAML)
		}
		if plain.SAML.Init || plain.SAML.Encrypted || plain.SAML.SignRequests || !plain.SAML.Signout {
			t.Errorf("got %+v", plain.SAML)
		}
		if adfs.SAML.Decryption.Equal(plain.SAML.Decryption) {
			t.Error("two providers have one key")
		}
		der, err := base64.StdEncoding.DecodeString(adfs.Found["ActiveEncryptionCertificate"])
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil || !adfs.SAML.Decryption.PublicKey.Equal(certificate.PublicKey.(*rsa.PublicKey)) {
			t.Errorf("the certificate is not the key's: %v", err)
		}

		// A change keeps the key, since the provider has been given its certificate.
		if _, err := s.UpdateIdentityProvider(t.Context(), &cognitoidp.UpdateIdentityProviderRequest{
			UserPoolId: ourPool, ProviderName: "ADFS", ProviderDetails: map[string]string{"MetadataFile": string(samltest.New("https://other.example").Metadata())},
		}); err != nil {
			t.Fatal(err)
		}
		changed := s.opened(t, "ADFS")
		if !changed.SAML.Decryption.Equal(adfs.SAML.Decryption) || changed.SAML.Metadata.EntityID == idp.EntityID || changed.SAML.Encrypted {
			t.Errorf("changed: %+v", changed.SAML)
		}
	})
}

func TestSecretsAreBoundToTheirProvider(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		details := map[string]string{"client_id": "id", "client_secret": "open", "authorize_scopes": "email"}
		s.create(t, "Google", "Google", details)
		s.create(t, "Facebook", "Facebook", details)
		s.write(t, func(tx *db.Tx) error {
			google, err := provider.Get(tx, ourPool, "Google")
			if err != nil {
				return err
			}
			facebook, err := provider.Get(tx, ourPool, "Facebook")
			if err != nil {
				return err
			}
			box, err := s.Ring.Box(tx, ourPool)
			if err != nil {
				return err
			}
			google.Sealed = facebook.Sealed
			if _, err := s.open(tx, box, google); !errors.Is(err, seal.ErrForged) {
				t.Errorf("got %v, want ErrForged", err)
			}
			return nil
		})
	})
}

// idp is a SAML provider whose metadata a test changes.
type idp struct {
	URL   string
	xml   atomic.Value // of string; empty: it does not answer
	calls atomic.Int64
}

func startIdP(t *testing.T, xml string) *idp {
	t.Helper()
	p := &idp{}
	p.xml.Store(xml)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.calls.Add(1)
		if p.xml.Load() == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte(p.xml.Load().(string)))
	}))
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func TestMetadataAreFetchedAnewAfterSixHours(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		first, second := samltest.New("https://one.example"), samltest.New("https://two.example")
		p := startIdP(t, string(first.Metadata()))
		s.create(t, "ADFS", "SAML", map[string]string{"MetadataURL": p.URL})
		s.create(t, "File", "SAML", map[string]string{"MetadataFile": string(first.Metadata())})
		inForce := func(when string, want *samltest.IdP, calls int64) {
			t.Helper()
			for _, name := range []string{"ADFS", "File", "Nobody"} {
				if err := s.refresh(t.Context(), ourPool, name); err != nil {
					t.Errorf("%s: %v", when, err)
				}
			}
			o := s.opened(t, "ADFS")
			got := o.SAML.Metadata
			if got.EntityID != want.EntityID || !got.Certificates[0].Equal(want.Certificate) || o.Found["SSORedirectBindingURI"] != want.SSO {
				t.Errorf("%s: %s with %v is in force", when, got.EntityID, o.Found)
			}
			if n := p.calls.Load(); n != calls {
				t.Errorf("%s: fetched %d times, want %d", when, n, calls)
			}
		}
		later := func(d time.Duration) { s.now.Add(int64(d / time.Second)) }

		p.xml.Store(string(second.Metadata()))
		later(6*time.Hour - time.Second)
		inForce("before six hours", first, 1)
		p.xml.Store("")
		later(2 * time.Second)
		inForce("does not answer", first, 2)
		inForce("is not asked at once again", first, 2)
		p.xml.Store("<html/>")
		later(time.Minute)
		inForce("answers with something else", first, 3)
		p.xml.Store(string(second.Metadata()))
		later(time.Minute)
		inForce("answers", second, 4)
		later(time.Hour)
		inForce("an hour later", second, 4)
		if s.opened(t, "File").SAML.Metadata.EntityID != first.EntityID {
			t.Error("metadata that were given have been replaced")
		}
	})
}

func TestMetadataThatWereChangedInTheMeantimeAreKept(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		chosen := samltest.New("https://chosen.example")
		var change func()
		idp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if change != nil {
				change()
			}
			_, _ = w.Write(samltest.New("https://one.example").Metadata())
		}))
		t.Cleanup(idp.Close)
		s.create(t, "ADFS", "SAML", map[string]string{"MetadataURL": idp.URL})
		s.now.Add(7 * 3600)
		change = func() {
			_, err := s.UpdateIdentityProvider(t.Context(), &cognitoidp.UpdateIdentityProviderRequest{
				UserPoolId: ourPool, ProviderName: "ADFS", ProviderDetails: map[string]string{"MetadataFile": string(chosen.Metadata())},
			})
			if err != nil {
				t.Error(err)
			}
		}
		if err := s.refresh(t.Context(), ourPool, "ADFS"); err != nil {
			t.Error(err)
		}
		if o := s.opened(t, "ADFS"); o.SAML.Metadata.EntityID != chosen.EntityID || o.Found["SSORedirectBindingURI"] != chosen.SSO {
			t.Errorf("%+v is in force", o.SAML.Metadata)
		}

		s.create(t, "Gone", "SAML", map[string]string{"MetadataURL": idp.URL + "/gone"})
		s.now.Add(7 * 3600)
		change = func() {
			if err := s.DeleteIdentityProvider(t.Context(), &cognitoidp.DeleteIdentityProviderRequest{UserPoolId: ourPool, ProviderName: "Gone"}); err != nil {
				t.Error(err)
			}
		}
		if err := s.refresh(t.Context(), ourPool, "Gone"); err != nil {
			t.Error(err)
		}
		s.write(t, func(tx *db.Tx) error {
			if _, err := provider.GetMetadata(tx, ourPool, "Gone"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("the metadata of a provider that was deleted: %v", err)
			}
			return nil
		})
	})
}

func TestMetadataThatHaveExpiredAreNotInForce(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		text := strings.Replace(string(samltest.New("https://idp.example").Metadata()), "entityID=", `validUntil="2026-03-15T00:00:00Z" entityID=`, 1)
		s.create(t, "ADFS", "SAML", map[string]string{"MetadataFile": text})
		s.opened(t, "ADFS")
		s.now.Add(24 * 3600)
		s.write(t, func(tx *db.Tx) error {
			p, err := provider.Get(tx, ourPool, "ADFS")
			if err != nil {
				return err
			}
			box, err := s.Ring.Box(tx, ourPool)
			if err != nil {
				return err
			}
			if _, err := s.open(tx, box, p); err == nil {
				t.Error("expired metadata were opened")
			} else if _, ok := errors.AsType[*saml.Error](err); !ok {
				t.Errorf("got %v", err)
			}
			return nil
		})
	})
}

func TestPlainHTTPNeedsPermission(t *testing.T) {
	t.Parallel()
	details := map[string]string{
		"client_id": "id", "authorize_scopes": "openid", "attributes_request_method": "GET", "oidc_issuer": "http://op.example",
	}
	if err := (&Service{}).checkDetails("OIDC", details); err == nil || !strings.Contains(err.Error(), "OIDC endpoint must start with https://") {
		t.Errorf("got %v", err)
	}
	if err := (&Service{HTTP: true}).checkDetails("OIDC", details); err != nil {
		t.Errorf("allowed: %v", err)
	}
}
