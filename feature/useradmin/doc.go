// Package useradmin answers the operations by which administrators create, find, change and delete users.
//
// See "Managing users in your user pool" in the Amazon Cognito Developer Guide. Passwords and confirmation by
// administrators are in feature/passwords and feature/signup.
package useradmin
