// Package federated verifies the tokens by which strangers say who they are: ID tokens of the server's own user pools and of
// OIDC providers, access tokens of social providers, SAML responses. Identity pools and STS accept the same tokens.
//
// See docs/cognito/credentials.md, "Logins".
package federated
