// Package temporary issues temporary credentials and opens them again: an access key id, its secret and a session token that
// says, sealed, whose they are and how long they live.
//
// Nothing is stored: id and secret are derived from the token, and the token holds no secret. A token is opened in the order in which
// it costs least: the id must be the token's, then the caller checks the signature with the secret, and only then Session unseals. So whoever
// sends a token has only had one that is not theirs hashed. Whether the role or user of a session still exists, and what it may do, is left to
// engine/authorization.
//
// See docs/cognito/credentials.md, "Session tokens".
package temporary
