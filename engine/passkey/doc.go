// Package passkey holds the two ceremonies of WebAuthn: registering a passkey and signing in with one (W3C Web
// Authentication Level 3, §7.1 and 7.2).
//
// A Registration remembers a challenge for a user and an app, and keeps the credential that answers it, once. A SignIn
// makes the options for the browser and judges what comes back; the challenge lies with the caller, sealed in a session
// that works once, and Assertion.Commit has the last word on the counter. For unknown users the same is done with decoys
// that no answer matches. Attestation is neither asked for nor judged: whoever has none could send "none", so that a statement
// proves nothing, and reading it would only expose more code to unauthenticated input.
//
// Conditions are answered, not faults; inbound/wording has the words for those of a registration, and feature/signin acts
// on those of a sign-in.
package passkey
