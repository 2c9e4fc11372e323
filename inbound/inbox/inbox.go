package inbox

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"cardea/engine/message"
)

// Where the inbox is. What the page needs is below PagePath.
const (
	PagePath = "/_cardea/inbox"
	JSONPath = "/_cardea/inbox.json"

	eventsPath = PagePath + "/events"
	htmlPath   = PagePath + "/html/" // then the pool and the message's id
	scriptPath = PagePath + "/inbox.js"
	stylePath  = PagePath + "/inbox.css"
	iconPath   = PagePath + "/icon.svg"
)

// jsonSize is how many messages JSONPath lists at most.
const jsonSize = 1_000

// Handler serves the inbox.
type Handler struct {
	Outbox  *message.Outbox
	Log     *slog.Logger    // nil: the default
	Stopped <-chan struct{} // closed when the server stops, so that no stream of events delays it; nil: never

	streams atomic.Int32
}

// Register mounts the inbox.
func (h *Handler) Register(mux *http.ServeMux) {
	mux.Handle(JSONPath, h.reading(h.json))
	mux.Handle(PagePath, h.reading(h.page))
	mux.Handle(eventsPath, h.reading(h.events))
	mux.Handle(htmlPath+"{pool}/{id}", h.reading(h.html))
	mux.Handle(scriptPath, h.reading(file("text/javascript; charset=utf-8", script)))
	mux.Handle(stylePath, h.reading(file("text/css; charset=utf-8", style)))
	mux.Handle(iconPath, h.reading(file("image/svg+xml", icon)))
}

// reading allows GET and HEAD alone, and sets the headers that all answers have.
func (h *Handler) reading(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		next(w, r)
	})
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

// file serves a part of the page.
func file(contentType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content) // the client may be gone
	}
}

func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	log := h.Log
	if log == nil {
		log = slog.Default()
	}
	log.ErrorContext(r.Context(), "show inbox", "error", err)
	http.Error(w, "the inbox cannot be shown; the server's log says why", http.StatusInternalServerError)
}
