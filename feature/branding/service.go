package branding

import (
	"errors"
	"fmt"

	"cardea/engine/issuer"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	DB    *db.DB
	Pages *page.Codec
	Names issuer.Names // the addresses of images
}

var _ cognitoidp.Branding = (*Service)(nil)

// found is err, or that what an id names does not exist.
func found(err error, kind, id string) error {
	if errors.Is(err, db.ErrNotFound) {
		return cognitoidp.ResourceNotFound(kind + " " + id + " does not exist.")
	}
	if err != nil {
		return fmt.Errorf("find %s: %w", kind, err)
	}
	return nil
}
