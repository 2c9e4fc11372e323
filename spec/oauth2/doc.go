// Package oauth2 is what the endpoints of an OAuth 2.0 authorization server send and receive, as pure functions: parameters
// of queries and forms, the authorization request, proof keys, the client's Authorization header, error codes, and the
// addresses that browsers are sent back to.
//
// Documents: RFC 6749, RFC 7636 (PKCE; S256 only), RFC 8252 §7.3 (loopback ports), RFC 8707 (resource indicators), RFC 9700,
// and OpenID Connect Core 1.0 §3.1.2.1. A parameter that is given twice is an error, and redirect URIs are compared byte by
// byte: nothing is normalised. Whether a client may have what it asks for is decided elsewhere.
package oauth2
