package identitytoken

import (
	"context"
	"encoding/json"

	"cardea/spec/jose"
)

// Paths of the issuer's documents below the server's public address. AWS has its key set at jwks_uri.
const (
	DiscoveryPath = path + "/.well-known/openid-configuration"
	KeysPath      = path + "/.well-known/jwks_uri"
)

// KeySet is the key set by which the tokens are verified.
func (m *Minter) KeySet(ctx context.Context) ([]byte, error) {
	k, err := m.ready(ctx)
	if err != nil {
		return nil, err
	}
	return jose.Set(k.public[""], k.public[jose.RS512], k.public[jose.RS256]), nil
}

// Discovery is the issuer's OpenID configuration.
func (m *Minter) Discovery(context.Context) ([]byte, error) {
	return json.Marshal(map[string]any{
		"issuer":                                m.Issuer(),
		"jwks_uri":                              m.PublicURL + KeysPath,
		"authorization_endpoint":                m.Issuer() + "/authorize", // which discovery requires, and nothing answers
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{jose.RS512, jose.RS256},
		"claims_supported":                      []string{"sub", "aud", "amr", "iss", "exp", "iat"},
	})
}
