// Package broker gives credentials of another token service in the place of this server's own, for those roles of identity pools
// for which the operator has configured one.
//
// The other service is shown an OpenID token of the identity pool, and decides by its own roles and policies. What it answers is
// kept for a short time, for the same login of the same identity alone.
//
// See docs/cognito/credentials.md, "Credentials of other services".
package broker
