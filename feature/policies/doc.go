// Package policies answers the operations of IAM on policies: managed ones with their versions, inline ones, permissions
// boundaries, and who has which (docs/cognito/credentials.md, "IAM").
//
// A policy is attached in the transaction that finds it, and deleted in the one that finds that nobody has it: neither can leave
// somebody with a policy that there is not. What policies mean is left to spec/iampolicy, and who may do what to
// engine/authorization.
package policies
