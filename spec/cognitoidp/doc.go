// Package cognitoidp is the interface of Amazon Cognito user pools (cognito-idp, API version 2016-04-18) in Go: the
// structs of every request and answer, a constructor for every fault, the validation table, one interface per feature and
// the dispatch table.
//
// All of it is generated from model/, which holds the interface facts of AWS's service description, and from
// features.txt, which says which feature answers which operation. Behaviour is left to the features.
//
// One fact is left out: the pattern of DomainType. It is that of prefixes, and the service takes whole domain names too, with
// a text of its own for those that it refuses (docs/cognito/domains.md, "Names that are refused").
package cognitoidp

//go:generate go run cardea/cmd/internal/modelgen
