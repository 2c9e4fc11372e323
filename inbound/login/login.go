package login

import (
	"context"
	"log/slog"
	"net"
	"net/http"

	"cardea/engine/message"
	"cardea/feature/signup"
	"cardea/inbound/login/text"
	"cardea/spec/awsjson"
	"cardea/spec/id"
)

// Handler serves the pages.
type Handler struct {
	Signup *signup.Service
	Log    *slog.Logger // nil: the default
	// Begin, if set, begins what a page does for a user, as it begins operations: it bounds the time of triggers. What it
	// returns gives, at the end, what the log is to say of them.
	Begin func(context.Context) (context.Context, func() []slog.Attr)
}

// Register mounts the pages.
func (h *Handler) Register(mux *http.ServeMux) {
	mux.HandleFunc(message.LinkPath, h.confirm)
}

// nameless is what pages call an app that is not known.
const nameless = "Cardea"

// caller is who sends a request.
func caller(r *http.Request) awsjson.Caller {
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	return awsjson.Caller{IP: address, RequestID: id.NewUUID()}
}

// textsFor are those in the language that the page was asked for in, or that suits the browser.
func textsFor(r *http.Request, tag string) *text.Texts {
	if texts, known := text.In(tag); known {
		return texts
	}
	return text.For(r.Header.Get("Accept-Language"))
}

func (h *Handler) log() *slog.Logger {
	if h.Log == nil {
		return slog.Default()
	}
	return h.Log
}
