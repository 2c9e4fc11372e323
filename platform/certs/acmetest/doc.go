// Package acmetest is a certificate authority for tests that speaks ACME (RFC 8555) over the wire: it checks signatures and
// nonces, validates domains by tls-alpn-01 (RFC 8737) at an address that the test gives, and issues certificates.
package acmetest
