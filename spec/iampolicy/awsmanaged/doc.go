// Package awsmanaged holds the policies that AWS manages, as far as people attach them to roles of Cognito, and the policies that
// guests of identity pools are narrowed by.
//
// They are data of this program, read-only, under the ARNs that they have at AWS: "arn:aws:iam::aws:policy/…". Which they are, and
// where they say less than AWS's, stands in COMPATIBILITY.md.
package awsmanaged
