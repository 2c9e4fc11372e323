package issuer

import (
	"context"

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

// Metadata is the pool's authorization server metadata (RFC 8414), which is its OpenID configuration, or db.ErrNotFound where
// the pool has none.
func (d *Documents) Metadata(ctx context.Context, name id.Pool) ([]byte, error) {
	return d.document(ctx, "metadata/", name, func(_ *db.Tx, p *pool.Pool) ([]byte, error) {
		if !p.Follows(pool.Metadata) {
			return nil, db.ErrNotFound
		}
		return d.configuration(p)
	})
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
