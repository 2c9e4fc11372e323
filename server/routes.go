package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"cardea/engine/issuer"
	"cardea/engine/message"
	"cardea/engine/trigger"
	"cardea/feature/federation"
	"cardea/inbound/asset"
	"cardea/inbound/awsapi"
	"cardea/inbound/demo"
	"cardea/inbound/inbox"
	"cardea/inbound/login"
	"cardea/inbound/oauth"
	"cardea/inbound/operator"
	"cardea/inbound/wellknown"
	"cardea/inbound/wording"
	"cardea/platform/serve"
	"cardea/platform/telemetry"
	"cardea/spec/awsjson"
)

// operationLimits are the sizes of requests that may be larger than others: Cognito's two megabytes for a style with its images.
var operationLimits = map[string]int64{"CreateManagedLoginBranding": 2 << 20, "UpdateManagedLoginBranding": 2 << 20}

// route makes the routes: which path leads to which handler, and how callers are verified.
func (s *Server) route(published *issuer.Documents, f *features) {
	c := &s.config
	api := s.newAPI()
	pages := s.newPages(f, api.Recorder)
	endpoints := &oauth.Handler{
		Service: s.OAuth, Recorder: api.Recorder, Rates: s.limiter, Page: pages.ShowError, Post: pages.Post, Depart: pages.Depart,
		AskToSignOut: pages.AskToSignOut, SignedOut: pages.SignedOut, Part: pages.Part,
	}
	pages.LoggedOut = endpoints.LoggedOut
	documents := &wellknown.Handler{Documents: published, Federation: f.federation, Identities: f.identityTokens, Principals: f.sts.Tokens, Log: c.Log}
	published.Endpoints = oauth.Discovered()

	s.pages = http.NewServeMux()
	endpoints.Register(s.pages)
	documents.RegisterDomains(s.pages)
	pages.Register(s.pages)
	(&asset.Handler{Branding: f.branding, Log: c.Log}).Register(s.pages)

	mux := http.NewServeMux()
	mux.Handle("/{$}", s.recorded(api))
	documents.Register(mux)
	mux.HandleFunc("GET /livez", s.health.live)
	mux.HandleFunc("GET /readyz", s.health.ready)
	domains := &domainRouter{sites: s.sites, pages: s.recorded(s.pages), next: mux, dev: c.Dev, log: c.Log}

	if c.Dev {
		api.Verify = (&awsapi.Trusting{Signer: s.authorizer.Signer, Root: s.authorizer.Root()}).Verify
		messages := &inbox.Handler{Outbox: s.Outbox, Log: c.Log, Stopped: s.stopping.Done()}
		messages.Register(mux)
		(&demo.Handler{Find: s.demoApp, Log: c.Log}).Register(mux)
		mux.Handle("GET /{$}", orInbox(s.recorded(api)))
		domains.next = guardHosts(c.Addr, c.Hosts, domains.byPath(mux))
	}
	if !c.Dev || c.EnforceIAM {
		api.Verify = (&awsapi.Signed{Signer: s.authorizer.Signer, Now: c.now()}).Verify
		api.Authorizer = s.authorizer
	}

	beside := http.NewServeMux()
	pages.RegisterLinks(beside) // for pools without a domain
	(&operator.Handler{Traces: f.federation.Traces, Verify: api.Verify, Authorizer: api.Authorizer, Recorder: api.Recorder}).Register(beside)
	mux.Handle(message.LinkPath, s.recorded(beside))
	mux.Handle(operator.TracesPath, s.recorded(beside))

	s.Handler = trustProxies(c.TrustedProxies, serve.Catch(domains, c.Log))
	if c.Tracing.Incoming {
		s.Handler = believeParents(c.TrustedProxies, s.Handler)
	}

	admin := http.NewServeMux()
	admin.Handle("GET /metrics", s.metrics.Handler())
	admin.HandleFunc("GET /livez", s.health.live)
	admin.HandleFunc("GET /readyz", s.health.ready)
	registerProfiles(admin, c.AdminAddr, c.AdminPprof)
	s.Admin = admin
	if c.Dev {
		mux.Handle("GET /metrics", s.metrics.Handler())
	}
}

// recorded holds back the answers of what has records in the audit log, where these are required.
func (s *Server) recorded(next http.Handler) http.Handler { return serve.Recorded(s.audit.log, next) }

// newAPI makes the handler of all services' operations. Who verifies callers is still to be set.
func (s *Server) newAPI() *awsapi.Handler {
	c := &s.config
	return &awsapi.Handler{
		Services: []awsapi.Service{
			{Service: s.API.Service(), Word: wording.Cognito},
			{Service: s.Identities.Service(), Word: wording.Identity},
			{Service: s.IAM.Service(), Word: wording.IAM},
			{Service: s.STS.Service(), Word: wording.STS},
			{Service: s.KMS.Service(), Word: wording.KMS},
		},
		Recorder: serve.Recorder{Log: c.Log, Started: s.beginOperation, Tracer: s.tracer, Observe: s.metrics.Operation, Audit: s.audit.log},
		Limits:   awsapi.Limits{Operations: operationLimits},
		Rates:    s.limiter,
		Strict:   c.Test.Strict,
	}
}

// newPages makes the handler of the pages of domains.
func (s *Server) newPages(f *features, recorder serve.Recorder) *login.Handler {
	operations := s.API.Service().Operations
	answering := operations["RespondToAuthChallenge"]
	return &login.Handler{
		Hosted: f.oauth.Hosted, Signin: f.signin, Signup: f.signup, MFA: f.mfa, Passwords: f.passwords, Passkeys: f.passkeys, Branding: f.branding,
		API: f.api, Sessions: f.sessions, Templates: s.templates, Federation: f.federation, Offers: federation.NewOffers(s.DB), Tell: oauth.Word,
		Word:  func(err error) error { return wording.Cognito(&answering, err) },
		Check: func(name string, request any) error { return awsjson.Check(operations[name].Input, request) },
		Now:   s.config.now(), Rates: s.limiter, Recorder: recorder,
	}
}

// orInbox sends browsers that open the address of a development server to its inbox.
func orInbox(api http.Handler) http.Handler {
	page := http.RedirectHandler(inbox.PagePath, http.StatusFound)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if awsapi.IsQuery(r) {
			api.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// beginOperation begins an operation, whose triggers may take as long as triggerLimit together; the log names those that were
// asked.
func (s *Server) beginOperation(ctx context.Context) (context.Context, func() []slog.Attr) {
	ctx, operation := trigger.Begin(telemetry.With(ctx, s.metrics), time.Now().Add(s.config.triggerLimit()))
	return ctx, func() []slog.Attr {
		if asked := operation.Asked(); len(asked) > 0 {
			return []slog.Attr{slog.Any("triggers", asked)}
		}
		return nil
	}
}
