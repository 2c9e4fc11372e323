// Package totp is the time-based one-time password of RFC 6238 as authenticator apps and Amazon Cognito use it: HMAC-SHA-1
// (RFC 4226), six digits, a new code every 30 seconds.
//
// A code belongs to a step, the number of half minutes since 1970. Match says which step a code
// is of; callers must refuse a step that was accepted before (RFC 6238 §5.2).
package totp
