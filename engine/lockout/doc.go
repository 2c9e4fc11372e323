// Package lockout limits guesses at passwords and second factors, as Cognito does: four failures are free, the n-th
// from the fifth on locks the account for 2^(n-5) seconds, at most 15 minutes. Attempts during a lock are refused and
// not counted. A success, or 15 minutes without a failure, forgives everything. Guesses at many accounts are limited by
// source address (source.go).
//
// Whether an attempt counts is decided in the transaction that acts on its outcome, not before the password is judged, so
// that of any number of guesses sent at once at most five are answered. Callers begin a Try in the
// transaction that reads the user, judge the password, and end the Try in the one that writes.
package lockout
