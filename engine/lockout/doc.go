// Package lockout slows down who guesses passwords or second factors, as Cognito does: four failures are free, the n-th
// from the fifth on locks the account for 2^(n-5) seconds, at most 15 minutes. What is tried during a lock is refused and
// not counted. A success, or 15 minutes without a failure, forgives everything. Who tries one password on many accounts is
// slowed down by source address (source.go).
//
// The verdict falls in the transaction that acts on the outcome, not before the password was judged: of any number of
// guesses sent at once at most five are answered, whatever the speed of the arithmetic. So callers begin a Try in the
// transaction that reads the user, judge the password, and end the Try in the one that writes.
package lockout
