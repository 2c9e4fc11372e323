// Package issuer names the issuer of a user pool's tokens and publishes the documents that verifiers of those tokens read:
// the pool's JSON Web Key Set and its OpenID configuration (OpenID Connect Discovery 1.0, docs/cognito/tokens.md, "Issuer
// and keys"). It also knows pools' domains: Names gives their addresses, and Sites finds the pool that a request for a domain
// is about (docs/cognito/domains.md).
//
// The name of an issuer and the address of its documents may differ: a server that replaces AWS, or one for development,
// can keep AWS's names. Keys are kept by engine/token; inbound/wellknown serves the documents.
package issuer
