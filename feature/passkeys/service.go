package passkeys

import (
	"cardea/engine/bearer"
	"cardea/engine/passkey"
	"cardea/platform/page"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	Pages         *page.Codec
	Authenticator *bearer.Authenticator
	Parties       passkey.Parties
}

var _ cognitoidp.Passkeys = (*Service)(nil)
