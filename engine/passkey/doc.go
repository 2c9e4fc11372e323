// Package passkey holds the two ceremonies of WebAuthn: registering a passkey and signing in with one (W3C Web
// Authentication Level 3, §7.1 and 7.2).
//
// A Registration remembers a challenge for a user and an app, and keeps the credential that answers it, once. A SignIn
// makes the options for the browser and judges what comes back; the caller keeps the challenge, sealed in a session
// that works once, and Assertion.Commit checks the counter again. For unknown users the same is done with decoys that no
// answer matches. Attestation is neither asked for nor judged: an authenticator may always send "none", so that a statement
// proves nothing, and parsing it would expose more code to unauthenticated input.
//
// The package returns conditions, not faults; inbound/wording words those of a registration, and feature/signin handles
// those of a sign-in.
package passkey
