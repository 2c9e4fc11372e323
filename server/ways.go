package server

import (
	"net/http"

	"cardea/engine/token"
	"cardea/inbound/awsapi"
	"cardea/inbound/inbox"
	"cardea/inbound/wellknown"
	"cardea/record/datakey"
)

// openWays makes the ways in: which path leads where, and who stands at the door.
func (h *House) openWays(minter *token.Minter, ring *datakey.Ring) {
	c := &h.config
	api := &awsapi.Handler{
		Service: h.API.Service(),
		Log:     c.Log,
		Observe: h.metrics.Operation,
		Strict:  c.Test.Strict,
	}
	documents := &wellknown.Handler{Tokens: minter, Log: c.Log}

	mux := http.NewServeMux()
	mux.Handle("/{$}", api)
	documents.Register(mux)
	mux.HandleFunc("GET /livez", h.health.live)
	mux.HandleFunc("GET /readyz", h.health.ready)
	h.Handler = trustProxies(c.TrustedProxies, mux)

	if c.Dev {
		api.Verify = (&awsapi.Trusting{Account: c.Account}).Verify
		messages := &inbox.Handler{Courier: h.Courier, Log: c.Log}
		mux.Handle(inbox.PagePath, messages)
		mux.Handle(inbox.JSONPath, messages)
		mux.Handle("GET /{$}", http.RedirectHandler("/_cardea/inbox", http.StatusFound))
		h.Handler = guardHosts(c.Addr, c.Hosts, h.Handler)
	} else {
		keys := &keyring{db: h.DB, ring: ring, account: c.Account}
		api.Verify = (&awsapi.Signed{Service: "cognito-idp", Keys: keys.find, Now: c.now()}).Verify
	}

	admin := http.NewServeMux()
	admin.Handle("GET /metrics", h.metrics.Handler())
	admin.HandleFunc("GET /livez", h.health.live)
	admin.HandleFunc("GET /readyz", h.health.ready)
	h.Admin = admin
	if c.Dev {
		mux.Handle("GET /metrics", h.metrics.Handler())
	}
}
