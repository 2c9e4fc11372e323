// Package sessions answers the operations on sessions: new tokens for a refresh token, the list of a user's sessions, the
// revocation of one, the sign-out from all, whether a pool tracks sessions, and for how long an app client reuses those of
// single sign-on. engine/token makes and verifies tokens; feature/signin begins sessions.
//
// See docs/cognito/tokens.md, "Refresh", "Rotation" and "Revocation"; and in the Amazon Cognito Developer Guide "Managing
// user sessions".
package sessions
