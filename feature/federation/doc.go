// Package federation has users sign in with their accounts at identity providers (docs/cognito/federation.md).
package federation
