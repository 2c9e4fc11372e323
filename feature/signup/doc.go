// Package signup lets people make themselves an account and confirm it with a code.
//
// SignUp, ConfirmSignUp, ResendConfirmationCode and AdminConfirmSignUp. Where the client hides its users
// (PreventUserExistenceErrors=ENABLED) an unknown user meets the same work and the same answers as one who has not
// confirmed yet; SignUp itself always tells when a name is taken, as Cognito does. Triggers that would fire refuse the
// operation. Where codes sign users in (USER_AUTH) an account needs no password, and Sessions lead from SignUp over
// ConfirmSignUp to the first sign-in, which is feature/signin's. See docs/cognito/accounts.md.
package signup
