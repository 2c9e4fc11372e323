// Package iampolicy is the policy language of AWS IAM: it parses policies and decides requests by them.
//
// Parse checks a document and compiles it; a Policy never changes and may be shared. A Set is all the policies that apply to
// one principal; Decide answers whether they allow a Request, Explain also why. Trust policies, which say who may assume a role,
// are asked by Admits. Nothing here does I/O: who the principal is, which policies it has and what the keys of a request are is
// the caller's to find out.
//
// Documents: "IAM JSON policy elements reference" and "Policy evaluation logic" in the AWS IAM user guide. What they leave open is
// settled in docs/cognito/credentials.md, "Policies".
package iampolicy
