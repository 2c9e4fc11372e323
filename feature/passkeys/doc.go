// Package passkeys answers the operations by which users, bearing an access token, register passkeys, list them and
// delete them. feature/signin signs in with them.
//
// See "Passkey sign-in" in the Amazon Cognito Developer Guide.
package passkeys
