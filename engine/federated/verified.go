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

	// maxVerified is how many bytes the tokens have that are remembered; beyond it arbitrary ones are dropped. Whoever may sign in can
	// have as many as they like, of any size. What is remembered of a token is two to four times as large.
	maxVerified = 32 << 20

	// small is what every token counts at least.
	small = 1024
)

// verified remembers tokens that were verified, by their hash. What it has is shared, and must not be changed.
type verified struct {
	mu     sync.RWMutex
	tokens map[[sha256.Size]byte]kept
	size   int // of all
}

type kept struct {
	token *Token
	until time.Time
	size  int
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

// put remembers a token whose text has so many bytes.
func (v *verified) put(key [sha256.Size]byte, t *Token, now time.Time, size int) {
	until := now.Add(remembered)
	if end := time.Unix(t.Expires, 0); end.Before(until) {
		until = end
	}
	size = max(size, small)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.tokens == nil {
		v.tokens = map[[sha256.Size]byte]kept{}
	}
	v.drop(key)
	for victim := range v.tokens {
		if v.size+size <= maxVerified {
			break
		}
		v.drop(victim)
	}
	v.tokens[key] = kept{t, until, size}
	v.size += size
}

func (v *verified) drop(key [sha256.Size]byte) {
	v.size -= v.tokens[key].size
	delete(v.tokens, key)
}

func isNotFound(err error) bool { return errors.Is(err, db.ErrNotFound) }
