// Package signup lets users create their own accounts and confirm them with a code.
//
// SignUp, ConfirmSignUp, ResendConfirmationCode and AdminConfirmSignUp. Where the client hides its users
// (PreventUserExistenceErrors=ENABLED) a request for an unknown user costs the same work and gets the same answers as
// one for an unconfirmed user; SignUp itself always tells when a name is taken, as Cognito does. PreSignUp is asked before
// anything is stored, and PostConfirmation told once the confirmation is. Where users sign in with codes (USER_AUTH) an account
// needs no password, and the Session of SignUp and then of ConfirmSignUp begins the first sign-in, in feature/signin. See
// docs/cognito/accounts.md and docs/cognito/triggers.md.
package signup
