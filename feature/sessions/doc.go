// Package sessions carries sign-ins on and ends them: tokens for a refresh token, the list of a user's sessions, the
// revocation of one of them, the sign-out of all; and whether a pool keeps account of them, and for how long an app client
// reuses those of single sign-on. How tokens are made and judged is engine/token's; how a session begins is signin's.
//
// See "Understanding user pool JSON web tokens", "Revoking refresh tokens" and "Managing user sessions" in the Amazon
// Cognito Developer Guide, and 03-tokens §5 and §6.
package sessions
