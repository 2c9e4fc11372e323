package oauth

import (
	"net/http"
	"strings"

	"cardea/engine/hosted"
	"cardea/engine/issuer"
	"cardea/engine/rates"
	"cardea/feature/federation"
	"cardea/feature/oauth"
	"cardea/platform/browser"
	"cardea/platform/serve"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Handler answers the endpoints of all pools.
type Handler struct {
	Service *oauth.Service
	serve.Recorder
	// Rates bounds how often endpoints are asked; nil bounds nothing.
	Rates *rates.Limiter
	// Page shows a visitor an error that no app can be told, by its code.
	Page func(w http.ResponseWriter, r *http.Request, status int, code string)
	// Part sends a visitor who was signed out to the identity provider at which they had signed in, and tells with which status; left is
	// false where they go on at once.
	Part func(w http.ResponseWriter, r *http.Request, in federation.Parting) (status int, left bool)
	// Depart sends a visitor to the identity provider that their request asks for, and tells with which status.
	Depart func(w http.ResponseWriter, r *http.Request, asked *hosted.Request) (status int, err error)
	// Post shows a visitor the page that posts the answer to an app's request.
	Post func(w http.ResponseWriter, r *http.Request, to oauth2.Location)
	// AskToSignOut shows a visitor the question whether to sign out, which is answered by a form with _csrf to the same address.
	AskToSignOut func(w http.ResponseWriter, r *http.Request, csrf string)
	// SignedOut tells a visitor that they are signed out.
	SignedOut func(w http.ResponseWriter, r *http.Request)
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
	*serve.Request
	endpoint
	pool    id.Pool
	domain  string
	base    string // of links, without a slash at the end
	cookies browser.Cookies
	w       http.ResponseWriter
	r       *http.Request
	form    oauth2.Values
	client  string // that the request names, for the log
	bound   bool   // the access token is, or has to be, shown with a proof
	basic   bool   // the client has proven itself by the header Authorization

	anonymous bool // nobody has shown a bearer token
	status    int
	code      string
	failure   error // the cause of a server_error
	refused   bool  // for its rate
}

// serve answers one request.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	site, sent := issuer.SiteFrom(r.Context()), serve.Open(r, id.NewUUID())
	c := &call{
		Handler: h, Request: sent, endpoint: e, pool: site.Pool, domain: site.Domain, base: site.BaseURL,
		cookies: browser.Cookies{Secure: site.Secure, Path: site.Path}, w: w,
		r: r.WithContext(h.Begin(sent)),
	}
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
	case !c.takes():
		w.Header().Set("Allow", strings.Join(e.methods, ", "))
		c.fail(&oauth2.Error{Code: oauth2.InvalidRequest}, http.StatusMethodNotAllowed)
	case !e.open && !browser.Navigates(r):
		c.fail(&oauth2.Error{Code: oauth2.InvalidRequest}, http.StatusBadRequest)
	default:
		if err := c.Catch(c.withinSource); err != nil {
			c.refuse(err)
			break
		}
		if err := c.Catch(func() error { return c.answer(c) }); err != nil {
			c.refuse(err)
		}
	}
	h.Record(sent, serve.Outcome{
		Service: "oauth2", Operation: e.name, Pool: string(c.pool), Client: id.Loggable(c.client),
		Status: c.status, Code: c.code, Failure: c.failure, Event: c.event(),
	})
}
