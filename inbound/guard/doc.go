// Package guard is a reverse proxy before a server of S3 that knows one access key only. Clients sign requests with keys and temporary credentials of Cardea; the guard verifies them, asks engine/authorization whether policies of IAM allow what
// they do, and sends them on signed with the server's own key.
//
// It knows the shapes of requests (table.go) and no rules about policies. What is asked for is computed from the request that will
// be sent, which is built anew of what is known: an unknown parameter or header is refused, not passed on.
//
// See docs/cognito/credentials.md, "S3".
package guard
