package inbox

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"cardea/engine/message"
)

// Where the inbox is.
const (
	PagePath = "/_cardea/inbox"
	JSONPath = "/_cardea/inbox.json"
)

// What is shown at most.
const (
	pageSize = 100
	jsonSize = 1_000
)

// Handler serves the inbox at PagePath and JSONPath.
type Handler struct {
	Outbox *message.Outbox
	Log    *slog.Logger // nil: the default
}

// ServeHTTP answers GET and HEAD.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case PagePath:
		h.page(w, r)
	case JSONPath:
		h.json(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (h *Handler) page(w http.ResponseWriter, r *http.Request) {
	to := address(r)
	messages, err := h.Outbox.Inbox(r.Context(), to, pageSize)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	slices.Reverse(messages)
	var b strings.Builder
	if err := page.Execute(&b, content{To: to, Messages: messages, Style: style}); err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	_, _ = w.Write([]byte(b.String())) // the client may be gone
}

func (h *Handler) json(w http.ResponseWriter, r *http.Request) {
	messages, err := h.Outbox.Inbox(r.Context(), address(r), jsonSize)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if messages == nil {
		messages = []message.Received{}
	}
	body, err := json.Marshal(map[string][]message.Received{"messages": messages})
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // the client may be gone
}

// address reads ?to=. No address holds a blank; it is what a plus sign becomes when it was not escaped.
func address(r *http.Request) string {
	return strings.ReplaceAll(r.URL.Query().Get("to"), " ", "+")
}

func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	log := h.Log
	if log == nil {
		log = slog.Default()
	}
	log.ErrorContext(r.Context(), "show inbox", "error", err)
	http.Error(w, "the inbox cannot be shown; the server's log says why", http.StatusInternalServerError)
}
