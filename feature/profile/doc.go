// Package profile answers the operations by which users, bearing an access token, see, change, verify and delete their own
// account.
//
// What an app may read and write of a user is its client's setting. See "Working with user attributes" in the Amazon
// Cognito Developer Guide.
package profile
