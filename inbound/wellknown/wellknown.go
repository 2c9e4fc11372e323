package wellknown

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"cardea/engine/identitytoken"
	"cardea/engine/issuer"
	"cardea/engine/principaltoken"
	"cardea/feature/federation"
	"cardea/platform/db"
	"cardea/spec/id"
)

// Handler serves the documents of all pools.
type Handler struct {
	Documents *issuer.Documents
	// Federation has what SAML providers have to know of pools.
	Federation *federation.Service
	// Identities has the documents of the issuer of identity pools' tokens.
	Identities *identitytoken.Minter
	// Principals has those of the issuer of tokens of principals of IAM.
	Principals *principaltoken.Minter
	Log        *slog.Logger // nil: slog.Default
}

// Paths of documents below an issuer.
const (
	keysPath      = "/.well-known/jwks.json"
	discoveryPath = "/.well-known/openid-configuration"
	metadataPath  = "/.well-known/oauth-authorization-server"
)

// For how many seconds a document may be cached. Keys never change while their pool exists, and the configuration names the
// pool's domain, which may.
const (
	keysAge      = 3600
	discoveryAge = 300
)

// document is one kind of document.
type document struct {
	read    func(ctx context.Context, pool id.Pool) ([]byte, error)
	age     int    // for how many seconds it may be cached
	missing string // what is said where there is none
}

// Register adds the handler to the mux of the server itself. RFC 8414 has the path of an issuer behind that of its metadata;
// there are clients that append the one to the other, as OpenID Connect Discovery does.
func (h *Handler) Register(mux *http.ServeMux) {
	named := func(r *http.Request) id.Pool { return id.Pool(r.PathValue("pool")) }
	const missing = "User pool does not exist."
	mux.HandleFunc("/{pool}"+keysPath, h.serve(document{h.Documents.KeySet, keysAge, missing}, named))
	mux.HandleFunc("/{pool}"+discoveryPath, h.serve(document{h.Documents.Discovery, discoveryAge, missing}, named))
	mux.HandleFunc("/{pool}"+metadataPath, h.serve(h.metadata(), named))
	mux.HandleFunc(metadataPath+"/{pool}", h.serve(h.metadata(), named))

	none := func(*http.Request) id.Pool { return "" }
	whole := func(read func(ctx context.Context) ([]byte, error)) document {
		return document{func(ctx context.Context, _ id.Pool) ([]byte, error) { return read(ctx) }, keysAge, ""}
	}
	mux.HandleFunc(identitytoken.DiscoveryPath, h.serve(whole(h.Identities.Discovery), none))
	mux.HandleFunc(identitytoken.KeysPath, h.serve(whole(h.Identities.KeySet), none))
	mux.HandleFunc(principaltoken.DiscoveryPath, h.serve(whole(h.Principals.Discovery), none))
	mux.HandleFunc(principaltoken.KeysPath, h.serve(whole(h.Principals.KeySet), none))
}

// RegisterDomains adds the handler to the mux of what is served on every domain, where issuer.SiteFrom tells which one it is. A
// domain is no issuer, and clients that compare the issuer with the address that they have asked refuse the document.
func (h *Handler) RegisterDomains(mux *http.ServeMux) {
	here := func(r *http.Request) id.Pool { return issuer.SiteFrom(r.Context()).Pool }
	mux.HandleFunc(discoveryPath, h.serve(h.metadata(), here))
	mux.HandleFunc(metadataPath, h.serve(h.metadata(), here))
	mux.HandleFunc(federation.SAMLMetadata, h.serveSAML)
}

func (h *Handler) metadata() document {
	return document{h.Documents.Metadata, discoveryAge, "Not found"}
}

func (h *Handler) serve(d document, pool func(*http.Request) id.Pool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			write(w, http.StatusMethodNotAllowed, []byte(`{"message":"Method not allowed"}`))
			return
		}

		body, err := d.read(r.Context(), pool(r))
		if errors.Is(err, db.ErrNotFound) {
			write(w, http.StatusNotFound, []byte(`{"message":"`+d.missing+`"}`))
			return
		}
		if err != nil {
			h.log().ErrorContext(r.Context(), "serve pool document", "path", r.URL.Path, "error", err)
			write(w, http.StatusInternalServerError, []byte(`{"message":"Internal server error"}`))
			return
		}
		w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(d.age))
		write(w, http.StatusOK, body)
	}
}

func (h *Handler) log() *slog.Logger {
	if h.Log == nil {
		return slog.Default()
	}
	return h.Log
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone; net/http drops the body of an answer to HEAD
}
