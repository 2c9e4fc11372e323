// Package attempt stores how many proofs have failed, one row for each user (for their password and, apart from it, for
// their second factors), unknown name, source address and app client. Rows of unknown names are keyed by a hash.
//
// What the numbers mean, and when an account is locked, is engine/lockout's business.
package attempt
