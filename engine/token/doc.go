// Package token makes, renews, verifies and revokes the tokens of users: ID and access tokens as JSON Web Tokens with
// exactly Cognito's headers, claims and lifetimes, and opaque refresh tokens (docs/cognito/tokens.md).
//
// Minter.Open with Minter.Sign, Minter.Refresh and Minter.Exchange are the only functions that make tokens of users. Open
// decides whether the user may have one; the flows before it only prove who the user is. It decides inside the transaction that
// makes the session, so that a user who is disabled, deleted or signed out meanwhile gets none. Signing happens once that
// transaction has committed.
//
// KeyStock makes the pools' signing keys before they are needed. engine/bearer decides which access tokens an
// operation accepts.
package token
