// Package cognitoidentity is the interface of Amazon Cognito identity pools (API version 2014-06-30) in Go: a struct for every
// structure, a constructor for every fault, a validation table, one interface for each feature and the dispatch table.
//
// All of it is generated from model/ and features.txt. Behaviour is left to feature/identitypool.
package cognitoidentity

//go:generate go run cardea/cmd/internal/modelgen
