package oauth

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"cardea/engine/issuer"
	"cardea/feature/oauth"
	"cardea/platform/browser"
	"cardea/spec/awsjson"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Handler answers the endpoints of all pools.
type Handler struct {
	Service *oauth.Service
	// Log gets one line for each request. Nil logs nothing.
	Log *slog.Logger
	// Begin, unless nil, gives the context of a request that is about to be answered, and what to log of it in the end.
	Begin func(ctx context.Context) (context.Context, func() []slog.Attr)
	// Observe, unless nil, counts each request: the name of its endpoint, the error code or "", and how long it took.
	Observe func(service, operation, code string, took time.Duration)
	// Page shows a visitor an error that no app can be told, by its code.
	Page func(w http.ResponseWriter, r *http.Request, status int, code string)
}

// Register adds the handler to the mux of what is served on every domain, where issuer.SiteFrom tells which one it is.
func (h *Handler) Register(mux *http.ServeMux) {
	for _, e := range endpoints {
		mux.HandleFunc(e.path, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, e) })
	}
}

// call is one request and what is known about it so far.
type call struct {
	*Handler
	endpoint
	pool    id.Pool
	domain  string
	base    string // of links, without a slash at the end
	cookies browser.Cookies
	w       http.ResponseWriter
	r       *http.Request
	caller  awsjson.Caller
	form    oauth2.Values
	client  string             // that the request names, for the log
	basic   bool               // the client has proven itself by the header Authorization
	ended   func() []slog.Attr // of the handler's Begin; nil before
	status  int
	code    string
	failure error // the cause of a server_error
	stack   []byte
}

// serve answers one request.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	began := time.Now()
	site := issuer.SiteFrom(r.Context())
	c := &call{
		Handler: h, endpoint: e, pool: site.Pool, domain: site.Domain, base: site.BaseURL,
		cookies: browser.Cookies{Secure: site.Secure, Path: site.Path}, w: w, caller: awsjson.CallerOf(r),
	}
	c.r = r.WithContext(awsjson.WithCaller(r.Context(), c.caller))
	exists, err := c.exists()
	if !exists && err == nil {
		http.NotFound(w, r)
		return
	}
	c.headers()
	switch {
	case err != nil:
		c.refuse(err)
	case r.Method == http.MethodOptions && e.open:
		c.preflight()
		return
	case !slices.Contains(e.methods, r.Method):
		w.Header().Set("Allow", strings.Join(e.methods, ", "))
		c.fail(&oauth2.Error{Code: oauth2.InvalidRequest}, http.StatusMethodNotAllowed)
	case !e.open && !browser.Navigates(r):
		c.fail(&oauth2.Error{Code: oauth2.InvalidRequest}, http.StatusBadRequest)
	default:
		c.run()
	}
	c.record(time.Since(began))
}

// run answers the request. A panic becomes an error like any other unplanned one.
func (c *call) run() {
	defer func() {
		switch problem := recover(); problem {
		case nil:
		case http.ErrAbortHandler:
			panic(problem)
		default:
			c.stack = debug.Stack()
			c.refuse(panicked(problem))
		}
	}()
	if c.Begin != nil {
		var ctx context.Context
		ctx, c.ended = c.Begin(c.r.Context())
		c.r = c.r.WithContext(ctx)
	}
	if err := c.answer(c); err != nil {
		c.refuse(err)
	}
}

// isClient matches client ids. Any other text in their place is not logged, since it might be a secret.
var isClient = regexp.MustCompile(`^[a-z0-9]{26}$`)

// record counts the request and logs it, in one line.
func (c *call) record(took time.Duration) {
	if c.Observe != nil {
		c.Observe("oauth2", c.name, c.code, took)
	}
	level := slog.LevelInfo
	if c.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if c.Log == nil || !c.Log.Enabled(c.r.Context(), level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("operation", c.name), slog.Int("status", c.status), slog.Duration("duration", took),
		slog.String("request_id", c.caller.RequestID), slog.String("ip", c.caller.IP), slog.String("service", "oauth2"),
		slog.String("pool", string(c.pool)),
	}
	if isClient.MatchString(c.client) {
		attributes = append(attributes, slog.String("client", c.client))
	}
	if c.code != "" {
		attributes = append(attributes, slog.String("code", c.code))
	}
	if c.ended != nil {
		attributes = append(attributes, c.ended()...)
	}
	if c.failure != nil {
		attributes = append(attributes, slog.Any("error", c.failure), slog.String("stack", string(c.stack)))
	}
	c.Log.LogAttrs(c.r.Context(), level, "request", attributes...)
}
