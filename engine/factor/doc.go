// Package factor knows what proves who someone is: which first factors a user may begin with, which second factor is still
// due, when nothing is missing any more, and by which contact a password can be reset, since that must not be a second
// factor's. The factors and what is known of each are in one table, table.go, which other packages read too. The rules are
// those of docs/cognito/factors.md. The challenges are asked and judged by feature/signin, which goes wherever Next
// points; engine/token asks Satisfied once more, in the transaction that makes a session, and gives no tokens otherwise.
//
// A new factor that stores something takes a package for its rows, a setting in record/user's MFA, a row in the table with
// what judges its answers, the operations of feature/mfa that set it up, and its challenge in feature/signin.
//
// Software tokens (RFC 6238) are kept and judged here: a new one takes the place of the old only once a code proves that
// the user's app has it, and each code works once, for verifying or for signing in.
// Guesses are counted by callers, with engine/lockout, and conditions are answered, not faults: what they are called
// differs from operation to operation.
package factor
