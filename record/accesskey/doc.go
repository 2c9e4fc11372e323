// Package accesskey remembers root access keys: what the operator's tools sign requests to the API with.
//
// The secret is sealed under the server's box with [Label]; SigV4 needs it back, so it cannot be hashed. Package
// inbound/awsapi checks signatures.
package accesskey
