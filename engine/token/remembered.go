package token

import (
	"crypto/sha256"
	"sync"
)

// maxRemembered bounds the tokens of each of the two generations of a memory. Each takes about a kilobyte.
const maxRemembered = 8192

// remembered keeps what access tokens say whose signatures have been verified. An app shows one token with many requests,
// and verifying its signature costs more than the rest of most of them.
//
// Only what can never change is kept: that these very bytes were signed as an access token. Whether the token has expired,
// and whether its session, its client and its user are still good, is found out at each use. Once a generation is full, the
// tokens that were not shown since the one before it are forgotten.
type remembered struct {
	mu            sync.RWMutex
	recent, older map[tokenHash]*Claims
}

// tokenHash is the SHA-256 of a whole token, its signature included.
type tokenHash [sha256.Size]byte

func hashOf(jwt string) tokenHash { return sha256.Sum256([]byte(jwt)) }

// find gives what a token says, or nil. It is shared: never change it.
func (r *remembered) find(token tokenHash) *Claims {
	r.mu.RLock()
	c, recent := r.recent[token]
	if !recent {
		c = r.older[token]
	}
	r.mu.RUnlock()
	if c != nil && !recent {
		r.keep(token, c)
	}
	return c
}

func (r *remembered) keep(token tokenHash, c *Claims) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.recent == nil || len(r.recent) >= maxRemembered {
		r.recent, r.older = map[tokenHash]*Claims{}, r.recent
	}
	r.recent[token] = c
}
