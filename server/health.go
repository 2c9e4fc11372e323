package server

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"cardea/platform/db"
)

// pingTimeout bounds how long /readyz waits for the database.
const pingTimeout = 2 * time.Second

// health answers /livez and /readyz.
type health struct {
	db       *db.DB
	draining atomic.Bool
}

// live says that the process answers.
func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	plain(w, http.StatusOK, "ok")
}

// ready says whether requests should be sent here: the database answers and the server is not about to stop.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	if h.draining.Load() {
		plain(w, http.StatusServiceUnavailable, "stopping")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
	defer cancel()
	if err := h.db.Ping(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "database does not answer")
		return
	}
	plain(w, http.StatusOK, "ok")
}

// plain answers with one line of text.
func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the client may be gone
}
