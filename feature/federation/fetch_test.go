package federation

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
	"cardea/spec/saml/samltest"
)

func TestAddressesOfMetadataAreNotLogged(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		idp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(samltest.New("https://idp.example").Metadata())
		}))
		s.create(t, "ADFS", "SAML", map[string]string{"MetadataURL": idp.URL + "/metadata?token=sesame"})
		idp.Close()
		s.now.Add(7 * 3600)
		var log bytes.Buffer
		s.Log = slog.New(slog.NewTextHandler(&log, nil))
		if err := s.refresh(t.Context(), ourPool, "ADFS"); err != nil {
			t.Fatal(err)
		}
		if text := log.String(); !strings.Contains(text, "ADFS") || strings.Contains(text, "sesame") {
			t.Errorf("logged: %s", text)
		}
	})
}

func TestVisitorsWhoLeaveDoNotKeepMetadataInForce(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		first, second := samltest.New("https://one.example"), samltest.New("https://two.example")
		p := startIdP(t, string(first.Metadata()))
		s.create(t, "ADFS", "SAML", map[string]string{"MetadataURL": p.URL})
		s.now.Add(7 * 3600)

		visit, leave := context.WithCancel(t.Context())
		idp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			leave()
			_, _ = w.Write(second.Metadata())
		}))
		t.Cleanup(idp.Close)
		s.write(t, func(tx *db.Tx) error {
			m, err := provider.GetMetadata(tx, ourPool, "ADFS")
			if err != nil {
				return err
			}
			m.URL = idp.URL
			return provider.PutMetadata(tx, m)
		})
		if err := s.refresh(visit, ourPool, "ADFS"); err != nil {
			t.Fatal(err)
		}
		if got := s.opened(t, "ADFS").SAML.Metadata.EntityID; got != second.EntityID {
			t.Errorf("the metadata of %s are in force", got)
		}
	})
}

func TestMetadataThatWereFetchedMeanwhileAreKept(t *testing.T) {
	eachStored(t, func(t *testing.T, s *stored) {
		first, second := samltest.New("https://one.example"), samltest.New("https://two.example")
		inForce := func(when string) {
			t.Helper()
			if got := s.opened(t, "ADFS").SAML.Metadata.EntityID; got != second.EntityID {
				t.Errorf("%s: the metadata of %s are in force", when, got)
			}
		}

		var meanwhile func()
		published := first.Metadata()
		idp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer := published
			if do := meanwhile; do != nil {
				meanwhile = nil
				do()
			}
			_, _ = w.Write(answer)
		}))
		t.Cleanup(idp.Close)
		s.create(t, "ADFS", "SAML", map[string]string{"MetadataURL": idp.URL})
		s.now.Add(7 * 3600)
		meanwhile = func() {
			published = second.Metadata()
			_, err := s.UpdateIdentityProvider(t.Context(), &cognitoidp.UpdateIdentityProviderRequest{
				UserPoolId: ourPool, ProviderName: "ADFS", ProviderDetails: map[string]string{"MetadataURL": idp.URL},
			})
			if err != nil {
				t.Error(err)
			}
		}
		if err := s.refresh(t.Context(), ourPool, "ADFS"); err != nil {
			t.Fatal(err)
		}
		inForce("an administrator has had them fetched")

		published = first.Metadata()
		s.now.Add(7 * 3600)
		if err := s.refresh(t.Context(), ourPool, "ADFS"); err != nil {
			t.Fatal(err)
		}
		var d *draft
		s.write(t, func(tx *db.Tx) (err error) {
			d, err = s.load(tx, ourPool, "ADFS")
			return err
		})
		s.write(t, func(tx *db.Tx) error {
			m := *d.metadata
			m.XML, m.EntityID = string(second.Metadata()), second.EntityID
			return provider.PutMetadata(tx, &m)
		})
		s.write(t, func(tx *db.Tx) error { return s.store(tx, d, provider.Update) })
		inForce("a change of something else")
	})
}
