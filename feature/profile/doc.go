// Package profile answers the operations by which users, bearing an access token, see, change, verify and delete their own
// account.
//
// The app client's settings say which attributes an app may read and write. See "Working with user attributes" in the Amazon
// Cognito Developer Guide.
package profile
