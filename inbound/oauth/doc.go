// Package oauth speaks HTTP for a pool's authorization server: it bounds and parses requests, hands them to feature/oauth, and
// writes answers and errors in Cognito's forms (docs/cognito/oauth.md). It holds no rules.
//
//	/oauth2/authorize  GET, by browsers; goes on at /login
//	/oauth2/token      POST, form
//	/oauth2/userInfo   GET or POST, bearer token
//	/oauth2/revoke     POST, form
//	/logout            GET, by browsers
//
//	/oauth2/register   POST, JSON, where the pool lets apps register themselves
//	/oauth2/introspect POST, form, where the pool follows RFC 7662 (docs/standards.md)
//	/oauth2/par        POST, form, where the pool follows RFC 9126
//	/oauth2/device_authorization POST, form, where the pool follows RFC 8628
//
// Which pool a request is for is the host's matter: the handler is told.
package oauth
