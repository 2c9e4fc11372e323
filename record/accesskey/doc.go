// Package accesskey remembers access keys: root keys, with which the operator's tools sign requests, and those of users of IAM.
//
// The secret is sealed under the server's box with [Label]; SigV4 needs it back, so it cannot be hashed. Package
// inbound/awsapi checks signatures.
package accesskey
