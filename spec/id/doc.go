// Package id holds the identifiers of the product as types, and makes new ones from crypto/rand.
//
// The formats are Amazon Cognito's, because clients take them apart: a pool id names its Region, token verifiers match
// it against a pattern, and app client ids are 26 lower-case letters and digits. The package does not know whether
// a resource exists.
package id
