// Package identity knows which users are who at identity providers (docs/cognito/federation.md, "Linking"). It finds the user of
// somebody who has signed in at a provider, links identities with users and unlinks them, and keeps the users' attribute
// "identities" in step with that. Who the user of an identity is, its row in record/linkedidentity alone decides: never an address
// or a name that a provider and the pool have in common.
package identity
