// Package attempt counts failed proofs, one row per account that has any. An account is a user, apart for their password and
// their second factors; the pseudonym of a name that no user has, whose failures count alike; a source address; or an app
// client.
//
// engine/lockout decides when an account is locked.
package attempt
