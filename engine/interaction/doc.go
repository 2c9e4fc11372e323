// Package interaction keeps, in the visitor's browser, how far they have come at the pages with one authorization request.
//
// Nothing of it is stored on the server. It is sealed for the pool, the domain, the app client, the authorization request and the
// browser: a cookie that is taken elsewhere opens nothing. What may be used once, as the Session of a sign-in, is used up by
// whoever it belongs to.
package interaction
