// Package bearer finds the user of an access token, for operations on the user's own account, in two steps. Authenticate
// checks the signature and the form of the token, before any transaction. Admit checks, inside a transaction, that the
// token's session, client and user still exist and are active (docs/cognito/wire.md, "Who may call").
//
// The pages of a pool's domain call the same operations for their visitor, who has a single sign-on session in the place of an
// access token (WithVisitor).
package bearer
