// Package sessions carries sign-ins on and ends them: tokens for a refresh token, the revocation of one session, the sign-out
// of all of a user's. How tokens are made and judged is engine/token's; how a session begins is signin's.
//
// See "Understanding user pool JSON web tokens" and "Revoking refresh tokens" in the Amazon Cognito Developer Guide, and
// 03-tokens §5 and §6.
package sessions
