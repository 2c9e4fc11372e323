package login

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"cardea/engine/hosted"
	"cardea/engine/message"
	"cardea/feature/branding"
	"cardea/feature/mfa"
	"cardea/feature/passwords"
	"cardea/feature/signin"
	"cardea/feature/signup"
	"cardea/platform/browser"
)

// Handler shows the pages of all domains.
type Handler struct {
	Hosted *hosted.Server
	Signin *signin.Service
	Signup *signup.Service
	MFA    *mfa.Service
	// Branding knows how pages look; nil gives all the server's own look.
	Branding *branding.Service
	// Passwords recovers accounts.
	Passwords *passwords.Service
	// Check gives what is wrong with the form of an operation's request, as the API would find it.
	Check func(operation string, request any) error
	// Word gives the fault with which the API would answer an error, or the error itself where it is a failure.
	Word func(error) error
	Now  func() time.Time
	Log  *slog.Logger // one line for each request; nil logs nothing
	// Begin, unless nil, gives the context of a request that is about to be answered, and what to log of it in the end.
	Begin func(ctx context.Context) (context.Context, func() []slog.Attr)
	// Observe, unless nil, counts each request: the page, the error code or "", and how long it took.
	Observe func(service, operation, code string, took time.Duration)
}

// maxForm bounds a posted form, in bytes.
const maxForm = 64 << 10

// RegisterLinks adds the page of links in messages to the mux of the server itself, for pools without a domain.
func (h *Handler) RegisterLinks(mux *http.ServeMux) { mux.HandleFunc(message.LinkPath, h.confirm) }

// Register adds the pages to the mux of what is served on every domain, where issuer.SiteFrom tells which one it is.
func (h *Handler) Register(mux *http.ServeMux) {
	h.RegisterLinks(mux)
	for _, p := range allPages {
		mux.Handle(p.path, browser.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, p) })))
	}
}

// serve answers one request for a page.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, p page) {
	began := time.Now()
	v := h.open(w, r, p)
	if h.Begin != nil {
		var ctx context.Context
		ctx, v.ended = h.Begin(v.r.Context())
		v.r = v.r.WithContext(ctx)
	}
	v.run()
	v.record(time.Since(began))
}

// run shows the page or takes its answer. A panic becomes the page of any other failure.
func (v *visit) run() {
	defer func() {
		switch problem := recover(); problem {
		case nil:
		case http.ErrAbortHandler:
			panic(problem)
		default:
			v.stack = debug.Stack()
			v.failed(fmt.Errorf("panic: %v", problem))
		}
	}()
	switch v.r.Method {
	case http.MethodGet, http.MethodHead:
		v.get()
	case http.MethodPost:
		v.post()
	default:
		v.w.Header().Set("Allow", "GET, POST")
		v.respond(http.StatusMethodNotAllowed, v.cards().failed(v.texts.ErrorRequest()))
	}
}

// record counts the request and logs it, in one line, without anything that the visitor has typed.
func (v *visit) record(took time.Duration) {
	if v.Observe != nil {
		v.Observe("pages", v.page.name, v.code, took)
	}
	level := slog.LevelInfo
	if v.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if v.Log == nil || !v.Log.Enabled(v.r.Context(), level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("operation", v.page.name), slog.String("method", v.r.Method), slog.Int("status", v.status), slog.Duration("duration", took),
		slog.String("request_id", v.caller.RequestID), slog.String("ip", v.caller.IP), slog.String("service", "pages"),
		slog.String("pool", string(v.site.Pool)),
	}
	if v.request != nil {
		attributes = append(attributes, slog.String("client", string(v.request.Client.ID)))
	}
	if v.code != "" {
		attributes = append(attributes, slog.String("code", v.code))
	}
	if v.ended != nil {
		attributes = append(attributes, v.ended()...)
	}
	if v.failure != nil {
		attributes = append(attributes, slog.Any("error", v.failure), slog.String("stack", string(v.stack)))
	}
	v.Log.LogAttrs(v.r.Context(), level, "request", attributes...)
}
