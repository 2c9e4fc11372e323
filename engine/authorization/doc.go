// Package authorization says who signed a request and whether policies allow it.
//
// A Principal is the root user, a user of IAM, or a temporary session. Its policies are read and compiled once, and changes hold
// on every node within a second. Decide answers one action on one resource; Denied words a refusal as AWS does.
//
// See docs/cognito/credentials.md, "Authorization".
package authorization
