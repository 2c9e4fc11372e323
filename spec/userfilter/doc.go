// Package userfilter reads the Filter of ListUsers: one condition on one attribute of a user.
//
//	<attribute> <operator> "<value>"
//
// The operator is = (equal) or ^= (begins with); blanks around it are optional; a double quote or backslash inside the
// value is escaped with a backslash. It follows "Searching for and filtering user accounts" of the Amazon Cognito
// Developer Guide. The package does not know which attributes exist.
package userfilter
