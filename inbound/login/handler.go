package login

import (
	"net/http"
	"time"

	"cardea/engine/hosted"
	"cardea/engine/message"
	"cardea/engine/rates"
	"cardea/feature/branding"
	"cardea/feature/federation"
	"cardea/feature/mfa"
	"cardea/feature/passkeys"
	"cardea/feature/passwords"
	"cardea/feature/sessions"
	"cardea/feature/signin"
	"cardea/feature/signup"
	"cardea/platform/browser"
	"cardea/platform/serve"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Handler shows the pages of all domains.
type Handler struct {
	Hosted *hosted.Server
	Signin *signin.Service
	Signup *signup.Service
	MFA    *mfa.Service
	// Branding knows how pages look; nil gives all the server's own look.
	Branding *branding.Service
	// Passkeys makes passkeys for visitors.
	Passkeys *passkeys.Service
	// Templates are the operator's own frames and texts; nil: there are none.
	Templates *Templates
	// Passwords recovers accounts.
	Passwords *passwords.Service
	// API answers the operations on a visitor's own account.
	API *cognitoidp.API
	// Sessions has users sign out everywhere.
	Sessions *sessions.Service
	// Federation signs users in with their accounts at identity providers.
	Federation *federation.Service
	// Offers are the identity providers of pools.
	Offers *federation.Offers
	// LoggedOut sends a browser on that was signed out by a request and has been at an identity provider since, and tells with which
	// status.
	LoggedOut func(w http.ResponseWriter, r *http.Request, asked oauth2.Values) (status int)
	// Tell gives what an app is told of an error, or nil where it is a failure.
	Tell func(error) *oauth2.Error
	// Check gives what is wrong with the form of an operation's request, as the API would find it.
	Check func(operation string, request any) error
	// Word gives the fault with which the API would answer an error, or the error itself where it is a failure.
	Word func(error) error
	Now  func() time.Time
	// Rates bounds how often forms are sent from a network, and for a pool; nil bounds nothing.
	Rates *rates.Limiter
	serve.Recorder
}

// service is what logs and counters call the pages.
const service = "pages"

// maxForm bounds a posted form, in bytes.
const maxForm = 64 << 10

// RegisterLinks adds the page of links in messages to the mux of the server itself, for pools without a domain.
func (h *Handler) RegisterLinks(mux *http.ServeMux) { mux.HandleFunc(message.LinkPath, h.confirm) }

// Register adds the pages to the mux of what is served on every domain, where issuer.SiteFrom tells which one it is.
func (h *Handler) Register(mux *http.ServeMux) {
	h.RegisterLinks(mux)
	h.registerCallbacks(mux)
	for _, p := range allPages {
		mux.Handle(p.path, browser.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, p) })))
	}
}

// serve answers one request for a page.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, p page) {
	sent := serve.Open(r, id.NewUUID())
	v := h.open(w, r.WithContext(h.Begin(sent)), p)
	if err := sent.Catch(v.run); err != nil {
		v.failed(err)
	}
	h.Record(sent, v.outcome())
}

// run shows the page or takes its answer.
func (v *visit) run() error {
	switch v.r.Method {
	case http.MethodGet, http.MethodHead:
		v.get()
	case http.MethodPost:
		if err := v.withinSource(); err != nil {
			return v.tooMany(err)
		}
		if senders[v.page.name] != "" && !v.readForm() {
			return nil
		}
		if err := v.withinRates(); err != nil {
			return v.tooMany(err)
		}
		v.post()
	default:
		v.w.Header().Set("Allow", "GET, POST")
		v.respond(http.StatusMethodNotAllowed, v.failedCard(v.texts.ErrorRequest()))
	}
	return nil
}

// outcome is what became of the visit, without anything that the visitor has typed.
func (v *visit) outcome() serve.Outcome {
	o := serve.Outcome{
		Service: service, Operation: v.page.name, Pool: string(v.site.Pool), Status: v.status, Code: v.code, Failure: v.failure,
		Event: v.event(),
	}
	if v.request != nil {
		o.Client = string(v.request.Client.ID)
	}
	return o
}
