// Package factor knows what proves who someone is: which first factors a user may begin with, which second factor is
// still due, and when nothing is missing any more. The rules are those of docs/cognito/factors.md. The challenges are
// asked and judged by feature/signin, which goes wherever Next points; engine/token asks Satisfied once more, in the
// transaction that makes a session, and gives no tokens otherwise.
//
// Software tokens (RFC 6238) are kept and judged here: a new one takes the place of the old only once a code proves that
// the user's app has it, and each code works once, for verifying or for signing in.
// Guesses are counted by callers, with engine/lockout, and conditions are answered, not faults: what they are called
// differs from operation to operation.
package factor
