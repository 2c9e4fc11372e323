// Package web is the HTTP client for every address that a tenant, a document or a setting names.
//
// It looks at the address actually dialled, after name resolution, and refuses every address that is not public: private,
// loopback, link-local, carrier-grade NAT, multicast and metadata addresses, in their IPv6 forms too, unless the
// operator allows them. It speaks https only unless told otherwise, uses no proxy, follows no redirect, and bounds the
// time and size of answers. Registries: RFC 6890 and IANA's special-purpose address lists.
package web
