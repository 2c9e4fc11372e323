package federation

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

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
