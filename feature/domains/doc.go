// Package domains answers the operations on the domains of user pools' hosted pages: prefixes of the server's base domain,
// and custom domains (docs/cognito/domains.md). Which pool a request's host belongs to is engine/issuer's.
package domains
