// Package groups answers the operations on groups of users and their members.
//
// See "Adding groups to a user pool" in the Amazon Cognito Developer Guide. engine/token puts groups and
// their roles into tokens.
package groups
