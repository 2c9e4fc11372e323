package federated

import (
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"cardea/platform/db"
)

const (
	second = time.Second

	// remembered is how long a verified token is relied on, unless it expires before.
	remembered = 5 * time.Minute

	// maxVerified is how many tokens are remembered; beyond it an arbitrary one is dropped.
	maxVerified = 20_000
)

// verified remembers tokens that were verified, by their hash. What it has is shared, and must not be changed.
type verified struct {
	mu     sync.RWMutex
	tokens map[[sha256.Size]byte]kept
}

type kept struct {
	token *Token
	until time.Time
}

// keyOf names a token as a login of one provider.
func keyOf(provider, token string) (key [sha256.Size]byte) {
	h := sha256.New()
	h.Write([]byte(provider))
	h.Write([]byte{0})
	h.Write([]byte(token))
	h.Sum(key[:0])
	return key
}

// get answers nil for a token that is not remembered.
func (v *verified) get(key [sha256.Size]byte, now time.Time) *Token {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if found, ok := v.tokens[key]; ok && now.Before(found.until) {
		return found.token
	}
	return nil
}

func (v *verified) put(key [sha256.Size]byte, t *Token, now time.Time) {
	until := now.Add(remembered)
	if end := time.Unix(t.Expires, 0); end.Before(until) {
		until = end
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.tokens == nil {
		v.tokens = map[[sha256.Size]byte]kept{}
	}
	if _, there := v.tokens[key]; !there && len(v.tokens) >= maxVerified {
		for victim := range v.tokens {
			delete(v.tokens, victim)
			break
		}
	}
	v.tokens[key] = kept{t, until}
}

func isNotFound(err error) bool { return errors.Is(err, db.ErrNotFound) }
