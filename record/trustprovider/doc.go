// Package trustprovider remembers the identity providers that the trust policies of roles may name: OIDC and SAML providers of IAM.
package trustprovider
