// Package awsapi is AWS's API over HTTP: several services behind one address, each in the protocol that AWS gave it.
//
//	POST / with an X-Amz-Target header              AWS JSON 1.1; the target names service and operation
//	POST / with a form, or a URL with ?Action=…     AWS query, answered in XML; Version names the service
//
// It names the operation, proves the caller of signed operations, reads the body within limits, asks policies whether the caller
// may do what the request says, hands it to the service's generated dispatch table (which binds and validates it and runs the
// feature's method) and renders the answer or the fault. Every answer carries a request id and the CORS headers that browsers' SDKs
// need. It writes one log line per request, without bodies, codes, tokens and passwords, and decides nothing about users.
//
// See docs/cognito/wire.md; AWS's own descriptions are the awsJson1_1 and awsQuery protocols of Smithy.
package awsapi
