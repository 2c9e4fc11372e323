// Package factor decides which factors a sign-in needs: which first factors a user may begin with, which second factor is
// still due, when nothing is missing any more, and by which contact a password can be reset, since that must not be a
// second factor's. The factors and what is known of each are in one table, table.go, which other packages read too. The rules are
// those of docs/cognito/factors.md. feature/signin asks the challenges that Next names and judges the
// answers; engine/token calls Satisfied again, in the transaction that creates a session, and refuses unless it is true.
//
// A new factor that stores something takes a package for its rows, a setting in record/user's MFA, a row in the table with
// what judges its answers, the operations of feature/mfa that set it up, and its challenge in feature/signin.
//
// Software tokens (RFC 6238) are kept and judged here: a new one takes the place of the old only once a code proves that
// the user's app has it, and each code works once, for verifying or for signing in.
// Callers count wrong codes, with engine/lockout. The package returns conditions, not faults, since operations word them
// differently.
package factor
