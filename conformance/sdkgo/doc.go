// Package sdkgo runs the AWS SDK for Go v2, and go-oidc with x/oauth2, against the running binary named by
// CONFORMANCE_ENDPOINT.
//
// It is a module of its own, so that they are no dependencies of the product. conformance/run starts the server.
package sdkgo
