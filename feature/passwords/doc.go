// Package passwords changes, resets and recovers the passwords of users who exist.
//
// ForgotPassword and ConfirmForgotPassword by code, ChangePassword by the former password, AdminSetUserPassword and
// AdminResetUserPassword by an administrator. A user without a password gets a first one in any of these ways; for
// ChangePassword the access token is then proof enough. Where the client hides its users
// (PreventUserExistenceErrors=ENABLED), users who are unknown, disabled or without a verified address get the same
// answers for the same work as others. What a password is stored as is engine/password's business. See
// docs/cognito/accounts.md, "Recovery".
package passwords
