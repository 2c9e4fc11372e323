package passkeys

import (
	"cardea/engine/bearer"
	"cardea/engine/passkey"
	"cardea/platform/page"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	Pages         *page.Codec
	Authenticator *bearer.Authenticator
	Parties       passkey.Parties
}

// Offered tells whether users of a pool can make passkeys at a page of its domain, by the page's origin.
func (s *Service) Offered(p *pool.Pool, page string) bool {
	_, err := s.Parties.Of(p, page)
	return err == nil && passkey.Enabled(p)
}

var _ cognitoidp.Passkeys = (*Service)(nil)
