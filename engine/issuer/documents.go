package issuer

import (
	"context"
	"encoding/json"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// Documents makes the documents that verifiers of a pool's tokens read.
type Documents struct {
	DB    *db.DB
	Names Names
	// Keys are the public keys of a pool, of ID tokens and of access tokens.
	Keys func(tx *db.Tx, pool id.Pool) ([]jose.Key, error)
}

// KeySet is the pool's JSON Web Key Set, or db.ErrNotFound.
func (d *Documents) KeySet(ctx context.Context, name id.Pool) (set []byte, err error) {
	err = d.read(ctx, name, func(tx *db.Tx, p *pool.Pool) error {
		keys, err := d.Keys(tx, p.ID)
		set = jose.Set(keys...)
		return err
	})
	return set, err
}

// Discovery is the pool's OpenID configuration, or db.ErrNotFound.
func (d *Documents) Discovery(ctx context.Context, name id.Pool) (document []byte, err error) {
	err = d.read(ctx, name, func(_ *db.Tx, p *pool.Pool) error {
		document, err = d.configuration(p.ID)
		return err
	})
	return document, err
}

// read looks up the pool. A name that is not in the form of a pool id never reaches the database, which might not be able
// to hold it.
func (d *Documents) read(ctx context.Context, name id.Pool, do func(tx *db.Tx, p *pool.Pool) error) error {
	if !name.Valid() {
		return db.ErrNotFound
	}
	return d.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := pool.Get(tx, name)
		if err != nil {
			return err
		}
		return do(tx, p)
	})
}

// configuration is the document of a pool without a domain: it has no endpoints for browsers.
func (d *Documents) configuration(pool id.Pool) ([]byte, error) {
	return json.Marshal(struct {
		Algorithms    []string `json:"id_token_signing_alg_values_supported"`
		Issuer        string   `json:"issuer"`
		Keys          string   `json:"jwks_uri"`
		ResponseTypes []string `json:"response_types_supported"`
		Scopes        []string `json:"scopes_supported"`
		SubjectTypes  []string `json:"subject_types_supported"`
		ClientProofs  []string `json:"token_endpoint_auth_methods_supported"`
	}{
		Algorithms:    []string{jose.RS256},
		Issuer:        d.Names.Issuer(pool),
		Keys:          d.Names.Public(pool) + "/.well-known/jwks.json",
		ResponseTypes: []string{"code", "token"},
		Scopes:        []string{"openid", "email", "phone", "profile"},
		SubjectTypes:  []string{"public"},
		ClientProofs:  []string{"client_secret_basic", "client_secret_post"},
	})
}
