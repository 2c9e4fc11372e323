// Package identitytoken makes the OpenID tokens of identity pools, and verifies them: they say which identity of which pool somebody
// is, and are exchanged for credentials, at this server or at others that read its discovery document.
//
// They are signed by RS512, with one key of the server's that is sealed in the database. Those for another token service name the
// key differently, may be signed by RS256, and are not accepted here.
//
// See docs/cognito/credentials.md, "Tokens of identity pools".
package identitytoken
