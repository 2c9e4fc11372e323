// Package session stores sessions, one for each sign-in, and their refresh tokens.
//
// One row is one sign-in: its id is the event_id claim of all its tokens, so that the session of an access token is found
// whether or not the app client has token revocation. Refresh tokens are kept as SHA-256 hashes only: the first in
// its session's row, those that rotation issues in rows of their own. A replaced token is kept for its grace period and
// after that is recognized by its form, since its use means that it was stolen. engine/token makes tokens and decides who may
// have one.
package session
