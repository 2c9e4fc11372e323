package certificate

import (
	"context"
	"errors"

	"golang.org/x/crypto/acme/autocert"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/acme"
	"cardea/record/datakey"
)

// Cache keeps what the ACME client needs in the database, sealed, so that all nodes have the same certificates and any of them
// can answer a challenge.
type Cache struct {
	DB   *db.DB
	Ring *datakey.Ring
}

var _ autocert.Cache = (*Cache)(nil)

// Get implements autocert.Cache.
func (c *Cache) Get(ctx context.Context, name string) (data []byte, err error) {
	err = c.DB.Read(ctx, func(tx *db.Tx) error {
		sealed, err := acme.Get(tx, name)
		if err != nil {
			return err
		}
		box, err := c.Ring.ServerBox(tx)
		if err != nil {
			return err
		}
		data, err = box.Open(label(name), sealed)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, autocert.ErrCacheMiss
	}
	return data, err
}

// Put implements autocert.Cache.
func (c *Cache) Put(ctx context.Context, name string, data []byte) error {
	return c.write(ctx, func(tx *db.Tx, box *seal.Box) error {
		return acme.Put(tx, name, box.Seal(label(name), data))
	})
}

// Delete implements autocert.Cache.
func (c *Cache) Delete(ctx context.Context, name string) error {
	return c.write(ctx, func(tx *db.Tx, _ *seal.Box) error { return acme.Delete(tx, name) })
}

func (c *Cache) write(ctx context.Context, do func(tx *db.Tx, box *seal.Box) error) error {
	return c.DB.Write(ctx, func(tx *db.Tx) error {
		box, err := c.Ring.ServerBox(tx)
		if err != nil {
			return err
		}
		return do(tx, box)
	})
}

func label(name string) string { return "acme/" + name }
