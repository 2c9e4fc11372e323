// Package password checks new passwords against the policy and the history, computes their stored form, and verifies
// passwords.
//
// Two forms of storage exist, chosen per pool: an SRP verifier, which serves SRP and password flows, and an argon2id hash,
// which is 150 times as costly to guess at but makes SRP impossible. Both are sealed under the pool's key and bound to
// their user, so that a stolen database alone allows no guessing. Unknown users and users without a password cost the
// same work as others. The number of costly hashes computed at once is bounded: others wait, or are refused when too many do.
//
// All arithmetic happens outside transactions: Prepare computes, Change.Apply writes the result into a user.
package password
