// Package totp is the time-based one-time password of RFC 6238 as authenticator apps and Amazon Cognito use it: HMAC-SHA-1
// (RFC 4226), six digits, a new code every 30 seconds.
//
// A code is told apart from another only by its step, the number of half minutes since 1970. Match says which step a code
// is of; that no step is accepted twice (RFC 6238 §5.2) is for its callers to remember.
package totp
