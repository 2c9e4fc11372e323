// Package arn makes and parses Amazon Resource Names.
//
// Document: "Amazon Resource Names (ARNs)" in the AWS IAM user guide.
package arn
