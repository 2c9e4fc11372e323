// Package awsapi is the AWS API over HTTP: POST / with an X-Amz-Target header and JSON, in AWS JSON 1.1.
//
// It names the operation, proves the caller of signed operations, reads the body within limits, hands the request to the
// generated dispatch table (which binds and validates it and runs the feature's method) and renders the answer or the
// fault. Every answer carries a request id and the CORS headers that browsers' SDKs need. It writes one log line per
// request, without bodies, codes, tokens and passwords, and decides nothing about users.
//
// See docs/cognito/wire.md; AWS's own description is the awsJson1_1 protocol of Smithy.
package awsapi
