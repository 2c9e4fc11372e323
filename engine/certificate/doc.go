// Package certificate chooses the certificate of a TLS connection by the name that the client asks for: files that the
// configuration gives for a custom domain's CertificateArn, the server's own certificate, or one ordered by ACME (RFC 8555,
// with the challenge tls-alpn-01 of RFC 8737). It orders certificates for domains that exist and for nothing else.
package certificate
