package inbox

import (
	"errors"
	"net/http"

	"cardea/platform/db"
	"cardea/spec/id"
)

// htmlPolicy confines the HTML of a message, in the page's frame and wherever else it is opened: no scripts, no forms, no
// origin, and nothing is loaded. Its links open in new tabs, which are ordinary ones.
const htmlPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; " +
	"style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// htmlHead makes links open in new tabs; the first base element counts, so that a message cannot replace it.
const htmlHead = `<!DOCTYPE html><base target="_blank">`

// html shows the HTML of a message as a mail program would.
func (h *Handler) html(w http.ResponseWriter, r *http.Request) {
	pool := id.Pool(r.PathValue("pool"))
	if !pool.Valid() || !plain.MatchString(r.PathValue("id")) {
		http.NotFound(w, r)
		return
	}
	m, err := h.Outbox.Find(r.Context(), pool, r.PathValue("id"))
	if errors.Is(err, db.ErrNotFound) || err == nil && !m.HTML {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", htmlPolicy)
	_, _ = w.Write([]byte(htmlHead + m.Body)) // the client may be gone
}
