package identitytoken

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/platform/tracing"
	"cardea/record/cutoff"
	"cardea/record/signingkey"
	"cardea/spec/jose"
)

var (
	// ErrForged says that a text is no token of an identity pool of this server.
	ErrForged = errors.New("not a token of an identity pool")

	// ErrExpired says that a token was one.
	ErrExpired = errors.New("the token of an identity pool has expired")
)

// path is where the documents of the issuer are, below the server's public address.
const path = "/identity"

// Minter makes tokens and verifies them. Its methods may be called at once by many.
type Minter struct {
	DB        *db.DB
	Keys      *token.KeyStock
	PublicURL string // under which clients reach the server, without a path

	// Signer signs with a private key; nil: the standard library does.
	Signer func(*rsa.PrivateKey) jose.Signer

	once    sync.Once
	slots   chan struct{}        // of signatures at once
	cutoffs *db.Cache[time.Time] // since when tokens are good

	mu   sync.RWMutex
	keys *keys
}

// keys are the server's, ready for use: one RSA key under several names, one of tokens for this server and one for each algorithm of
// tokens for others. They never change.
type keys struct {
	signing map[string]*jose.SigningKey // by Claims.Elsewhere
	public  map[string]jose.Key
}

// Claims are what a token says.
type Claims struct {
	Pool     string // aud: the identity pool
	PoolARN  string
	Identity string   // sub
	Methods  []string // amr
	// Tags are those of the sessions that the token leads to, and Transitive the keys of those that later sessions keep.
	Tags       map[string]string
	Transitive []string
	Issued     time.Time
	Expires    time.Time
	// Elsewhere is the algorithm, jose.RS512 or jose.RS256, of a token for another token service, which is good there alone: whoever
	// runs that service is not to be anybody here. It is empty for a token of RS512 that is good here.
	Elsewhere string
}

// Issuer is the issuer of the tokens: an address below which its documents are read.
func (m *Minter) Issuer() string { return m.PublicURL + path }

// Sign makes a token. Not more than half of the processors sign at once: whoever may ask without a password must not keep others
// waiting.
func (m *Minter) Sign(ctx context.Context, c Claims) (string, error) {
	ctx, span := tracing.Start(ctx, "sign tokens")
	defer span.End(false)
	k, err := m.ready(ctx)
	if err != nil {
		return "", err
	}
	payload, err := m.render(&c)
	if err != nil {
		return "", err
	}
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	return k.signing[c.Elsewhere].SignTyped("JWS", payload)
}

// Verify reads a token of this server that is good here: ErrForged, ErrExpired. What ends temporary credentials ends it, too, within a
// second on every node: it is exchanged for new ones.
func (m *Minter) Verify(ctx context.Context, jwt string) (*Claims, error) {
	t, err := jose.Parse(jwt)
	if err != nil {
		return nil, ErrForged
	}
	var p payload
	if json.Unmarshal(t.Payload, &p) != nil || p.Issuer != m.Issuer() {
		return nil, ErrForged
	}
	if m.DB.Now().Unix() >= p.Expires {
		return nil, ErrExpired
	}
	k, err := m.ready(ctx)
	if err != nil {
		return nil, err
	}
	if t.Verify(k.public[""]) != nil {
		return nil, ErrForged
	}
	c := p.claims()
	since, err := m.cutoffs.Get(ctx, cutoff.Credentials, func(tx *db.Tx) (time.Time, error) { return cutoff.Get(tx, cutoff.Credentials) })
	if err != nil {
		return nil, fmt.Errorf("since when tokens of identity pools are good: %w", err)
	}
	if c.Issued.Before(since) { // a token says in whole seconds when it was issued: one of the moment's own second has ended
		return nil, ErrExpired
	}
	return c, nil
}

// ready opens the server's key, once.
func (m *Minter) ready(ctx context.Context) (*keys, error) {
	m.once.Do(func() {
		m.slots = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))
		m.cutoffs = &db.Cache[time.Time]{DB: m.DB, Table: cutoff.Table, Age: time.Second, Max: 1}
	})
	m.mu.RLock()
	known := m.keys
	m.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	private, err := m.Keys.ServerKey(ctx, signingkey.IdentityTokens)
	if err != nil {
		return nil, fmt.Errorf("key for tokens of identity pools: %w", err)
	}
	made := &keys{signing: map[string]*jose.SigningKey{}, public: map[string]jose.Key{}}
	kid, signer := jose.KeyID(&private.PublicKey), m.signer(private)
	add := func(elsewhere, algorithm, name string) {
		made.signing[elsewhere] = jose.NewSigningKey(algorithm, name, signer)
		made.public[elsewhere] = jose.Key{ID: name, Public: &private.PublicKey, Algorithm: algorithm}
	}
	add("", jose.RS512, kid)
	add(jose.RS512, jose.RS512, kid+"-"+jose.RS512)
	add(jose.RS256, jose.RS256, kid+"-"+jose.RS256)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys = made
	return made, nil
}

func (m *Minter) signer(key *rsa.PrivateKey) jose.Signer {
	if m.Signer != nil {
		return m.Signer(key)
	}
	return jose.RSA{Key: key}
}
