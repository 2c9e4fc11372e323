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
