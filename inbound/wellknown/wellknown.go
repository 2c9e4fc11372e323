package wellknown

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"cardea/engine/issuer"
	"cardea/platform/db"
	"cardea/spec/id"
)

// Handler serves the documents of all pools.
type Handler struct {
	Documents *issuer.Documents
	Log       *slog.Logger // nil: slog.Default
}

// Patterns are the paths that the handler answers, for a ServeMux.
var Patterns = []string{
	"/{pool}/.well-known/jwks.json",
	"/{pool}/.well-known/openid-configuration",
}

// For how many seconds a document may be cached. Keys never change while their pool exists, and the configuration names the
// pool's domain, which may.
const (
	keysAge      = 3600
	discoveryAge = 300
)

// Register adds the handler to a mux.
func (h *Handler) Register(mux *http.ServeMux) {
	mux.HandleFunc(Patterns[0], h.serve(h.Documents.KeySet, keysAge))
	mux.HandleFunc(Patterns[1], h.serve(h.Documents.Discovery, discoveryAge))
}

func (h *Handler) serve(document func(context.Context, id.Pool) ([]byte, error), age int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			write(w, http.StatusMethodNotAllowed, []byte(`{"message":"Method not allowed"}`))
			return
		}

		body, err := document(r.Context(), id.Pool(r.PathValue("pool")))
		if errors.Is(err, db.ErrNotFound) {
			write(w, http.StatusNotFound, []byte(`{"message":"User pool does not exist."}`))
			return
		}
		if err != nil {
			h.log().ErrorContext(r.Context(), "serve pool document", "path", r.URL.Path, "error", err)
			write(w, http.StatusInternalServerError, []byte(`{"message":"Internal server error"}`))
			return
		}
		w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(age))
		write(w, http.StatusOK, body)
	}
}

func (h *Handler) log() *slog.Logger {
	if h.Log == nil {
		return slog.Default()
	}
	return h.Log
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone; net/http drops the body of an answer to HEAD
}
