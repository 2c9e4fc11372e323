// Package wellknown serves the documents that verifiers of tokens read: a user pool's key set and OpenID configuration, at
//
//	/<pool id>/.well-known/jwks.json
//	/<pool id>/.well-known/openid-configuration
//	/.well-known/oauth-authorization-server/<pool id>, where the pool follows RFC 8414 (docs/standards.md)
//
// and those of the issuers of identity pools' tokens and of principals' (engine/identitytoken, engine/principaltoken),
//
// as OpenID Connect Discovery 1.0 and docs/cognito/tokens.md, "Issuer and keys", have it. Anyone may read them, from any
// origin.
package wellknown
