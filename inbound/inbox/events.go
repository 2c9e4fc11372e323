package inbox

import (
	"net/http"
	"time"
)

// Limits on streams of events.
const (
	maxStreams  = 32               // at a time
	streamLife  = 10 * time.Minute // then the page connects anew
	pingEvery   = 15 * time.Second // finds out whether the page is still there
	writeWithin = 10 * time.Second
)

// events streams an event at once, in case the page missed something before it connected, and one whenever a message has
// arrived. It ends with the server.
func (h *Handler) events(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		http.Error(w, "the inbox's own page alone may listen", http.StatusForbidden)
		return
	}
	if h.streams.Add(1) > maxStreams {
		h.streams.Add(-1)
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many pages are listening", http.StatusServiceUnavailable)
		return
	}
	defer h.streams.Add(-1)

	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead {
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // the request has been read; its deadline would end the stream

	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	life := time.NewTimer(streamLife)
	defer life.Stop()
	next := "retry: 1000\ndata: changed\n\n"
	for {
		changed := h.Outbox.Changed()
		if !send(w, control, next) {
			return
		}
		select {
		case <-changed:
			next = "data: changed\n\n"
		case <-ping.C:
			next = ": ping\n\n"
		case <-life.C:
			return
		case <-h.Stopped:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// send writes a part of a stream and reports whether the page is still there. No deadline stays set: HTTP/2 ends a stream
// when one passes, also while nothing is being written.
func send(w http.ResponseWriter, control *http.ResponseController, text string) bool {
	_ = control.SetWriteDeadline(time.Now().Add(writeWithin)) // writers without deadlines cannot block
	if _, err := w.Write([]byte(text)); err != nil {
		return false
	}
	if control.Flush() != nil {
		return false
	}
	_ = control.SetWriteDeadline(time.Time{})
	return true
}
