// Package groups answers the operations on groups of users and on who belongs to them.
//
// See "Adding groups to a user pool" in the Amazon Cognito Developer Guide. What groups mean for tokens is engine/token's
// business.
package groups
