package asset

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"cardea/engine/brand"
	"cardea/engine/issuer"
	"cardea/feature/branding"
	"cardea/platform/db"
)

// Handler serves images.
type Handler struct {
	Branding *branding.Service
	Log      *slog.Logger
}

// policy lets an image that is opened as a page neither run nor load anything.
const policy = "default-src 'none'; sandbox"

// nameLength is that of an image's name without its extension.
const nameLength = 32

// Register adds the handler to what is served on every domain.
func (h *Handler) Register(pages *http.ServeMux) { pages.HandleFunc("GET /assets/{name}", h.serve) }

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	name, extension, _ := strings.Cut(r.PathValue("name"), ".")
	if len(name) != nameLength || strings.Trim(name, "0123456789abcdef") != "" {
		http.NotFound(w, r)
		return
	}
	image, err := h.Branding.Image(r.Context(), issuer.SiteFrom(r.Context()).Pool, name)
	if errors.Is(err, db.ErrNotFound) || err == nil && extension != brand.Extension[image.Type] {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		h.Log.ErrorContext(r.Context(), "serve image", "error", err)
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}

	header := w.Header()
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("Content-Security-Policy", policy)
	header.Set("ETag", `"`+name+`"`)
	if strings.Contains(r.Header.Get("If-None-Match"), name) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", brand.Media[image.Type])
	header.Set("Content-Length", strconv.Itoa(len(image.Bytes)))
	_, _ = w.Write(image.Bytes) // the client may be gone; net/http drops the body of an answer to HEAD
}
