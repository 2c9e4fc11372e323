// Package appclient answers the operations on app clients and resource servers: the applications that may use a pool, with
// their permissions and secrets, and the APIs whose scopes they may ask for.
//
// Settings are stored, checked and echoed as Cognito does (docs/cognito/pools-and-clients.md). An update replaces: what
// it omits goes back to its default. Secrets are stored sealed; a client has two at most, so that one can take the
// other's place.
package appclient
