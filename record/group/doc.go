// Package group stores the groups of user pools and their members.
//
// Groups order themselves by precedence: the lower the number, the more a group's role counts; groups without one come
// last. See "Adding groups to a user pool" in the Amazon Cognito Developer Guide.
package group
