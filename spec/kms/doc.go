// Package kms is a part of the interface of AWS Key Management Service (API version 2014-11-01) in Go: the three operations
// by which functions read codes that were encrypted for them, with their structs, faults, validation table and dispatch
// table.
//
// All of it is generated from model/ and features.txt; model/ has these three operations only. Behaviour is left to
// feature/kms.
package kms

//go:generate go run cardea/cmd/internal/modelgen
