package passkeys

import (
	"cardea/engine/bearer"
	"cardea/platform/page"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	Pages         *page.Codec
	Authenticator *bearer.Authenticator
}

var _ cognitoidp.Passkeys = (*Service)(nil)
