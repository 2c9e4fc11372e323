// Package sts is the interface of AWS Security Token Service (API version 2011-06-15) in Go: the structs of every request
// and answer, a constructor for every fault, the validation table, an interface for the feature and the dispatch table.
//
// All of it is generated from model/, which holds the interface facts of AWS's service description, and from
// features.txt, which says which feature answers which operation. Behaviour is left to feature/sts; the query protocol,
// which the service speaks, to spec/awsquery.
package sts

//go:generate go run cardea/cmd/internal/modelgen
