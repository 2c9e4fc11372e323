package issuer

import (
	"context"
	"encoding/json"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// maxDocuments bounds what is remembered; beyond it an arbitrary document is dropped.
const maxDocuments = 10_000

// Documents makes the documents that verifiers of a pool's tokens read.
type Documents struct {
	Names Names
	// Keys are the public keys of a pool, of ID tokens and of access tokens.
	Keys func(tx *db.Tx, pool id.Pool) ([]jose.Key, error)
	// Endpoints are those that answer on every domain.
	Endpoints []Endpoint

	known *db.Cache[[]byte] // by kind and pool
}

// NewDocuments makes the Documents of a database.
func NewDocuments(d *db.DB, names Names, keys func(tx *db.Tx, pool id.Pool) ([]jose.Key, error)) *Documents {
	known := &db.Cache[[]byte]{DB: d, Table: pool.Table, Age: Remembered, Max: maxDocuments}
	return &Documents{Names: names, Keys: keys, known: known}
}

// KeySet is the pool's JSON Web Key Set, or db.ErrNotFound.
func (d *Documents) KeySet(ctx context.Context, name id.Pool) ([]byte, error) {
	return d.document(ctx, "keys/", name, func(tx *db.Tx, p *pool.Pool) ([]byte, error) {
		keys, err := d.Keys(tx, p.ID)
		return jose.Set(keys...), err
	})
}

// Discovery is the pool's OpenID configuration, or db.ErrNotFound.
func (d *Documents) Discovery(ctx context.Context, name id.Pool) ([]byte, error) {
	return d.document(ctx, "discovery/", name, func(_ *db.Tx, p *pool.Pool) ([]byte, error) { return d.configuration(p) })
}

// document is rendered once for each version of the pool, which is looked up when Remembered has passed. A name that is not in
// the form of a pool id never reaches the database, which might not be able to hold it.
func (d *Documents) document(ctx context.Context, kind string, name id.Pool, render func(tx *db.Tx, p *pool.Pool) ([]byte, error)) ([]byte, error) {
	if !name.Valid() {
		return nil, db.ErrNotFound
	}
	return d.known.Get(ctx, kind+string(name), func(tx *db.Tx) ([]byte, error) {
		p, err := pool.Get(tx, name)
		if err != nil {
			return nil, err
		}
		return db.Memo(tx, kind+string(name), p.Version, func() ([]byte, error) { return render(tx, p) })
	})
}

// Endpoint is an address of a pool's domain that its OpenID configuration names.
type Endpoint struct {
	Member   string // of the configuration: "authorization_endpoint"
	Path     string // below the domain's base URL: "/oauth2/authorize"
	Standard string // it answers in pools that follow this one of record/pool; empty: in all
}

// configuration is the document of a pool. It names the endpoints that answer: of a pool without a domain there are none.
func (d *Documents) configuration(p *pool.Pool) ([]byte, error) {
	members := map[string]any{
		"id_token_signing_alg_values_supported": []string{jose.RS256},
		"issuer":                                d.Names.Issuer(p.ID),
		"jwks_uri":                              d.Names.Public(p.ID) + "/.well-known/jwks.json",
		"response_types_supported":              p.ResponseTypes(),
		"scopes_supported":                      []string{"openid", "email", "phone", "profile"},
		"subject_types_supported":               []string{"public"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
	}
	if base := d.Names.PoolURL(p); base != "" {
		for _, endpoint := range d.Endpoints {
			if endpoint.Standard == "" || p.Follows(endpoint.Standard) {
				members[endpoint.Member] = base + endpoint.Path
			}
		}
	}
	return json.Marshal(members)
}
