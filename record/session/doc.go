// Package session remembers sign-ins and the refresh tokens that carry them on.
//
// One row is one sign-in: its id is the event_id claim of every token that came of it, so that an access token finds its
// session whether or not the app client has token revocation. Refresh tokens are kept as SHA-256 hashes only: the first in
// its session's row, those that rotation issues in rows of their own. Each is kept as long as its session, because a token
// that rotation has replaced must be known again when a thief comes with it. What a token looks like, and who may have
// one, is engine/token's.
package session
