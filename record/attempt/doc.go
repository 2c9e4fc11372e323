// Package attempt remembers failed proofs, one row per account that has a failure not yet forgiven. An account is a user,
// apart for their password and their second factors, or a name that belongs to nobody under a pseudonym: strangers' guesses
// at both are counted alike. Source addresses and app clients have accounts, too.
//
// What the numbers mean, and when an account is locked, is engine/lockout's business.
package attempt
