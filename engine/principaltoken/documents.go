package principaltoken

import (
	"context"
	"encoding/json"

	"cardea/spec/jose"
)

// KeySet is the key set by which the tokens are verified.
func (m *Minter) KeySet(ctx context.Context) ([]byte, error) {
	k, err := m.ready(ctx)
	if err != nil {
		return nil, err
	}
	return jose.Set(k.public...), nil
}

// Discovery is the issuer's OpenID configuration.
func (m *Minter) Discovery(context.Context) ([]byte, error) {
	return json.Marshal(map[string]any{
		"issuer":                                m.Issuer(),
		"jwks_uri":                              m.PublicURL + KeysPath,
		"response_types_supported":              []string{"id_token"}, // which discovery requires
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": algorithms,
		"claims_supported":                      []string{"sub", "iss", "aud", "exp", "iat", "jti", namespace},
	})
}
