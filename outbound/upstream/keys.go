package upstream

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"net/http"

	jose "github.com/go-jose/go-jose/v4"
)

// Bounds of keys: what is smaller can be broken, and what is larger costs too much to verify.
const (
	maxKeys = 100
	minRSA  = 2048
	maxRSA  = 8192
)

// keySet are the public keys of a provider that verify signatures, by their ids.
type keySet map[string][]key

// key is a public key, with the algorithms that it may be used with: the key says so, never a token.
type key struct {
	public     any
	algorithms []jose.SignatureAlgorithm
}

// asymmetric are the algorithms that ID tokens may have. There is none without a signature, and none with a shared secret.
var asymmetric = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// keys gives the key set at an address: the known one, if it is not older than a quarter of an hour, or one that is fetched now.
func (c *Client) keys(ctx context.Context, address string, renew bool, j *Journal) (keySet, error) {
	_, keySets := c.caches()
	found, err := keySets.get(ctx, address, renew, func() (keySet, error) { return c.fetchKeys(ctx, address, j) })
	return found, asError("keys", err)
}

func (c *Client) fetchKeys(ctx context.Context, address string, j *Journal) (keySet, error) {
	const other = "Error in calling jwks uri"
	got, err := c.send(ctx, call{name: "keys", method: http.MethodGet, url: address, words: words{"Timeout in calling jwks uri", other}}, j)
	if err != nil {
		return nil, err
	}
	if got.status != http.StatusOK {
		return nil, fail("keys", other, "Is jwks_uri right?", "the key set is answered with status %d", got.status)
	}
	document, err := readObject(got.body)
	if err != nil {
		return nil, fail("keys", other, "Is jwks_uri right?", "the key set: %w", err)
	}
	list, ok := document["keys"].([]any)
	if !ok || len(list) > maxKeys {
		return nil, fail("keys", other, "Is jwks_uri right?", "the key set is not a list of at most %d keys", maxKeys)
	}
	set := keySet{}
	for _, member := range list {
		if id, k, ok := readKey(member); ok {
			set[id] = append(set[id], k)
		}
	}
	return set, nil
}

// readKey reads one key. Those that this server has no use for are left out: for encryption, of unknown kinds, secret ones.
func readKey(member any) (id string, k key, ok bool) {
	raw, err := json.Marshal(member)
	if err != nil {
		return "", key{}, false
	}
	var found jose.JSONWebKey
	if err := found.UnmarshalJSON(raw); err != nil || found.KeyID == "" || found.Use != "" && found.Use != "sig" {
		return "", key{}, false
	}
	k = key{public: found.Key, algorithms: algorithmsOf(found.Key)}
	if found.Algorithm != "" {
		k.algorithms = only(k.algorithms, jose.SignatureAlgorithm(found.Algorithm))
	}
	return found.KeyID, k, len(k.algorithms) > 0
}

// algorithmsOf are the algorithms of a kind of public key; none for keys that are secret or private.
func algorithmsOf(public any) []jose.SignatureAlgorithm {
	switch public := public.(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits >= minRSA && bits <= maxRSA {
			return []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512}
		}
	case *ecdsa.PublicKey:
		switch public.Curve.Params().BitSize {
		case 256:
			return []jose.SignatureAlgorithm{jose.ES256}
		case 384:
			return []jose.SignatureAlgorithm{jose.ES384}
		case 521:
			return []jose.SignatureAlgorithm{jose.ES512}
		}
	case ed25519.PublicKey:
		return []jose.SignatureAlgorithm{jose.EdDSA}
	}
	return nil
}

func only(list []jose.SignatureAlgorithm, wanted jose.SignatureAlgorithm) []jose.SignatureAlgorithm {
	for _, alg := range list {
		if alg == wanted {
			return []jose.SignatureAlgorithm{alg}
		}
	}
	return nil
}
