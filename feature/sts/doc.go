// Package sts is AWS Security Token Service: temporary credentials for roles that signed callers, or strangers with a token of an identity
// provider, assume; for users of IAM themselves; and for users of a caller's own.
//
// Who may assume a role is decided by engine/authorization, whose a token is by engine/federated; sessions are issued by engine/temporary. So
// nothing is stored but that a SAML assertion was used.
//
// See docs/cognito/credentials.md, "STS".
package sts
