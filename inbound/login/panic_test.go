package login

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/engine/issuer"
	"cardea/platform/serve"
)

func TestAPanicIsLoggedAndShownAsAFailure(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := &Handler{Recorder: serve.Recorder{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	broken := page{name: "Broken", plain: func(*visit) { panic("out of paper") }}
	r := httptest.NewRequest(http.MethodGet, "/broken", nil)
	w := httptest.NewRecorder()
	h.serve(w, r.WithContext(issuer.WithSite(r.Context(), &issuer.Site{})), broken)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "out of paper") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "out of paper") || !strings.Contains(log.String(), "panic_test.go") {
		t.Errorf("log: %s", log.String())
	}
}
