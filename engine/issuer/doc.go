// Package issuer says under which name a user pool issues tokens, and publishes what verifiers of those tokens read: the
// pool's JSON Web Key Set and its OpenID configuration (OpenID Connect Discovery 1.0, docs/cognito/tokens.md, "Issuer
// and keys").
//
// The name of an issuer and the address where its documents are read may differ: a server that takes over from AWS, or one
// for development, can keep AWS's names. Keys are engine/token's; HTTP is left to inbound/wellknown.
package issuer
