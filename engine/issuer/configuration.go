package issuer

import (
	"encoding/json"
	"maps"

	"cardea/record/pool"
	"cardea/spec/jose"
)

// Endpoint is an address of a pool's domain that its OpenID configuration names.
type Endpoint struct {
	Member   string // of the configuration: "authorization_endpoint"
	Path     string // below the domain's base URL: "/oauth2/authorize"
	Standard string // it answers in pools that offer this one of record/pool; empty: in all
}

// facts are what configurations of pools that follow a standard say besides. Of endpoints they say nothing.
var facts = map[string]map[string]any{
	pool.BackChannelLogout: {
		"backchannel_logout_supported":         true,
		"backchannel_logout_session_supported": true,
	},
	pool.DPoP:          {"dpop_signing_alg_values_supported": jose.HeldAlgorithms()},
	pool.Introspection: {"introspection_endpoint_auth_methods_supported": bySecret},
}

// bySecret are the ways in which a client proves itself that has a secret.
var bySecret = []string{"client_secret_basic", "client_secret_post"}

// configuration is the document of a pool. It names the endpoints that answer: of a pool without a domain there are none.
func (d *Documents) configuration(p *pool.Pool) ([]byte, error) {
	members := map[string]any{
		"id_token_signing_alg_values_supported": []string{jose.RS256},
		"issuer":                                d.Names.Issuer(p.ID),
		"jwks_uri":                              d.Names.Public(p.ID) + "/.well-known/jwks.json",
		"response_types_supported":              p.ResponseTypes(),
		"scopes_supported":                      []string{"openid", "email", "phone", "profile"},
		"subject_types_supported":               []string{"public"},
		"token_endpoint_auth_methods_supported": bySecret,
	}
	if base := d.Names.PoolURL(p); base != "" {
		for _, endpoint := range d.Endpoints {
			if endpoint.Standard == "" || p.Offers(endpoint.Standard) {
				members[endpoint.Member] = base + endpoint.Path
			}
		}
	}
	if p.Follows(pool.Metadata) || p.Follows(pool.Strict) {
		maps.Copy(members, metadata(p))
	}
	for standard, said := range facts {
		if p.Follows(standard) {
			maps.Copy(members, said)
		}
	}
	return json.Marshal(members)
}

// metadata is what RFC 8414 and OpenID Connect Discovery 1.0 have a configuration say, and Cognito's does not.
func metadata(p *pool.Pool) map[string]any {
	anyClient := []string{"client_secret_basic", "client_secret_post", "none"}
	modes := p.ResponseModes()
	if modes == nil {
		modes = []string{"query", "fragment"}
	}
	return map[string]any{
		"authorization_response_iss_parameter_supported": p.Follows(pool.Strict),
		"claims_parameter_supported":                     false,
		"claims_supported":                               claims,
		"code_challenge_methods_supported":               []string{"S256"},
		"grant_types_supported":                          grantTypes(p),
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"response_modes_supported":                       modes,
		"revocation_endpoint_auth_methods_supported":     anyClient,
		"token_endpoint_auth_methods_supported":          anyClient,
	}
}

// grantTypes are those of the token endpoint, and the implicit one.
func grantTypes(p *pool.Pool) []string {
	types := []string{"authorization_code", "client_credentials", "refresh_token"}
	if !p.Follows(pool.Strict) {
		types = append(types, "implicit")
	}
	if p.Follows(pool.DeviceGrant) {
		types = append(types, "urn:ietf:params:oauth:grant-type:device_code")
	}
	if p.Follows(pool.TokenExchange) {
		types = append(types, "urn:ietf:params:oauth:grant-type:token-exchange")
	}
	return types
}

// claims are those of ID tokens and userInfo that OpenID Connect defines.
var claims = []string{
	"address", "at_hash", "aud", "auth_time", "birthdate", "email", "email_verified", "exp", "family_name", "gender", "given_name",
	"iat", "iss", "locale", "middle_name", "name", "nickname", "nonce", "phone_number", "phone_number_verified", "picture",
	"preferred_username", "profile", "sub", "updated_at", "website", "zoneinfo",
}
