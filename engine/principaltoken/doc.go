// Package principaltoken makes the tokens by which roles and users of IAM prove to other services who they are, without giving them
// a secret: a service trusts the issuer, and reads its discovery document.
//
// They are signed by RS256 or ES384, with keys of the server's for nothing else, which are sealed in the database. No operation of
// this server takes them.
//
// See docs/cognito/credentials.md, "Tokens of principals".
package principaltoken
