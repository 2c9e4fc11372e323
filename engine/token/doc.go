// Package token makes, renews, verifies and revokes the tokens of users: ID and access tokens as JSON Web Tokens with
// exactly Cognito's headers, claims and lifetimes, and opaque refresh tokens (docs/cognito/tokens.md).
//
// Minter.Mint and Minter.Refresh are the only ways to a token, and their gate alone decides whether a user may have one;
// the flows before them only prove who is there. The gate is asked inside the transaction that makes the session, so that
// nobody who is disabled, deleted or signed out meanwhile slips through; signing happens outside.
//
// Keys makes the pools' signing keys ahead of need. What an operation demands of a token's bearer is engine/access's.
package token
