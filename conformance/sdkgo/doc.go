// Package sdkgo runs the AWS SDK for Go v2 against the running binary named by CONFORMANCE_ENDPOINT.
//
// It is a module of its own, so that the SDK is no dependency of the product. conformance/run starts the server.
package sdkgo
