package wellknown

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"cardea/engine/issuer"
	"cardea/platform/db"
)

// samlAge is for how many seconds the metadata for SAML providers may be cached.
const samlAge = 300

// serveSAML serves what SAML providers have to know of the pool of a domain. With ?provider= it is for that provider alone.
func (h *Handler) serveSAML(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	name := query.Get("provider")
	if err != nil || len(query["provider"]) > 1 || len(name) > maxProvider || !utf8.ValidString(name) || strings.IndexByte(name, 0) >= 0 {
		http.Error(w, "The query is malformed.", http.StatusBadRequest)
		return
	}
	body, err := h.Federation.ServiceProvider(r.Context(), issuer.SiteFrom(r.Context()), name)
	if errors.Is(err, db.ErrNotFound) {
		http.Error(w, "There is no such SAML provider.", http.StatusNotFound)
		return
	}
	if err != nil {
		h.log().ErrorContext(r.Context(), "serve SAML metadata", "error", err)
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "application/samlmetadata+xml")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "public, max-age="+strconv.Itoa(samlAge))
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // the client may be gone
}

// maxProvider is the greatest length of a provider's name, in bytes.
const maxProvider = 200
