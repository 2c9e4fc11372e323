package principaltoken

import (
	"context"
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cardea/engine/token"
	"cardea/platform/tracing"
	"cardea/record/signingkey"
	"cardea/spec/jose"
)

// ErrTooLarge says that the claims of a token take too much space.
var ErrTooLarge = errors.New("the claims of the token are too large")

// DefaultLife is how long tokens are valid for which nothing is said.
const DefaultLife = 5 * time.Minute

// Paths of the issuer's documents below the server's public address.
const (
	path          = "/sts"
	DiscoveryPath = path + "/.well-known/openid-configuration"
	KeysPath      = path + "/.well-known/jwks.json"
)

// algorithms are those that a token may be signed by.
var algorithms = []string{jose.RS256, jose.ES384}

// Minter makes tokens. Its methods may be called at once by many.
type Minter struct {
	Keys      *token.KeyStock
	PublicURL string // under which clients reach the server, without a path

	// Signer signs with an RSA key; nil: the standard library does.
	Signer func(*rsa.PrivateKey) jose.Signer

	mu   sync.RWMutex
	keys *keys
}

// keys are the server's, ready for use. They never change.
type keys struct {
	signing map[string]*jose.SigningKey // by algorithm
	public  []jose.Key
}

// Issuer is the issuer of the tokens: an address below which its documents are read.
func (m *Minter) Issuer() string { return m.PublicURL + path }

// Signs reports whether tokens may be signed by an algorithm.
func Signs(algorithm string) bool { return slices.Contains(algorithms, algorithm) }

// Sign makes a token by an algorithm that Signs: ErrTooLarge.
func (m *Minter) Sign(ctx context.Context, algorithm string, c *Claims) (string, error) {
	ctx, span := tracing.Start(ctx, "sign tokens")
	defer span.End(false)
	payload, err := m.render(c)
	if err != nil {
		return "", err
	}
	k, err := m.ready(ctx)
	if err != nil {
		return "", err
	}
	return k.signing[algorithm].SignTyped("JWT", payload)
}

// ready opens the server's keys, once.
func (m *Minter) ready(ctx context.Context) (*keys, error) {
	m.mu.RLock()
	known := m.keys
	m.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	rsaKey, err := m.Keys.ServerKey(ctx, signingkey.PrincipalsRSA)
	if err != nil {
		return nil, fmt.Errorf("RSA key for tokens of principals: %w", err)
	}
	curveKey, err := m.Keys.ServerCurveKey(ctx, signingkey.PrincipalsECDSA)
	if err != nil {
		return nil, fmt.Errorf("ECDSA key for tokens of principals: %w", err)
	}
	made := &keys{signing: map[string]*jose.SigningKey{}}
	made.add(jose.RS256, &rsaKey.PublicKey, m.signer(rsaKey))
	made.add(jose.ES384, &curveKey.PublicKey, jose.ECDSA{Key: curveKey})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = made
	return made, nil
}

func (k *keys) add(algorithm string, public crypto.PublicKey, signer jose.Signer) {
	kid := jose.KeyID(public)
	k.signing[algorithm] = jose.NewSigningKey(algorithm, kid, signer)
	k.public = append(k.public, jose.Key{ID: kid, Public: public, Algorithm: algorithm})
}

func (m *Minter) signer(key *rsa.PrivateKey) jose.Signer {
	if m.Signer != nil {
		return m.Signer(key)
	}
	return jose.RSA{Key: key}
}
