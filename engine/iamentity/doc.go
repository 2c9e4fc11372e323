// Package iamentity holds what the operations on the roles, users, groups and policies of IAM share: how they are found, the pages
// of their lists, the rules of their tags, and their quotas (docs/cognito/credentials.md, "IAM").
//
// Its conditions name what was asked for; inbound/wording puts them into IAM's words. The rows are those of record/principal and
// record/policy.
package iamentity
