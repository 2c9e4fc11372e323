// Package iam is the interface of AWS Identity and Access Management (API version 2010-05-08) in Go, as far as model/ has it:
// a struct for every structure, a constructor for every fault, a validation table, one interface for each feature and the
// dispatch table.
//
// All of it is generated from model/ and features.txt. Behaviour is left to feature/iam and feature/policies.
package iam

//go:generate go run cardea/cmd/internal/modelgen
