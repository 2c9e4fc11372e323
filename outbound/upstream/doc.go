// Package upstream speaks with identity providers as their client: OpenID Connect providers, Google, Apple, Facebook and Amazon. It
// sends nothing but through the guarded client that it is given, and takes nothing for true that it has not checked.
//
// It follows OpenID Connect Core and Discovery 1.0, RFC 6749 (codes), RFC 7636 (PKCE, always by S256), RFC 9207 (iss in the answer)
// and RFC 9700. Tokens are parsed and their signatures verified by go-jose; which algorithms a key may have, and what a token has to
// say, is decided here. What Cognito does, and what the app is told, is in docs/cognito/federation.md.
package upstream
