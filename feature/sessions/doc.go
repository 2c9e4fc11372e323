// Package sessions carries sign-ins on and ends them: tokens for a refresh token, the list of a user's sessions, the
// revocation of one of them, the sign-out of all; and whether a pool keeps account of them, and for how long an app client
// reuses those of single sign-on. How tokens are made and judged is engine/token's; how a session begins is signin's.
//
// See docs/cognito/tokens.md, "Refresh", "Rotation" and "Revocation"; and in the Amazon Cognito Developer Guide "Managing
// user sessions".
package sessions
