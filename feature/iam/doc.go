// Package iam answers the operations on the roles, users, groups, access keys and identity providers of AWS Identity and Access
// Management. Their policies are left to feature/policies, and what they may do to engine/authorization.
//
// See docs/cognito/credentials.md, "IAM".
package iam
