package oauth

import (
	"cardea/record/pool"
	"cardea/spec/dpop"
)

// Holder is what the caller of a request shows of the key that its tokens are bound to (RFC 9449).
type Holder struct {
	Proofs []string // of the header DPoP
	Method string
	URL    string // of the endpoint, as it is configured
}

// key is the proof of a request that asks for tokens; nil: there is none, or the pool does not follow the standard. It answers
// dpop.ErrProof.
func (s *Service) key(p *pool.Pool, h Holder) (*dpop.Proof, error) {
	if len(h.Proofs) == 0 || !p.Follows(pool.DPoP) {
		return nil, nil
	}
	return s.check(h, "")
}

// check judges the proof of a request that shows an access token, or none.
func (s *Service) check(h Holder, accessToken string) (*dpop.Proof, error) {
	if len(h.Proofs) != 1 {
		return nil, dpop.ErrProof
	}
	proof, err := dpop.Check(h.Proofs[0], dpop.Request{Method: h.Method, URL: h.URL, Token: accessToken}, s.DB.Now())
	if err != nil {
		return nil, err
	}
	return &proof, nil
}
