// Package temporary issues temporary credentials and opens them again: an access key id, its secret and a session token that
// says, sealed, whose they are and how long they live.
//
// Nothing is stored: the secret is derived from the token, and the token holds no secret. Whether the role or user of a session
// still exists, and what it may do, is left to engine/authorization.
//
// See docs/cognito/credentials.md, "Session tokens".
package temporary
